"""Outgoing requests made with httpx. Its event hooks see responses only, and it is the timeouts and refused connections that matter:
the transport sees them all.
"""

from time import perf_counter
from types import TracebackType
from typing import Self

import httpx

from app_metrics.catalogue import ON_DEMAND
from app_metrics.errors import is_cancellation
from app_metrics.guard import OTHER
from app_metrics.http import METHODS
from app_metrics.registry import REGISTRY
from app_metrics.tracking import never_raises

REGISTRY.extend(ON_DEMAND)


@never_raises
def _record(request: httpx.Request, seconds: float, status: str) -> None:
    host, method = request.url.host, request.method if request.method in METHODS else OTHER
    REGISTRY.increment("http_client_requests_total", host, method, status)
    REGISTRY.observe("http_client_request_duration_seconds", host, method, value=seconds)


def _status_of(error: BaseException) -> str:
    return "cancelled" if is_cancellation(error) else type(error).__name__


class MeasuredTransport(httpx.BaseTransport):
    """A transport whose requests are recorded: `httpx.Client(transport=MeasuredTransport())`. `wrapped` sends them."""

    def __init__(self, wrapped: httpx.BaseTransport | None = None) -> None:
        self._wrapped = wrapped or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request; its time ends with the response's headers."""
        start = perf_counter()
        try:
            response = self._wrapped.handle_request(request)
        except BaseException as error:
            _record(request, perf_counter() - start, _status_of(error))
            raise
        _record(request, perf_counter() - start, str(response.status_code))
        return response

    def close(self) -> None:
        """Closes what sends."""
        self._wrapped.close()

    def __enter__(self) -> Self:
        self._wrapped.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._wrapped.__exit__(exc_type, exc_value, traceback)


class MeasuredAsyncTransport(httpx.AsyncBaseTransport):
    """The same for `httpx.AsyncClient`."""

    def __init__(self, wrapped: httpx.AsyncBaseTransport | None = None) -> None:
        self._wrapped = wrapped or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request; its time ends with the response's headers."""
        start = perf_counter()
        try:
            response = await self._wrapped.handle_async_request(request)
        except BaseException as error:
            _record(request, perf_counter() - start, _status_of(error))
            raise
        _record(request, perf_counter() - start, str(response.status_code))
        return response

    async def aclose(self) -> None:
        """Closes what sends."""
        await self._wrapped.aclose()

    async def __aenter__(self) -> Self:
        await self._wrapped.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._wrapped.__aexit__(exc_type, exc_value, traceback)
