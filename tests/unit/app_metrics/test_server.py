"""The same on a real server: a test client has hidden what only a socket shows."""

import asyncio
import gzip
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from app_metrics import Registry, instrument
from harness.tools import find
from harness.wait import wait_for

Seen = Callable[[], dict[tuple[str, str, str], float]]
PROMETHEUS_ACCEPT = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


def application(registry: Registry) -> FastAPI:
    """A slow route, a stream and an ordinary one, instrumented."""
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def item(item_id: str) -> str:
        return item_id

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(0.5)
        return "at last"

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"data: {}\n\n"
                await asyncio.sleep(0.01)

        return StreamingResponse(body(), media_type="text/event-stream")

    extra = CollectorRegistry()
    Counter("orders", "Orders of the application's own.", registry=extra).inc(3)
    instrument(app, registry=registry, extra=extra)
    return app


def test_the_page_that_prometheus_asks_for(registry: Registry, serve: Any) -> None:
    """Prometheus' own Accept header gets OpenMetrics, compressed, with the application's own metrics, and it parses."""
    with serve(application(registry)) as url:
        httpx.get(f"{url}/items/1")
        with httpx.stream("GET", f"{url}/metrics", headers={"accept": PROMETHEUS_ACCEPT, "accept-encoding": "gzip"}) as answer:
            page = gzip.decompress(b"".join(answer.iter_raw())).decode()

    families = {family.name: family for family in parse_openmetrics(page)}
    assert "application/openmetrics-text; version=1.0.0; charset=utf-8" == answer.headers["content-type"]
    assert page.endswith("# EOF\n")
    assert [3.0] == [sample.value for sample in families["orders"].samples if sample.name == "orders_total"]
    assert "_created" not in page
    requests = {sample.labels["endpoint"]: sample.value for sample in families["http_requests"].samples if sample.value}
    assert {"/items/{item_id}": 1.0} == requests


def test_page_passes_promtool(registry: Registry, serve: Any) -> None:
    """Names, help and types are what Prometheus' own linter accepts."""
    with serve(application(registry)) as url:
        httpx.get(f"{url}/items/1")
        page = httpx.get(f"{url}/metrics").text

    result = subprocess.run([find("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, check=False)
    assert ("", "", 0) == (result.stdout, result.stderr, result.returncode)
    assert list(parse_text(page))


def test_name_that_both_have_is_shown_once(registry: Registry, serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A page with one name twice is refused as a whole; an application that moves from another library has both for a while."""
    extra = CollectorRegistry()
    Counter("http_requests", "Another library's.", ["handler"], registry=extra).labels("/a").inc()
    Counter("orders", "The application's own.", registry=extra).inc()
    app = FastAPI()
    instrument(app, registry=registry, extra=extra)
    with serve(app) as url:
        page = httpx.get(f"{url}/metrics").text

    assert 1 == page.count("# TYPE http_requests_total counter")
    assert "handler" not in page
    assert "orders_total 1.0" in page
    assert ["http_requests is registered with prometheus-client too; only app_metrics' own is shown"] == caplog.messages


def test_collector_that_fails_costs_its_own_registry_only(registry: Registry, serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The rest of the page is still good."""

    class Broken:
        def collect(self) -> Any:
            raise OSError("gone")

        def describe(self) -> list[Any]:
            return []

    extra = CollectorRegistry()
    extra.register(Broken())
    app = FastAPI()
    instrument(app, registry=registry, extra=extra)
    with serve(app) as url:
        page = httpx.get(f"{url}/metrics", headers={"accept": PROMETHEUS_ACCEPT}).text

    assert "system_uptime_seconds " in page
    assert page.endswith("# EOF\n")
    assert ["could not render the metrics registered with prometheus-client"] == caplog.messages


def test_page_is_served_to_get_and_head_only(registry: Registry, serve: Any) -> None:
    """And never redirected, as a mounted application would be."""
    with serve(application(registry)) as url:
        statuses = [httpx.request(method, f"{url}/metrics").status_code for method in ("GET", "HEAD", "POST")]

    assert [200, 200, 405] == statuses


def test_client_that_hangs_up_is_499(registry: Registry, serve: Any, requests_seen: Seen) -> None:
    """The handler never asks whether anybody is still there; the server knows, and the status says so."""
    with serve(application(registry)) as url:
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(requests_seen, what="the abandoned request is counted", timeout=10)

    assert {("GET", "/slow", "499"): 1.0} == requests_seen()


def test_event_stream_on_a_socket(registry: Registry, serve: Any, read: Callable[[], dict[str, float]]) -> None:
    """All chunks arrive and are counted."""
    with serve(application(registry)) as url:
        body = httpx.get(f"{url}/stream").content

    assert b"data: {}\n\n" * 3 == body
    assert 30.0 == read()['http_response_size_bytes_sum{endpoint="/stream",method="GET"}']


def test_instrumenting_from_a_lifespan_handler(registry: Registry, serve: Any, requests_seen: Seen) -> None:
    """When the middleware stack stands already, the measurement still goes around it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        instrument(app, registry=registry)
        yield

    app = FastAPI(lifespan=lifespan)
    app.add_api_route("/late", lambda: "ok")
    with serve(app) as url:
        assert 200 == httpx.get(f"{url}/late").status_code
        assert 200 == httpx.get(f"{url}/metrics").status_code

    assert {("GET", "/late", "200"): 1.0, ("GET", "/metrics", "200"): 1.0} == requests_seen()
