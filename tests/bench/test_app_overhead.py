"""What the library costs, as ratios to prometheus-client measured side by side: figures of one machine mean nothing on another.

Not part of `make test`, which must not depend on how busy a machine is: run `pytest tests/bench`.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.responses import Response

from app_metrics import Registry
from app_metrics.catalogue import METRICS
from app_metrics.exposition import page
from bench.app_metrics_candidate import http, stall

SCOPE = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/api/v1/items/42",
    "raw_path": b"", "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    "headers": [(b"host", b"localhost"), (b"user-agent", b"bench"), (b"accept", b"*/*")],
}  # fmt: skip


class CachedChildren:
    """The least that a middleware on prometheus-client can cost: a counter and three histograms, their children looked up once."""

    def __init__(self, app: Any) -> None:
        registry = CollectorRegistry()
        self.app = app
        labels = ("GET", "/api/v1/items/{item_id}")
        self.count = Counter("requests_total", "r", ["method", "endpoint"], registry=registry).labels(*labels).inc
        self.seconds, self.received, self.sent = (
            Histogram(name, "h", ["method", "endpoint"], registry=registry).labels(*labels).observe
            for name in ("seconds", "request_bytes", "response_bytes")
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        start, size = time.perf_counter(), 0

        async def measured(message: Any) -> None:
            nonlocal size
            size += len(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, measured)
        self.count()
        self.seconds(time.perf_counter() - start)
        self.received(0)
        self.sent(size)


def application() -> FastAPI:
    """Twenty routes that come in through a router."""
    app, router = FastAPI(), APIRouter(prefix="/api/v1")

    async def item(item_id: str) -> Response:
        return Response(b"{}")

    for number in range(19):
        router.add_api_route(f"/filler{number}/{{item_id}}", item)
    router.add_api_route("/items/{item_id}", item)
    app.include_router(router)
    return app


async def drive(app: Callable[[Any, Any, Any], Awaitable[None]], requests: int) -> float:
    """CPU microseconds per request."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    start = time.thread_time_ns()
    for _ in range(requests):
        await app(dict(SCOPE), receive, send)
    return (time.thread_time_ns() - start) / requests / 1000


def test_request_costs_no_more_than_prometheus_clients_bare_minimum() -> None:
    """Labels, sizes, streams and 499s included, a request costs about what four cached prometheus-client children cost alone."""
    bare, ours = application(), application()
    http(ours)
    apps: dict[str, Any] = {"bare": bare, "ours": ours, "minimum": CachedChildren(application())}

    async def measure() -> dict[str, float]:
        added: dict[str, list[float]] = {"ours": [], "minimum": []}
        for _ in range(60):
            seen = {name: await drive(app, 200) for name, app in apps.items()}
            for name, values in added.items():
                values.append(seen[name] - seen["bare"])
        return {name: statistics.median(values) for name, values in added.items()}

    result = asyncio.run(measure())
    print(result)

    assert 1.3 * result["minimum"] > result["ours"]


def test_scrape_is_many_times_cheaper() -> None:
    """20,000 series: at least eight times cheaper than prometheus-client, for the same bytes."""
    theirs, ours = CollectorRegistry(), Registry(METRICS, limits={"endpoint": 30_000})
    counter = Counter("http_requests_total", "r", ["method", "endpoint", "status_code"], registry=theirs)
    for number in range(20_000):
        counter.labels("GET", f"/r{number}/{{id}}", "200").inc(number)
        ours.values["http_requests_total"].unguarded("GET", f"/r{number}/{{id}}", "200").value = float(number)

    def cost(render: Callable[[], object]) -> float:
        times = []
        for _ in range(5):
            start = time.thread_time_ns()
            render()
            times.append(time.thread_time_ns() - start)
        return min(times)

    ratio = cost(lambda: generate_latest(theirs)) / cost(lambda: page(ours))
    print(ratio)

    assert ratio > 8


def test_scrape_does_not_hold_up_the_event_loop() -> None:
    """While 100,000 series are rendered, no other task waits longer than a fraction of what rendering them in one go takes."""
    app = stall(100_000)

    async def receive() -> Any:
        await asyncio.Event().wait()  # a client that stays

    async def send(message: Any) -> None:
        pass

    async def measure() -> tuple[float, float]:
        gaps, running = [0.0], True

        async def beat() -> None:
            last = time.perf_counter()
            while running:
                await asyncio.sleep(0)
                now = time.perf_counter()
                gaps.append(now - last)
                last = now

        task = asyncio.create_task(beat())
        start = time.perf_counter()
        await app(dict(SCOPE) | {"path": "/metrics"}, receive, send)
        whole = time.perf_counter() - start
        running = False
        await task
        return statistics.quantiles(gaps, n=100)[-1], whole

    gap, whole = min(asyncio.run(measure()) for _ in range(3))
    print(gap, whole)

    assert 0.2 * whole > gap
