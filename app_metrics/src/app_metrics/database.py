"""Database queries and connection pools, for drivers that cannot be listened to; `instrument_engine` does it for SQLAlchemy."""

from typing import Self

from app_metrics.errors import outcome
from app_metrics.registry import REGISTRY
from app_metrics.tracking import Tracker, never_raises

OPERATIONS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


def operation_of(statement: str) -> str:
    """The kind of an SQL statement: its first word if that is one of the four, else OTHER (also for `WITH` and comments)."""
    word = statement.lstrip(" \t\r\n(").split(None, 1)[0].upper() if statement.strip(" \t\r\n(") else ""
    return word if word in OPERATIONS else "OTHER"


class Query(Tracker):
    """One query. See `track_database_query`."""

    def __init__(self, operation: str, pool_type: str) -> None:
        self._labels = (operation_of(operation), pool_type)

    def _fresh(self) -> Self:
        return type(self)(*self._labels)

    def _end(self, seconds: float, error: BaseException | None) -> None:
        record_database_query(*self._labels, seconds, status=outcome(error))


def track_database_query(operation: str, pool_type: str) -> Query:
    """Times and counts a query; `operation` is SELECT, INSERT, UPDATE or DELETE, or the statement itself."""
    return Query(operation, pool_type)


@never_raises
def record_database_query(operation: str, pool_type: str, seconds: float, status: str = "success") -> None:
    """Records a query that took `seconds` and ended with `status`: success, error or cancelled."""
    name = operation_of(operation)
    REGISTRY.observe("database_query_duration_seconds", name, pool_type, value=seconds)
    REGISTRY.increment("database_queries_total", name, pool_type, status)


@never_raises
def record_connection_pool(pool_type: str, active: int, maximum: int | None) -> None:
    """Sets a pool's connections in use and how many it may open, overflow included; None for a pool without a bound, which
    then has no utilisation.
    """
    REGISTRY.set("connection_pool_active_connections", pool_type, to=active)
    if maximum:
        REGISTRY.set("connection_pool_max_connections", pool_type, to=maximum)
        REGISTRY.set("connection_pool_utilization_ratio", pool_type, to=active / maximum)


@never_raises
def record_connection_pool_wait(pool_type: str, seconds: float, *, timed_out: bool = False) -> None:
    """Records how long somebody waited for a connection, and whether in vain."""
    REGISTRY.observe("connection_pool_wait_seconds", pool_type, value=seconds)
    timeouts = REGISTRY.values["connection_pool_timeouts_total"].at(pool_type)
    if timed_out:
        with REGISTRY.lock:
            timeouts.value += 1.0
