"""The operator's own errors on their way to Sentry: few enough that an outage of the API server does not eat up somebody's quota."""

import json
import logging
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HOURLY = 10
HOUR = 3600.0

logger = logging.getLogger(__name__)


class Budget:
    """Lets at most ten events an hour pass, counted over restarts: a process that ends again and again must not begin to count anew.

    The times are kept in a file, which in a pod survives its containers. Where it cannot be written, they are kept in memory.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._sent = self._load()

    def before_send(self, event: Any, _hint: Mapping[str, Any]) -> Any:
        """Sentry's hook: the event, or None if it is not to be sent."""
        now = self._clock()
        # A clock that was set back leaves times in the future, which would count for ever.
        self._sent = [t for t in self._sent if now - HOUR < t <= now]
        if len(self._sent) >= HOURLY:
            return None
        self._sent.append(now)
        try:
            self._path.write_text(json.dumps(self._sent))
        except OSError as error:
            logger.debug("%s cannot be written: %s", self._path, error)
        return event

    def _load(self) -> list[float]:
        try:
            found = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return []
        return [t for t in found if isinstance(t, float)] if isinstance(found, list) else []


def set_up(**options: Any) -> None:
    """Sends errors to SENTRY_DSN. Nothing of the objects that are handled goes along. `options` are passed on to Sentry."""
    import sentry_sdk
    from sentry_sdk.integrations.logging import ignore_logger

    # kopf's client logs every attempt as an error; what comes of them is reported once, by what ends for it.
    ignore_logger("kopf._cogs.clients.*")
    sentry_sdk.init(
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        default_integrations=True,
        before_send=Budget(Path(tempfile.gettempdir()) / "monitoring-operator-errors.json").before_send,
        **options,
    )
