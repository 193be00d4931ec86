"""Libraries that are listened to: real SQLAlchemy engines, and Google's own message types behind a client that answers by itself."""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google.analytics.data_v1beta import types as ga4_types
from google.api_core.exceptions import ResourceExhausted
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from app_metrics import REGISTRY
from app_metrics.integrations.ga4 import instrument_ga4_client
from app_metrics.integrations.httpx import MeasuredAsyncTransport, MeasuredTransport
from app_metrics.integrations.sqlalchemy import instrument_engine
from harness.metrics_page import shown


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The integrations write to the process's registry: empty before and after, engines of other tests gone."""
    REGISTRY.clear()
    yield
    gc.collect()
    REGISTRY.refresh()
    REGISTRY.clear()


def pooled(**options: Any) -> Engine:
    """An engine on SQLite in memory, with a pool like a server's."""
    options = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 1, "pool_timeout": 0.05} | options
    return create_engine("sqlite://", **options)


def test_queries_by_operation_and_outcome() -> None:
    """Every statement once; a failing one is an error."""
    engine = pooled()
    instrument_engine(engine, "primary")
    instrument_engine(engine, "primary")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
        connection.execute(text("SELECT * FROM t")).all()
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT * FROM missing"))
    engine.dispose()

    expected = {"OTHER,primary,success": 1.0, "INSERT,primary,success": 1.0, "SELECT,primary,success": 1.0, "SELECT,primary,error": 1.0}
    assert expected == shown("database_queries_total")
    assert 2.0 == shown("database_query_duration_seconds_count")["SELECT,primary"]


def test_pool_gauges_follow_the_engine() -> None:
    """In use over what may be opened, overflow included, also after dispose() has replaced the pool."""
    engine = pooled()
    instrument_engine(engine, "replica")
    engine.dispose()
    with engine.connect():
        seen = (
            shown("connection_pool_active_connections"),
            shown("connection_pool_max_connections"),
            shown("connection_pool_utilization_ratio"),
        )
    engine.dispose()

    assert ({"replica": 1.0}, {"replica": 2.0}, {"replica": 0.5}) == seen
    assert {} == shown("connection_pool_active_connections")


def test_wait_that_is_given_up() -> None:
    """SQLAlchemy has no event for it; users have an outage."""
    engine = pooled(max_overflow=0)
    instrument_engine(engine, "small")
    with engine.connect(), pytest.raises(PoolTimeoutError):
        engine.connect()
    engine.dispose()

    assert {"small": 1.0} == shown("connection_pool_timeouts_total")
    assert 0.05 <= shown("connection_pool_wait_seconds_sum")["small"]


@pytest.mark.parametrize(
    "options", [{"poolclass": NullPool, "pool_size": None, "max_overflow": None, "pool_timeout": None}, {"max_overflow": -1}]
)
def test_pool_without_a_bound_has_no_utilisation(options: dict[str, Any]) -> None:
    """There is nothing to divide by."""
    plain = {"poolclass": NullPool} if options.get("poolclass") is NullPool else None
    engine = create_engine("sqlite://", **plain) if plain else pooled(**options)
    instrument_engine(engine, "unbounded")
    with engine.connect():
        seen = shown("connection_pool_utilization_ratio")
    engine.dispose()

    assert {} == seen


def test_engine_that_is_gone_leaves_no_gauges() -> None:
    """A pool that does not exist any more cannot be exhausted."""
    engine = pooled()
    instrument_engine(engine, "gone")
    connection = engine.connect()
    before = shown("connection_pool_utilization_ratio")
    connection.close()
    engine.dispose()
    del connection, engine
    gc.collect()

    assert ({"gone": 0.5}, {}) == (before, shown("connection_pool_max_connections"))


def test_pool_type_of_another_engine_is_refused() -> None:
    """With the name that is taken."""
    first, second = pooled(), pooled()
    instrument_engine(first, "taken")

    with pytest.raises(ValueError, match="pool_type 'taken' belongs to another engine"):
        instrument_engine(second, "taken")


def test_async_engine_and_cancellation() -> None:
    """A query that its caller gave up is cancelled and no error."""

    async def example() -> None:
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=None)
        instrument_engine(engine, "async")
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            slow = "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c WHERE x < 3000000) SELECT count(*) FROM c"
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(connection.execute(text(slow)), 0.02)
        await engine.dispose()

    asyncio.run(example())
    assert {"SELECT,async,success": 1.0, "OTHER,async,cancelled": 1.0} == shown("database_queries_total")


class AnsweringClient:
    """Answers with the quota that it is told, as Google's client would."""

    def __init__(self, remaining: int, *, quota: bool = True) -> None:
        self.quota = ga4_types.PropertyQuota(tokens_per_day=ga4_types.QuotaStatus(consumed=7, remaining=remaining)) if quota else None
        self.requests: list[Any] = []

    def run_report(self, request: Any, **_options: Any) -> Any:
        """A report."""
        self.requests.append(request)
        return ga4_types.RunReportResponse(property_quota=self.quota)

    def run_realtime_report(self, _request: Any) -> Any:
        """A realtime report."""
        return ga4_types.RunRealtimeReportResponse(property_quota=self.quota)

    def batch_run_reports(self, request: Any) -> Any:
        """Two reports, the first without a quota."""
        self.requests.append(request)
        return ga4_types.BatchRunReportsResponse(
            reports=[ga4_types.RunReportResponse(), ga4_types.RunReportResponse(property_quota=self.quota)]
        )

    def fail(self) -> str:
        """Not one of the API's methods."""
        return "passed on"


