"""Connections that stay open to send events. Start and end may each be told twice or never: a gauge must not drift.

Connections are known by their id. One that has been open for a day counts as lost, because its end was never told.
"""

import threading
from time import monotonic
from typing import NamedTuple, Self
from uuid import uuid4

from app_metrics.errors import is_cancellation, type_of
from app_metrics.registry import REGISTRY
from app_metrics.tenants import TENANTS
from app_metrics.tracking import Tracker, never_raises

LOST_AFTER = 86_400.0
"""Seconds."""


class _Connection(NamedTuple):
    tenant_id: object
    endpoint: str
    since: float


_open: dict[object, _Connection] = {}
_lock = threading.Lock()
REGISTRY.caches.append(_open.clear)


@never_raises
def track_sse_connection_start(connection_id: object, tenant_id: object, endpoint: str) -> None:
    """A connection was opened; its id may be any hashable object. Told again, it changes nothing."""
    with _lock:
        if connection_id in _open:
            return
        _open[connection_id] = _Connection(tenant_id, endpoint, monotonic())
    REGISTRY.add("sse_active_connections", tenant_id, endpoint, by=1.0)
    TENANTS.seen(tenant_id)


@never_raises
def track_sse_connection_end(connection_id: object, tenant_id: object = None, endpoint: str = "") -> None:  # noqa: ARG001 - the call's form
    """A connection was closed. Tenant and endpoint are taken from its start; an id that is not open changes nothing."""
    with _lock:
        connection = _open.pop(connection_id, None)
    if connection is not None:
        _close(connection)


def _close(connection: _Connection) -> None:
    labels = (connection.tenant_id, connection.endpoint)
    REGISTRY.add("sse_active_connections", *labels, by=-1.0)
    REGISTRY.observe("sse_connection_duration_seconds", *labels, value=monotonic() - connection.since)


@never_raises
def record_sse_event(tenant_id: object, event_type: str) -> None:
    """Counts an event that was sent."""
    REGISTRY.increment("sse_events_sent_total", tenant_id, event_type)
    TENANTS.seen(tenant_id)


@never_raises
def record_sse_error(tenant_id: object, error_type: BaseException | str) -> None:
    """Counts a failure of a connection. `error_type` is a word or the exception itself."""
    REGISTRY.increment("sse_errors_total", tenant_id, type_of(error_type))


@never_raises
def set_sse_max_connections(connections: int) -> None:
    """Tells how many connections this process is meant to hold."""
    REGISTRY.set("sse_max_connections", to=connections)


class SseConnection(Tracker):
    """One connection from its start to its end. See `track_sse_connection`."""

    def __init__(self, tenant_id: object, endpoint: str) -> None:
        self._labels = (tenant_id, endpoint)
        self._id = uuid4()

    def _fresh(self) -> Self:
        return type(self)(*self._labels)

    def _begin(self) -> None:
        track_sse_connection_start(self._id, *self._labels)

    def _end(self, seconds: float, error: BaseException | None) -> None:  # noqa: ARG002 - the connection keeps its own time
        track_sse_connection_end(self._id)
        if error is not None and not is_cancellation(error):
            record_sse_error(self._labels[0], error)


def track_sse_connection(tenant_id: object, endpoint: str) -> SseConnection:
    """A connection for as long as the block lasts, its failure counted: the form in which the end cannot be forgotten."""
    return SseConnection(tenant_id, endpoint)


def sweep(now: float | None = None) -> None:
    """Closes what has been open for longer than a day."""
    oldest = (monotonic() if now is None else now) - LOST_AFTER
    with _lock:
        lost = [_open.pop(key) for key, connection in list(_open.items()) if connection.since < oldest]
    for connection in lost:
        _close(connection)


REGISTRY.before_scrape("lost SSE connections", sweep)
