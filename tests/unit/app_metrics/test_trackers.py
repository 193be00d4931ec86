"""Trackers and recorders: the requirements' own examples, every form of use, and what happens when things go wrong."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app_metrics
from app_metrics import (
    REGISTRY,
    caches,
    ga4,
    record_connection_pool,
    record_connection_pool_wait,
    record_database_query,
    record_ga4_api_error,
    record_ga4_api_success,
    record_ga4_cache_hit,
    record_ga4_cache_miss,
    record_ga4_quota,
    record_ga4_quota_category,
    record_sse_error,
    record_sse_event,
    record_tenant_activity,
    record_vector_embedding_tokens,
    record_vector_search_cache_hit,
    record_vector_search_results,
    set_sse_max_connections,
    sse,
    track_database_query,
    track_ga4_api_call,
    track_sse_connection,
    track_sse_connection_end,
    track_sse_connection_start,
    track_vector_embedding,
    track_vector_search,
)
from app_metrics.tracking import Tracker
from harness.metrics_page import shown

TENANT = "acme"


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The recorders write to the process's registry: empty before and after."""
    REGISTRY.clear()
    yield
    REGISTRY.clear()


def calls() -> dict[str, float]:
    """GA4 calls by status."""
    return {labels.split(",")[1]: value for labels, value in shown("ga4_api_calls_total").items()}


class Unavailable(Exception):
    """Like google-api-core's."""

    class grpc_status_code:  # noqa: N801 - stands for an enum member
        """The code."""

        name = "UNAVAILABLE"


def fail() -> None:
    """GA4 is not there."""
    raise Unavailable


# --- the requirements' examples, imports changed to app_metrics ---


def test_example_ga4_api_call() -> None:
    """Tracker, then success, then quota: one call, one latency, 0.85 of the quota."""

    class Client:
        async def run_report(self, property_id: str, request: dict[str, str]) -> str:
            return property_id + str(request)

    async def example(ga4_client: Client, tenant_id: str, property_id: str, request: dict[str, str]) -> str:
        # Track API call latency
        with track_ga4_api_call("runReport", tenant_id):
            response = await ga4_client.run_report(property_id, request)

        # Record success
        record_ga4_api_success("runReport", tenant_id)

        # Update quota
        record_ga4_quota(tenant_id, property_id, used=850, total=1000)
        return response

    assert "1001{}" == asyncio.run(example(Client(), TENANT, "1001", {}))
    assert {"success": 1.0} == calls()
    assert {"runReport": 1.0} == shown("ga4_api_latency_seconds_count")
    assert {"1001,acme": 0.85} == shown("ga4_quota_usage_ratio")
    assert {"1001,acme": 150.0} == shown("ga4_quota_remaining")


def test_example_vector_search() -> None:
    """Latency by type, results by tenant."""

    async def vector_search(query: str, limit: int) -> list[str]:
        return [query] * limit

    async def example(tenant_id: str, query: str) -> None:
        with track_vector_search(tenant_id, "hybrid"):
            results = await vector_search(query, limit=10)

        record_vector_search_results(tenant_id, len(results))

    asyncio.run(example(TENANT, "sessions"))
    assert {"hybrid,acme": 1.0} == shown("vector_search_latency_seconds_count")
    assert {"acme": 10.0} == shown("vector_search_results_count_sum")


def test_example_sse_connection() -> None:
    """Active while it lasts, then a duration; events by type."""
    active: list[dict[str, float]] = []

    async def generate_events() -> AsyncIterator[dict[str, str]]:
        for kind in ("page_view", "click", "click"):
            yield {"type": kind}

    async def example(tenant_id: str) -> AsyncIterator[dict[str, str]]:
        connection_id = str(uuid.uuid4())

        # Start tracking
        track_sse_connection_start(connection_id, tenant_id, "/analytics/stream")

        try:
            async for event in generate_events():
                yield event
                record_sse_event(tenant_id, event["type"])
        finally:
            track_sse_connection_end(connection_id, tenant_id, "/analytics/stream")

    async def consume() -> None:
        active.extend([shown("sse_active_connections") async for _ in example(TENANT)])

    asyncio.run(consume())
    assert [{"/analytics/stream,acme": 1.0}] * 3 == active
    assert {} == shown("sse_active_connections")
    assert {"click,acme": 2.0, "page_view,acme": 1.0} == shown("sse_events_sent_total")
    assert {"/analytics/stream,acme": 1.0} == shown("sse_connection_duration_seconds_count")


# --- GA4 calls are counted once, whoever says what ---


def test_tracker_alone_counts_the_call() -> None:
    """Whoever writes no `record_ga4_api_success` is counted too."""
    for _ in range(3):
        with track_ga4_api_call("runReport", TENANT):
            pass

    assert {"success": 3.0} == calls()