class AsyncClient:
    """Fails like Google's client."""

    async def run_report(self, _request: Any) -> Any:
        """Refused."""
        raise ResourceExhausted("tokens")  # type: ignore[no-untyped-call]


def test_quota_comes_from_what_remains() -> None:
    """30,000 of 200,000 are left: 0.85 is used, whatever this one request consumed."""
    client = AnsweringClient(30_000)
    request = ga4_types.RunReportRequest(property="properties/1001")
    instrument_ga4_client(client, "acme").run_report(request, timeout=5)

    assert {"1001,acme": 0.85} == shown("ga4_quota_usage_ratio")
    assert {"1001,acme": 30_000.0} == shown("ga4_quota_remaining")
    assert {"core,1001,tokens_per_day,acme": 7.0} == shown("ga4_quota_category_consumed_total")
    assert {"runReport,success,acme": 1.0} == shown("ga4_api_calls_total")
    assert (True, False) == (client.requests[0].return_property_quota, request.return_property_quota)


def test_realtime_quota_does_not_touch_the_core_gauge() -> None:
    """They are separate budgets."""
    client = instrument_ga4_client(AnsweringClient(30_000), lambda: "acme")
    client.run_realtime_report({"property": "properties/1001"})

    assert {} == shown("ga4_quota_usage_ratio")
    assert {"realtime,1001,tokens_per_day,acme": 30_000.0} == shown("ga4_quota_category_remaining")


def test_answer_without_a_quota_is_no_empty_quota() -> None:
    """It would read as nothing left and page somebody."""
    instrument_ga4_client(AnsweringClient(0, quota=False), "acme").run_report({"property": "properties/1001"})

    assert {} == shown("ga4_quota_usage_ratio")


def test_limit_of_a_property_with_more_tokens() -> None:
    """Analytics 360 properties have ten times as many; a configured limit wins."""
    instrument_ga4_client(AnsweringClient(500_000), "acme").run_report({"property": "properties/1"})
    instrument_ga4_client(AnsweringClient(500_000), "acme", daily_tokens=1_000_000).run_report({"property": "properties/2"})

    assert {"1,acme": 0.75, "2,acme": 0.5} == shown("ga4_quota_usage_ratio")


def test_batch_asks_for_and_reads_each_reports_quota() -> None:
    """The quota is on the reports and never on the batch."""
    client = AnsweringClient(20_000)
    requests = [ga4_types.RunReportRequest(), ga4_types.RunReportRequest()]
    instrument_ga4_client(client, "acme").batch_run_reports(ga4_types.BatchRunReportsRequest(property="properties/1001", requests=requests))

    assert [True, True] == [request.return_property_quota for request in client.requests[0].requests]
    assert {"1001,acme": 0.9} == shown("ga4_quota_usage_ratio")


def test_async_client_and_its_error_type() -> None:
    """Google's exception goes on to the caller; gRPC's code is the type."""
    client = instrument_ga4_client(AsyncClient(), "acme")

    with pytest.raises(ResourceExhausted):
        asyncio.run(client.run_report({"property": "properties/1001"}))
    assert {"resource_exhausted,acme": 1.0} == shown("ga4_api_errors_total")


def answer(request: httpx.Request) -> httpx.Response:
    """A server: refuses one path."""
    if request.url.path == "/refused":
        raise httpx.ConnectError("refused")
    return httpx.Response(204)


def test_outgoing_requests_and_their_failures() -> None:
    """What event hooks miss, too; hosts and methods are bounded labels, paths are none at all."""
    with httpx.Client(transport=MeasuredTransport(httpx.MockTransport(answer)), base_url="https://api.invalid") as client:
        client.get("/a/1")
        client.request("FOO", "/a/2")
        with pytest.raises(httpx.ConnectError):
            client.get("/refused")

    expected = {"api.invalid,GET,204": 1.0, "api.invalid,__other__,204": 1.0, "api.invalid,GET,ConnectError": 1.0}
    assert expected == shown("http_client_requests_total")
    assert {"api.invalid,GET": 2.0, "api.invalid,__other__": 1.0} == shown("http_client_request_duration_seconds_count")


def test_outgoing_async_request_that_is_given_up() -> None:
    """Cancelled is neither a status nor an error."""

    async def slow(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError("unreachable")

    async def example() -> None:
        async with httpx.AsyncClient(transport=MeasuredAsyncTransport(httpx.MockTransport(slow))) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.get("https://api.invalid/"), 0.02)

    asyncio.run(example())
    assert {"api.invalid,GET,cancelled": 1.0} == shown("http_client_requests_total")


def test_other_attributes_pass_through() -> None:
    """The measured client is a stand-in for the client."""
    assert "passed on" == instrument_ga4_client(AnsweringClient(1), "acme").fail()
