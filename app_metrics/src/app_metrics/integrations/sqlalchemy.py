"""SQLAlchemy engines: queries by operation and outcome, and the pool behind them.

Queries are timed by the engine's events; errors and cancellation both arrive in `handle_error`. A wait for a connection that is
given up fires no event at all, so the place where connections are asked for is wrapped. The pool is read at each scrape, through
the engine, because `dispose()` replaces it.
"""

import weakref
from collections.abc import Callable
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app_metrics.database import record_connection_pool, record_connection_pool_wait, record_database_query
from app_metrics.errors import outcome
from app_metrics.registry import REGISTRY

_START = "_app_metrics_start"
_engines: weakref.WeakValueDictionary[str, Engine] = weakref.WeakValueDictionary()


def instrument_engine(engine: Any, pool_type: str = "primary") -> None:
    """Records the queries and the pool of a sync or async engine under `pool_type`. A second call for the same engine changes nothing.

    Raises ValueError if another engine has that pool type: their gauges would overwrite each other.
    """
    sync: Engine = getattr(engine, "sync_engine", engine)
    known = _engines.get(pool_type)
    if known is sync:
        return
    if known is not None:
        raise ValueError(f"pool_type {pool_type!r} belongs to another engine")
    _engines[pool_type] = sync
    _listen(sync, pool_type)
    _time_connections(sync, pool_type)
    hook = f"the connection pool {pool_type}"
    REGISTRY.before_scrape(hook, _pool_reader(weakref.ref(sync), pool_type, hook))


def _listen(engine: Engine, pool_type: str) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def begin(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool) -> None:  # noqa: FBT001 - SQLAlchemy's
        if context is not None:
            setattr(context, _START, perf_counter())

    @event.listens_for(engine, "after_cursor_execute")
    def end(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:  # noqa: FBT001 - SQLAlchemy's
        _record(context, statement, None)

    @event.listens_for(engine, "handle_error")
    def fail(failure: ExceptionContext) -> None:
        _record(failure.execution_context, failure.statement or "", failure.original_exception)

    def _record(context: Any, statement: str, error: BaseException | None) -> None:
        start = getattr(context, _START, None)
        if start is not None:
            delattr(context, _START)
            record_database_query(statement, pool_type, perf_counter() - start, outcome(error))


def _time_connections(engine: Engine, pool_type: str) -> None:
    connect = engine.raw_connection

    def timed() -> Any:
        start = perf_counter()
        timed_out = False
        try:
            return connect()
        except PoolTimeoutError:
            timed_out = True
            raise
        finally:
            record_connection_pool_wait(pool_type, perf_counter() - start, timed_out=timed_out)

    engine.raw_connection = timed  # type: ignore[method-assign]


def _pool_reader(reference: "weakref.ref[Engine]", pool_type: str, hook: str) -> Callable[[], None]:
    def read() -> None:
        engine = reference()
        if engine is None:
            REGISTRY.hooks.pop(hook, None)
            for name in ("connection_pool_active_connections", "connection_pool_max_connections", "connection_pool_utilization_ratio"):
                REGISTRY.values[name].remove(pool_type)
            return
        pool: Any = engine.pool
        if not hasattr(pool, "checkedout"):  # NullPool and StaticPool keep no account
            return
        overflow = getattr(pool, "_max_overflow", 0)
        record_connection_pool(pool_type, pool.checkedout(), pool.size() + overflow if overflow >= 0 else None)

    return read