def test_recorder_alone_counts_the_call() -> None:
    """Without a tracker the recorders are what counts."""
    record_ga4_api_success("runReport", TENANT)
    record_ga4_api_success("runReport", TENANT)
    record_ga4_api_error("runReport", TENANT, "resource_exhausted")

    assert {"success": 2.0, "error": 1.0} == calls()
    assert {"resource_exhausted,acme": 1.0} == shown("ga4_api_errors_total")


def test_exception_is_recorded_once_with_its_type() -> None:
    """Tracker and recorder both see it; it counts once, and it goes on."""
    with pytest.raises(Unavailable):  # noqa: PT012 - the requirements' form
        try:
            with track_ga4_api_call("runReport", TENANT):
                fail()
        except Unavailable as error:
            record_ga4_api_error("runReport", TENANT, error)
            raise

    assert {"error": 1.0} == calls()
    assert {"unavailable,acme": 1.0} == shown("ga4_api_errors_total")


def test_exception_out_of_a_task_is_recorded_once() -> None:
    """The task has a context of its own; the exception itself says that it has been counted."""

    async def call() -> None:
        with track_ga4_api_call("runReport", TENANT):
            raise Unavailable

    async def example() -> None:
        try:
            await asyncio.create_task(call())
        except Unavailable as error:
            record_ga4_api_error("runReport", TENANT, error)

    asyncio.run(example())
    assert {"error": 1.0} == calls()


def test_error_that_is_handled_inside_the_block() -> None:
    """A block that swallows the exception after recording it is no success."""
    with track_ga4_api_call("runReport", TENANT):
        try:
            fail()
        except Unavailable as error:
            record_ga4_api_error("runReport", TENANT, error)

    assert {"error": 1.0} == calls()


def test_success_recorded_inside_the_block() -> None:
    """Then the tracker has nothing to add; the next call is its own."""
    for _ in range(2):
        with track_ga4_api_call("runReport", TENANT):
            record_ga4_api_success("runReport", TENANT)
    record_ga4_api_success("runReport", TENANT)

    assert {"success": 3.0} == calls()


def test_retry_counts_both_attempts() -> None:
    """A failed attempt and a good one are two calls."""
    for attempt in range(2):
        try:
            with track_ga4_api_call("runReport", TENANT):
                if attempt == 0:
                    fail()
            record_ga4_api_success("runReport", TENANT)
        except Unavailable:
            record_ga4_api_error("runReport", TENANT, "unavailable")

    assert {"success": 1.0, "error": 1.0} == calls()


def test_nested_calls() -> None:
    """A call inside another one's block, and what is said of the outer one afterwards."""
    with track_ga4_api_call("batchRunReports", TENANT):
        with track_ga4_api_call("runReport", TENANT):
            pass
        record_ga4_api_success("runReport", TENANT)
        record_ga4_api_error("batchRunReports", TENANT, "internal")

    assert {"acme": 2.0} == {"acme": sum(shown("ga4_api_calls_total").values())}
    assert {"batchRunReports,error,acme": 1.0, "runReport,success,acme": 1.0} == shown("ga4_api_calls_total")


def test_concurrent_calls_do_not_mix() -> None:
    """Interleaved tasks each have their own latest call."""

    async def call(number: int) -> None:
        with track_ga4_api_call("runReport", TENANT):
            await asyncio.sleep(0.001 * (number % 3))
        await asyncio.sleep(0)
        record_ga4_api_success("runReport", TENANT)

    async def example() -> None:
        await asyncio.gather(*(call(number) for number in range(50)))

    asyncio.run(example())
    assert {"success": 50.0} == calls()


def test_recorder_after_a_scrape_speaks_of_another_call() -> None:
    """A call that was tracked long ago does not silence a recorder that is used on its own."""
    with track_ga4_api_call("runReport", TENANT):
        pass
    first = calls()
    record_ga4_api_success("runReport", TENANT)

    assert ({"success": 1.0}, {"success": 2.0}) == (first, calls())


def test_cancelled_call_is_no_error() -> None:
    """Whoever gave up waiting says nothing about GA4."""

    async def example() -> None:
        @track_ga4_api_call("runReport", TENANT)
        async def call() -> None:
            await asyncio.sleep(60)

        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(call(), 0.01)

    asyncio.run(example())
    assert {"cancelled": 1.0} == calls()
    assert {} == shown("ga4_api_errors_total")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unavailable(), "unavailable"),
        (TimeoutError(), "deadline_exceeded"),
        (ValueError(), "ValueError"),
        (type("TooManyRequests", (Exception,), {})(), "resource_exhausted"),
        (type("RpcError", (Exception,), {"code": lambda _: Unavailable.grpc_status_code})(), "unavailable"),
    ],
)
def test_error_types(error: Exception, expected: str) -> None:
    """GRPC's codes where there are any, else the class."""
    with pytest.raises(type(error)), track_ga4_api_call("runReport", TENANT):
        raise error

    assert {f"{expected},acme": 1.0} == shown("ga4_api_errors_total")


