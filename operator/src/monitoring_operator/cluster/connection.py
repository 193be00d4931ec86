"""How the API server is reached and what it is shown, in one place for our own requests and for kopf's watches.

Every request asks for the token anew, so a rotated one is used at once and no connection has to be given up for it.
"""

import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import aiohttp

LIFE = 60.0
"""Seconds after which a token is read again: kubelets replace it about every hour, and an old one is refused."""
SHORTEST_LIFE = 1.0
"""Seconds before it is read again although it was refused."""

logger = logging.getLogger(__name__)


class NoCluster(Exception):
    """There is nothing that says where a cluster is, or it cannot be used; the message says why and holds no credentials."""


class Token(Protocol):
    """A bearer token that may change."""

    async def get(self) -> str:
        """What to send now; empty where a certificate says who we are."""

    def refuse(self) -> None:
        """The API server does not take the token: it is read again before the next request."""


class FixedToken:
    """One that never changes; by default none."""

    def __init__(self, value: str = "") -> None:
        self._value = value

    async def get(self) -> str:
        return self._value

    def refuse(self) -> None:
        """There is no other."""


class FreshToken:
    """One that `load` reads again and again; where it cannot be read, the old one stays in place.

    The time is the monotonic clock's: by the wall clock, one that is set back would leave us with a token that has long expired.
    """

    def __init__(self, load: Callable[[], Awaitable[str]], *, known: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._clock = clock
        self._token = known
        self._read = clock() if known else float("-inf")
        self._refused = False

    async def get(self) -> str:
        if self._clock() - self._read >= (SHORTEST_LIFE if self._refused else LIFE):
            self._read, self._refused = self._clock(), False
            try:
                self._token = await self._load() or self._token
            except (NoCluster, OSError) as error:
                logger.warning("the token could not be read again: %s", error)
        return self._token

    def refuse(self) -> None:
        self._refused = True


@dataclass(frozen=True, slots=True)
class Connection:
    """The API server's URL, and how to be let in.

    `proxy` is a URL; `server_name` is the name in the API server's certificate, where that is not the URL's.
    """

    server: str
    tls: ssl.SSLContext | bool = True
    token: Token = field(default_factory=FixedToken, repr=False)
    proxy: str = ""
    server_name: str = ""

    def session(self, connections: int = 0, *middlewares: aiohttp.ClientMiddlewareType) -> aiohttp.ClientSession:
        """A pool of at most `connections` (0: no limit) to the API server; what passes a middleware has its token put in afterwards."""
        connector = aiohttp.TCPConnector(limit=connections, ssl=self.tls)
        return aiohttp.ClientSession(connector=connector, middlewares=(*middlewares, self._authorize), proxy=self.proxy or None)

    async def _authorize(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if self.server_name:
            request.server_hostname = self.server_name
        token = await self.token.get()
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        response = await send(request)
        if response.status == HTTPStatus.UNAUTHORIZED:
            self.token.refuse()
        return response
