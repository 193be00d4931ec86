"""The token by which we are known to the API server: kubelets replace it about every hour, and an old one is refused."""

import logging
import time
from collections.abc import Awaitable, Callable

from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

LIFE = 60.0
"""Seconds after which the token is read again."""
SHORTEST_LIFE = 1.0
"""Seconds before it is read again although it was refused."""

logger = logging.getLogger(__name__)


class FreshToken:
    """The client's hook for its token, which `load` reads into a new Configuration.

    The time is the monotonic clock's: by the wall clock, as the client itself does it, a clock that is set back would leave us
    with a token that has long expired.
    """

    def __init__(self, load: Callable[[Configuration], Awaitable[None]], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock = clock
        self._read = clock()
        self._refused = False

    def refuse(self) -> None:
        """The API server does not take the token: it is read again before the next request."""
        self._refused = True

    async def __call__(self, configuration: Configuration) -> None:
        """Sees to it that `configuration` holds a token that is fresh. One that cannot be read leaves the old one in place."""
        if self._clock() - self._read < (SHORTEST_LIFE if self._refused else LIFE):
            return
        self._read, self._refused = self._clock(), False
        fresh = Configuration()
        try:
            await self._load(fresh)
        except (ConfigException, OSError) as error:
            logger.warning("the token could not be read again: %s", error)
            return
        if "BearerToken" in fresh.api_key:
            configuration.api_key["BearerToken"] = fresh.api_key["BearerToken"]


def keep_fresh(configuration: Configuration, hook: FreshToken) -> None:
    """Has `configuration` ask `hook` before each request."""
    configuration.refresh_api_key_hook = hook  # type: ignore[assignment]  # declared as None, for want of an annotation


def refuse(configuration: Configuration) -> None:
    """Notes that the API server does not take the token that `configuration` holds."""
    hook: object = configuration.refresh_api_key_hook
    if isinstance(hook, FreshToken):
        hook.refuse()