# --- forms of use ---


@pytest.mark.parametrize(
    ("tracker", "count"),
    [
        (lambda: track_ga4_api_call("runReport", TENANT), "ga4_api_latency_seconds_count"),
        (lambda: track_vector_search(TENANT, "hybrid"), "vector_search_latency_seconds_count"),
        (lambda: track_vector_embedding("small", 8), "vector_embedding_duration_seconds_count"),
        (lambda: track_database_query("SELECT", "primary"), "database_query_duration_seconds_count"),
        (lambda: track_sse_connection(TENANT, "/stream"), "sse_connection_duration_seconds_count"),
    ],
)
def test_every_tracker_in_every_form(tracker: Callable[[], Tracker], count: str) -> None:
    """With, async with, decorated function, decorated coroutine function (twice each): six uses, six records."""

    @tracker()
    def function(value: int) -> int:
        """Kept."""
        return value + 1

    @tracker()
    async def coroutine(value: int) -> int:
        return value + 1

    async def example() -> None:
        async with tracker():
            await asyncio.sleep(0)
        assert [2, 3] == [await coroutine(1), await coroutine(2)]

    with tracker():
        pass
    assert [2, 3] == [function(1), function(2)]
    asyncio.run(example())

    assert [6.0] == list(shown(count).values())
    assert ("function", "Kept.") == (function.__name__, function.__doc__)


@pytest.mark.parametrize(
    "call",
    [
        lambda: record_ga4_quota(TENANT, "1", used=1, total=0),
        lambda: record_ga4_quota(TENANT, "1", used="much", total=1),  # type: ignore[arg-type]
        record_ga4_api_success,
        lambda: record_vector_embedding_tokens("small", -5),
        lambda: record_vector_search_results(TENANT, None),  # type: ignore[arg-type]
        lambda: track_sse_connection_start([], TENANT, "/stream"),
    ],
)
def test_bad_arguments_are_logged_and_never_raised(call: Callable[[], None], caplog: pytest.LogCaptureFixture) -> None:
    """A helper must not fail the request that it is about."""
    call()

    assert [True] == [message.endswith("was not recorded") for message in caplog.messages]


def test_tracker_with_bad_arguments_lets_the_block_run(caplog: pytest.LogCaptureFixture) -> None:
    """Also when the labels cannot even be looked up."""
    with track_vector_search([], []) as tracker:  # type: ignore[arg-type]
        ran = tracker is not None

    assert ran
    assert ["the end of VectorSearch was not recorded"] == caplog.messages


# --- the rest of the catalogue ---


def test_quota_gauges_go_away_at_the_refill() -> None:
    """Midnight in Pacific time; afterwards nobody knows, and yesterday's 96 percent must not page."""
    record_ga4_quota(TENANT, "1001", used=960, total=1000)
    record_ga4_quota_category(TENANT, "1001", "realtime", "tokens_per_hour", remaining=7, consumed=3)
    reset = shown("ga4_quota_reset_timestamp_seconds")["1001,acme"]
    ga4.forget_refilled(reset - 1)
    before = shown("ga4_quota_usage_ratio")
    ga4.forget_refilled(reset)

    assert {"1001,acme": 0.96} == before
    assert {} == shown("ga4_quota_usage_ratio") | shown("ga4_quota_category_remaining") | shown("ga4_quota_reset_timestamp_seconds")
    assert {"realtime,1001,tokens_per_hour,acme": 3.0} == {
        labels: value for labels, value in shown("ga4_quota_category_consumed_total").items() if value
    }


@pytest.mark.parametrize(
    ("now", "expected"),
    [(1_751_353_199, 1_751_353_200), (1_751_353_200, 1_751_439_600), (1_735_718_400, 1_735_804_800)],
    ids=["a second before summer midnight", "at midnight", "winter"],
)
def test_refill_is_midnight_in_pacific_time(now: float, expected: float) -> None:
    """07:00 UTC in summer, 08:00 UTC in winter."""
    assert expected == ga4.next_refill(now)


def test_cache_hit_rates_come_from_the_counters() -> None:
    """Over the last five minutes; without a look-up there is no rate."""
    for _ in range(3):
        record_ga4_cache_hit(TENANT)
    record_ga4_cache_miss(TENANT)
    record_vector_search_cache_hit(TENANT)

    assert {"acme": 0.75} == shown("ga4_cache_hit_rate")
    assert {"acme": 1.0} == shown("vector_search_cache_hit_rate")
    assert ({"acme": 3.0}, {"acme": 1.0}) == (shown("ga4_cache_hits_total"), shown("ga4_cache_misses_total"))


