"""`/metrics`: the page in the format and coding that the scraper asks for, written between other requests instead of before them.

The rendering yields to the event loop after every piece, so even 100,000 series hold up a request by milliseconds only.
"""

import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import anyio.lowlevel
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Match, Route

from app_metrics.asgi import Scope
from app_metrics.exposition import pieces
from app_metrics.foreign import ForeignMetrics
from app_metrics.negotiation import OPENMETRICS, TEXT, wants_gzip, wants_openmetrics
from app_metrics.registry import Registry

if TYPE_CHECKING:
    from app_metrics.multiprocess import SharedFolder

_ELSEWHERE = (Match.NONE, dict[str, Any]())
_GZIP = 16 + zlib.MAX_WBITS


class MetricsRoute(Route):
    """The route of the page. It comes before all others, so it must not cost every request a regular expression."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The match, told apart by the end of the path first."""
        return super().matches(scope) if scope["path"].endswith(self.path) else _ELSEWHERE


class MetricsEndpoint:
    """Answers GET and HEAD with the metrics of `registry` and of `foreign`."""

    def __init__(self, registry: Registry, foreign: ForeignMetrics | None, shared: "SharedFolder | None" = None) -> None:
        self._registry = registry
        self._foreign = foreign
        self._shared = shared

    async def __call__(self, request: Request) -> Response:
        openmetrics = wants_openmetrics(",".join(request.headers.getlist("accept")))
        headers = {"content-type": OPENMETRICS if openmetrics else TEXT, "vary": "accept, accept-encoding", "cache-control": "no-store"}
        body = self._body(openmetrics=openmetrics)
        if wants_gzip(",".join(request.headers.getlist("accept-encoding"))):
            headers["content-encoding"] = "gzip"
            body = _gzipped(body)
        return StreamingResponse(body, headers=headers)

    async def _body(self, *, openmetrics: bool) -> AsyncIterator[bytes]:
        if self._shared is None:
            registry = self._registry
            registry.refresh()
        else:
            registry = await anyio.to_thread.run_sync(self._shared.collect)
        for piece in pieces(registry, openmetrics=openmetrics):
            yield piece.encode()
            await anyio.lowlevel.checkpoint()
        if foreign := self._foreign:
            # In a thread: whoever wrote those collectors may have meant them to block.
            yield await anyio.to_thread.run_sync(lambda: foreign.page(openmetrics=openmetrics))
        if openmetrics:
            yield b"# EOF\n"


async def _gzipped(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    # Level 1: on a page as repetitive as this one higher levels save little and cost CPU at every scrape.
    compressor = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    async for piece in body:
        if compressed := compressor.compress(piece):
            yield compressed
    yield compressor.flush()
