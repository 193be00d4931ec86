"""The example application on a real server: every fault makes the condition true that its alert is about."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from harness.wait import wait_for

FOLDER = Path(__file__).parents[3] / "examples" / "ga4_app"
REPORT = "/v1/tenants/acme/properties/1001/report"
DAYS = itertools.count(2)
"""Each report is for another number of days, so that none comes from the cache."""
ALERTS = {
    "Ga4ApiHighErrorRate", "Ga4QuotaExhaustionImminent", "SseConnectionsNearLimit", "ConnectionPoolExhaustionImminent", "ServiceDown",
    "HttpHighServerErrorRate", "CpuSaturated", "Ga4ApiHighLatency", "Ga4QuotaHigh", "VectorSearchHighLatency", "SseConnectionsHigh",
    "ConnectionPoolHigh", "CpuHigh", "HighMemoryUsage",
}  # fmt: skip


class Application:
    """The running example."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]") -> None:
        self.url, self.process = url, process

    def get(self, path: str) -> int:
        """Asks once and returns the status."""
        return httpx.get(self.url + path, timeout=30).status_code

    def answers(self) -> bool:
        """Whether it is there."""
        try:
            return self.get("/healthz") == 200
        except httpx.HTTPError:
            return False

    def switch(self, fault: str, *, on: bool = True) -> None:
        """Switches a fault."""
        httpx.request("PUT" if on else "DELETE", f"{self.url}/faults/{fault}").raise_for_status()

    def total(self, pattern: str) -> float:
        """The sum of all series whose line matches."""
        page = httpx.get(f"{self.url}/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in page if re.match(pattern, line))


@contextmanager
def running_example() -> Iterator[Application]:
    """The example on a free loopback port, as its own process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SENTRY_")}
    command = [sys.executable, "-m", "uvicorn", "ga4_app.main:app", "--app-dir", str(FOLDER), "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command, env=environment)
    try:
        running = Application(f"http://127.0.0.1:{port}", process)
        wait_for(running.answers, what="the example answers", timeout=30)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.fixture
def application() -> Iterator[Application]:
    """An example of the test's own."""
    with running_example() as running:
        yield running


@pytest.fixture(scope="module")
def shared() -> Iterator[Application]:
    """One example for tests that leave nothing behind: a start takes longer than they do."""
    with running_example() as running:
        yield running


def test_there_is_a_fault_for_every_alert(shared: Application) -> None:
    """Sixteen switches, all off; fourteen name their alert."""
    faults = json.loads(httpx.get(f"{shared.url}/faults").text)

    told = [text["about"].partition(": ")[2] for text in faults.values()]
    assert sorted(ALERTS) == sorted(re.findall(r"([A-Z]\w+)(?:,|$)", alert)[0] for alert in told if alert)
    assert [False] * 16 == [fault["on"] for fault in faults.values()]
    assert 404 == httpx.put(f"{shared.url}/faults/none").status_code


def test_day_without_faults(application: Application) -> None:
    """Reports, searches and a stream leave their traces, and a second look comes from the cache."""
    assert [200, 200, 200] == [application.get(path) for path in (REPORT, REPORT, "/v1/tenants/acme/search?q=sessions")]
    assert 200 == application.get("/v1/tenants/acme/stream?events=3&pause=0.01")
    assert 404 == application.get("/v1/tenants/acme/properties/9/report")

    assert 1.0 == application.total(r'ga4_api_calls_total.*status="success"')
    assert 0.5 == application.total(r'ga4_cache_hit_rate\{tenant_id="acme"')
    assert 3.0 == application.total("sse_events_sent_total")
    assert 0.0 == application.total("sse_active_connections")
    assert 1.0 == application.total("sse_connection_duration_seconds_count")
    assert 4.0 == application.total("database_queries_total")
    assert 1.0 == application.total(r"active_tenants_count ")


@pytest.mark.parametrize(
    ("fault", "metric", "condition"),
    [
        ("ga4-quota-high", "ga4_quota_usage_ratio", lambda value: 0.90 < value < 0.95),
        ("ga4-quota-exhausted", "ga4_quota_usage_ratio", lambda value: value > 0.95),
        ("sse-high", "sse_active_connections", lambda value: 900 < value < 950),
        ("sse-full", "sse_active_connections", lambda value: value > 950),
        ("pool-high", "connection_pool_utilization_ratio", lambda value: 0.8 < value <= 0.9),
        ("pool-exhausted", "connection_pool_utilization_ratio", lambda value: value > 0.9),
    ],
)
def test_faults_that_gauges_show(fault: str, metric: str, condition: Callable[[float], bool], shared: Application) -> None:
    """Above the alert's threshold (and below that of its critical twin) while it is on, gone when it is off."""
    shared.switch(fault)
    shared.get(f"{REPORT}?days={next(DAYS)}")
    wait_for(lambda: condition(shared.total(metric)), what=f"{metric} is where {fault} puts it", timeout=10)
    shared.switch(fault, on=False)
    shared.get(f"{REPORT}?days={next(DAYS)}")
    wait_for(lambda: shared.total(metric) < 0.5, what=f"{metric} is back", timeout=10)


@pytest.mark.parametrize(
    ("fault", "path", "bad", "all_"),
    [
        ("ga4-errors", REPORT + "?days={n}", r'ga4_api_calls_total.*status="error"', "ga4_api_calls_total"),
        ("http-errors", REPORT, r'http_requests_total.*report.*status_code="500"', r"http_requests_total.*report"),
    ],
)
def test_faults_that_ratios_show(fault: str, path: str, bad: str, all_: str, application: Application) -> None:
    """A third of the calls fail: far more than 5 percent, with more than the twenty calls that the alert asks for."""
    application.switch(fault)
    for number in range(1, 31):
        application.get(path.format(n=number))

    assert 20 <= application.total(all_)
    assert 0.3 < application.total(bad) / application.total(all_) < 0.4


@pytest.mark.parametrize(
    ("fault", "path", "series", "threshold"),
    [
        ("ga4-slow", REPORT + "?days={n}", "ga4_api_latency_seconds", 'le="5.0"'),
        ("search-slow", "/v1/tenants/acme/search?q=s{n}", "vector_search_latency_seconds", 'le="1.0"'),
    ],
)
def test_faults_that_latencies_show(fault: str, path: str, series: str, threshold: str, application: Application) -> None:
    """Not one call lies below the alert's threshold, which is a bucket's bound."""
    application.switch(fault)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda number: application.get(path.format(n=number)), range(1, 6)))

    assert 5.0 == application.total(f"{series}_count")
    assert 0.0 == application.total(rf"{series}_bucket.*{threshold}")


def test_application_that_goes_down(application: Application) -> None:
    """The process ends by itself, in order (uvicorn passes the signal on when it is done)."""
    application.switch("down")

    assert -signal.SIGTERM == application.process.wait(20)