def test_cache_hit_rate_forgets_old_lookups() -> None:
    """What happened more than five minutes ago does not count, and then the gauge goes away."""
    record_ga4_cache_hit(TENANT)
    caches.GA4.refresh(1000.0)
    record_ga4_cache_miss(TENANT)
    caches.GA4.refresh(1400.0)
    rate = REGISTRY.values["ga4_cache_hit_rate"]
    later = rate.at(TENANT).value
    caches.GA4.refresh(1800.0)

    assert 0.0 == later
    assert {} == rate.series


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=40))
def test_sse_gauge_never_drifts(told: list[tuple[str, bool]]) -> None:
    """Starts and ends twice, missing, in any order: the gauge is the number of open connections."""
    REGISTRY.clear()
    open_now: set[str] = set()
    for connection, starts in told:
        (track_sse_connection_start if starts else track_sse_connection_end)(connection, TENANT, "/stream")
        (open_now.add if starts else open_now.discard)(connection)

    assert float(len(open_now)) == sum(shown("sse_active_connections").values())


def test_lost_connections_are_swept() -> None:
    """A connection whose end was never told does not hold the gauge for ever."""
    track_sse_connection_start("1", TENANT, "/stream")
    sse.sweep()
    before = shown("sse_active_connections")
    sse.sweep(2 * sse.LOST_AFTER + 1e9)

    assert ({"/stream,acme": 1.0}, {}) == (before, shown("sse_active_connections"))


def test_sse_failure_is_counted_with_its_type() -> None:
    """Leaving early is none; an exception is."""
    with pytest.raises(ValueError, match="bad"), track_sse_connection(TENANT, "/stream"):
        raise ValueError("bad")
    with pytest.raises(GeneratorExit), track_sse_connection(TENANT, "/stream"):
        raise GeneratorExit
    record_sse_error(TENANT, "slow_consumer")
    set_sse_max_connections(1000)

    assert {"ValueError,acme": 1.0, "slow_consumer,acme": 1.0} == shown("sse_errors_total")
    assert {"": 1000.0} == shown("sse_max_connections")


def test_vector_search_failure_and_embeddings() -> None:
    """Errors by type; batch sizes and tokens of what was embedded."""
    with pytest.raises(TimeoutError), track_vector_search(TENANT, "hybrid"):
        raise TimeoutError
    with track_vector_embedding("small", batch_size=64):
        record_vector_embedding_tokens("small", 500)

    assert {"deadline_exceeded,hybrid,acme": 1.0} == shown("vector_search_errors_total")
    assert ({"": 64.0}, {"small": 500.0}) == (shown("vector_embedding_batch_size_sum"), shown("vector_embedding_tokens_total"))


def test_database() -> None:
    """Queries by operation and outcome, pools with and without a bound."""
    with pytest.raises(ValueError, match="bad"), track_database_query("  select * from t", "primary"):
        raise ValueError("bad")
    record_database_query("WITH x AS (SELECT 1) DELETE FROM t", "primary", 0.01)
    record_connection_pool("primary", active=9, maximum=10)
    record_connection_pool("unbounded", active=9, maximum=None)
    record_connection_pool_wait("primary", 30.0, timed_out=True)

    assert {"SELECT,primary,error": 1.0, "OTHER,primary,success": 1.0} == shown("database_queries_total")
    assert {"primary": 0.9} == shown("connection_pool_utilization_ratio")
    assert {"primary": 9.0, "unbounded": 9.0} == shown("connection_pool_active_connections")
    assert ({"primary": 1.0}, {"primary": 30.0}) == (shown("connection_pool_timeouts_total"), shown("connection_pool_wait_seconds_sum"))


def test_active_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody who did something in the last five minutes, by whatever recorder."""
    record_tenant_activity("a")
    record_sse_event("b", "click")
    record_ga4_api_success("runReport", "c")
    record_ga4_cache_miss("c")
    both = (shown("active_tenants_count"), shown("app_active_tenants"))
    monkeypatch.setattr(time, "monotonic", lambda: 1e12)

    assert ({"": 3.0}, {"": 3.0}) == both
    assert {} == shown("active_tenants_count")


def test_names_of_the_requirements_are_there() -> None:
    """Everything in `__all__` exists, sorted."""
    assert sorted(app_metrics.__all__) == app_metrics.__all__
    assert [] == [name for name in app_metrics.__all__ if not hasattr(app_metrics, name)]
