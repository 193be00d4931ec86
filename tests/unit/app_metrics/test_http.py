"""What an HTTP request leaves in the metrics: which labels, which time, which sizes."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import APIRouter, BackgroundTasks, FastAPI, Request
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Host, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from app_metrics import Registry, instrument
from app_metrics.exposition import page

Seen = Callable[[], dict[tuple[str, str, str], float]]
ONE_FOUND = ("GET", "/items/{item_id}", "200")


def application(registry: Registry) -> FastAPI:
    """An application with routes of every kind, instrumented."""
    app = FastAPI()
    inner, outer = APIRouter(prefix="/in"), APIRouter(prefix="/v1")

    @inner.get("/items/{item_id}")
    async def nested(item_id: int) -> int:
        return item_id

    outer.include_router(inner)
    app.include_router(outer)

    @app.get("/items/{item_id}")
    async def item(item_id: str) -> str:
        return item_id

    @app.post("/upload")
    async def upload(request: Request) -> int:
        return len(await request.body())

    @app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("boom")

    sub, sub_router = FastAPI(), APIRouter(prefix="/deep")

    @sub.get("/direct/{x}")
    async def direct(x: str) -> str:
        return x

    @sub_router.get("/{x}")
    async def deep(x: str) -> str:
        return x

    sub.include_router(sub_router)
    app.mount("/{tenant}/sub", sub)
    app.mount("/plain", Starlette(routes=[Route("/z/{k:int}", ok), Mount("/more", routes=[Route("/d/{k}", ok)])]))
    instrument(app, registry=registry)
    return app


async def ok(request: Request) -> Response:
    """Answers 200."""
    return PlainTextResponse("ok")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/items/1", ONE_FOUND),
        ("/v1/in/items/2", ("GET", "/v1/in/items/{item_id}", "200")),
        ("/v1/in/items/two", ("GET", "/v1/in/items/{item_id}", "422")),
        ("/acme/sub/direct/3", ("GET", "/{tenant}/sub/direct/{x}", "200")),
        ("/acme/sub/deep/3", ("GET", "/{tenant}/sub/deep/{x}", "200")),
        ("/plain/z/4", ("GET", "/plain/z/{k}", "200")),
        ("/plain/more/d/5", ("GET", "/plain/more/d/{k}", "200")),
        ("/openapi.json", ("GET", "/openapi.json", "200")),
        ("/metrics", ("GET", "/metrics", "200")),
        ("/nowhere", ("__other__", "__unmatched__", "404")),
        ("/acme/sub/nowhere", ("__other__", "__unmatched__", "404")),
        ("/plain/nowhere", ("__other__", "__unmatched__", "404")),
        ("/items/1/", ("__other__", "__unmatched__", "307")),
        ("/plain/z/4/", ("__other__", "__unmatched__", "307")),
    ],
)
def test_endpoint_is_the_template(path: str, expected: tuple[str, str, str], registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """The endpoint is the whole route template through every kind of nesting; what no route took shares one pair of labels."""
    drive.run(application(registry), path)

    assert {expected: 1.0} == requests_seen()


def test_root_path_is_not_part_of_the_template(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """A prefix that a proxy strips belongs to the deployment and not to the route."""
    app = application(registry)

    drive.run(app, "/items/1", root_path="/api")
    drive.run(app, "/acme/sub/direct/1", root_path="/api")

    assert {ONE_FOUND: 1.0, ("GET", "/{tenant}/sub/direct/{x}", "200"): 1.0} == requests_seen()


def test_method_that_the_route_does_not_take_is_folded(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """405s belong to no route, known method or not."""
    app = application(registry)

    for method in ("POST", "FOO", "PROPFIND"):
        drive.run(app, "/v1/in/items/1", method=method)

    assert {("__other__", "__unmatched__", "405"): 3.0} == requests_seen()


def test_handler_that_answers_405_itself_keeps_its_route(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """A route that took the request keeps it, whatever status it chooses."""
    app = Starlette(routes=[Route("/read-only", lambda _: Response(status_code=405))])
    instrument(app, registry=registry)

    drive.run(app, "/read-only")

    assert {("GET", "/read-only", "405"): 1.0} == requests_seen()


def test_same_endpoint_on_two_routes(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """A handler that serves two routes is counted under the one that matched."""
    app = Starlette(routes=[Route("/a/{x}", ok), Route("/b/{x}", ok), Host("api.example.com", app=Starlette(routes=[Route("/c", ok)]))])
    instrument(app, registry=registry)

    drive.run(app, "/a/1")
    drive.run(app, "/b/1")
    drive.run(app, "/c", headers={"host": "api.example.com"})

    assert {("GET", "/a/{x}", "200"): 1.0, ("GET", "/b/{x}", "200"): 1.0, ("GET", "/c", "200"): 1.0} == requests_seen()


def test_route_added_later_is_known(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """Routes may be added after instrumenting and after the first request."""
    app = Starlette(routes=[Route("/a", ok)])
    instrument(app, registry=registry)
    drive.run(app, "/a")

    app.router.routes.append(Route("/late/{x}", ok))
    app.router.routes.append(Mount("/late-mount", routes=[Route("/{y}", ok)]))
    drive.run(app, "/late/1")
    drive.run(app, "/late-mount/1")

    assert {("GET", "/a", "200"): 1.0, ("GET", "/late/{x}", "200"): 1.0, ("GET", "/late-mount/{y}", "200"): 1.0} == requests_seen()


def test_application_mounted_at_the_root(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """The mount leaves its mark in the scope and no prefix; each route behind it is still known by its own template, again and again."""
    inner = FastAPI()
    inner.add_api_route("/items/{item_id}", lambda item_id: item_id)
    app = Starlette(routes=[Mount("/", inner)])
    instrument(app, registry=registry)

    for path in ("/docs", "/openapi.json", "/items/1", "/docs", "/openapi.json", "/items/2"):
        drive.run(app, path)

    assert {("GET", "/docs", "200"): 2.0, ("GET", "/openapi.json", "200"): 2.0, ONE_FOUND: 2.0} == requests_seen()


def test_static_files_are_known_by_their_mount(registry: Registry, drive: Any, requests_seen: Seen, tmp_path: Any) -> None:
    """A mounted application without routes is one endpoint; what it does not have is nobody's."""
    (tmp_path / "page.html").write_text("hello")
    app = Starlette(routes=[Mount("/static", StaticFiles(directory=tmp_path))])
    instrument(app, registry=registry)

    drive.run(app, "/static/page.html")
    drive.run(app, "/static/missing.html")

    assert {("GET", "/static", "200"): 1.0, ("__other__", "__unmatched__", "404"): 1.0} == requests_seen()


def test_unhandled_exception_is_500_and_still_raised(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """The server sees the exception as it would without the library; the metrics see a 500."""
    with pytest.raises(RuntimeError, match="boom"):
        drive.run(application(registry), "/boom")

    assert {("GET", "/boom", "500"): 1.0} == requests_seen()


def test_status_of_an_exception_handler_counts(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """A handler for all exceptions runs in the framework's outermost middleware; its status is what the client got."""
    app = FastAPI()
    app.add_exception_handler(Exception, lambda _, __: Response(status_code=503))
    app.add_api_route("/boom", lambda: 1 / 0)
    instrument(app, registry=registry)

    with pytest.raises(ZeroDivisionError):
        drive.run(app, "/boom")

    assert {("GET", "/boom", "503"): 1.0} == requests_seen()


def test_background_tasks_are_not_latency(registry: Registry, drive: Any, read: Callable[[], dict[str, float]]) -> None:
    """Time ends with the last byte of the response."""
    app = FastAPI()

    @app.get("/work")
    async def work(tasks: BackgroundTasks) -> str:
        tasks.add_task(asyncio.sleep, 0.3)
        return "done"

    instrument(app, registry=registry)
    start = time.perf_counter()
    drive.run(app, "/work")
    whole = time.perf_counter() - start

    assert whole > 0.3
    assert 0.2 > read()['http_request_duration_seconds_sum{endpoint="/work",method="GET"}']


def streaming(registry: Registry, chunks: int, media_type: str) -> Starlette:
    """An application that streams 10-byte chunks, 50 ms before the first and between them."""

    async def body() -> AsyncIterator[bytes]:
        for _ in range(chunks):
            await asyncio.sleep(0.05)
            yield b"0123456789"

    async def stream(request: Request) -> Response:
        return StreamingResponse(body(), media_type=media_type)

    app = Starlette(routes=[Route("/stream", stream)])
    instrument(app, registry=registry)
    return app


def test_streamed_bytes_and_time_are_counted_whole(registry: Registry, drive: Any, read: Callable[[], dict[str, float]]) -> None:
    """A stream without Content-Length has the size of what was sent and lasts until its end."""
    drive.run(streaming(registry, 4, "text/csv"), "/stream")

    labels = '{endpoint="/stream",method="GET"}'
    assert 40.0 == read()[f"http_response_size_bytes_sum{labels}"]
    assert 0.2 <= read()[f"http_request_duration_seconds_sum{labels}"]


def test_event_stream_lasts_until_its_first_byte(registry: Registry, drive: Any, read: Callable[[], dict[str, float]]) -> None:
    """How long somebody watches an event stream is no latency; its bytes are counted all the same."""
    drive.run(streaming(registry, 4, "text/event-stream"), "/stream")

    labels = '{endpoint="/stream",method="GET"}'
    assert 40.0 == read()[f"http_response_size_bytes_sum{labels}"]
    assert 1.0 == read()[f"http_response_size_bytes_count{labels}"]
    assert 0.05 <= read()[f"http_request_duration_seconds_sum{labels}"] < 0.15


def test_open_event_stream_is_counted_already(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """An event stream is a request from its first byte on, not only when it ends hours later."""

    async def watch() -> dict[tuple[str, str, str], float]:
        task = asyncio.create_task(drive.request(streaming(registry, 100, "text/event-stream"), "/stream"))
        while not requests_seen():
            await asyncio.sleep(0.01)
        seen = requests_seen()
        task.cancel()
        return seen

    assert {("GET", "/stream", "200"): 1.0} == asyncio.run(watch())


def test_request_size_from_content_length_or_by_counting(registry: Registry, drive: Any, read: Callable[[], dict[str, float]]) -> None:
    """A chunked upload has no Content-Length: its bytes are counted; a Content-Length that is no number is ignored."""
    app = application(registry)
    chunks = [
        {"type": "http.request", "body": b"x" * 600, "more_body": True},
        {"type": "http.request", "body": b"x" * 400, "more_body": False},
    ]

    drive.run(app, "/upload", method="POST", headers={"content-length": "2000"}, body=b"x" * 2000)
    drive.run(app, "/upload", method="POST", incoming=chunks)
    drive.run(app, "/upload", method="POST", headers={"content-length": "-1"}, body=b"xyz")

    assert 3003.0 == read()['http_request_size_bytes_sum{endpoint="/upload",method="POST"}']


def test_head_has_no_response_body(registry: Registry, drive: Any, read: Callable[[], dict[str, float]]) -> None:
    """Servers drop the body that a handler sends for HEAD."""
    app = Starlette(routes=[Route("/a", ok)])
    instrument(app, registry=registry)

    drive.run(app, "/a", method="HEAD")

    assert 0.0 == read()['http_response_size_bytes_sum{endpoint="/a",method="HEAD"}']


def test_file_that_the_server_sends_itself(registry: Registry, drive: Any, read: Callable[[], dict[str, float]]) -> None:
    """With the extension `pathsend` the body never passes through; its size is the announced one."""

    async def send_file(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"123456")]})
        await send({"type": "http.response.pathsend", "path": "/tmp/file"})

    app = Starlette(routes=[Mount("/files", send_file)])
    instrument(app, registry=registry)
    drive.run(app, "/files/a")

    assert 123456.0 == read()['http_response_size_bytes_sum{endpoint="/files",method="GET"}']


def test_response_that_breaks_off_keeps_its_status(
    registry: Registry, drive: Any, requests_seen: Seen, read: Callable[[], dict[str, float]]
) -> None:
    """The client got a 200 and half a body; that is what is recorded, once."""

    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("the other half")

    app = Starlette(routes=[Route("/half", lambda _: StreamingResponse(body(), media_type="text/csv"))])
    instrument(app, registry=registry)
    with pytest.raises((RuntimeError, ExceptionGroup)):
        drive.run(app, "/half")

    assert {("GET", "/half", "200"): 1.0} == requests_seen()
    assert 4.0 == read()['http_response_size_bytes_sum{endpoint="/half",method="GET"}']


def test_sizes_are_those_that_leave_the_process(registry: Registry, drive: Any, read: Callable[[], dict[str, float]]) -> None:
    """Also a middleware that is added after instrumenting is inside the measurement."""
    app = Starlette(routes=[Route("/big", lambda _: PlainTextResponse("x" * 10_000))])
    instrument(app, registry=registry)
    app.add_middleware(GZipMiddleware)

    messages = drive.run(app, "/big", headers={"accept-encoding": "gzip"})

    body = b"".join(message.get("body", b"") for message in messages)
    assert b"x" * 10_000 == gzip.decompress(body)
    assert len(body) == read()['http_response_size_bytes_sum{endpoint="/big",method="GET"}']


@pytest.mark.parametrize("ending", ["cancelled", "returns", "answers"])
def test_client_gone_before_the_response_is_499(ending: str, registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """Whoever did not wait for the answer is no server error, however the application takes it."""

    async def slow(request: Request) -> Response:
        assert await request.is_disconnected()
        if ending == "cancelled":
            raise asyncio.CancelledError
        return PlainTextResponse("too late")

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        assert "http.disconnect" == (await receive())["type"]

    app = Starlette(routes=[Mount("/slow", silent) if ending == "returns" else Route("/slow", slow)])
    instrument(app, registry=registry)
    try:
        drive.run(app, "/slow/" if ending == "returns" else "/slow", incoming=[{"type": "http.disconnect"}])
    except asyncio.CancelledError:
        assert ending == "cancelled"

    assert {("GET", "/slow", "499"): 1.0} == requests_seen()


def test_application_that_never_answers_is_500(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """That is what servers then tell the client."""

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    app = Starlette(routes=[Mount("/silent", silent)])
    instrument(app, registry=registry)

    drive.run(app, "/silent/")

    assert {("GET", "/silent", "500"): 1.0} == requests_seen()


def test_websockets_and_lifespan_pass_untouched(registry: Registry, requests_seen: Seen) -> None:
    """Sessions that last are no HTTP requests."""
    seen: list[str] = []

    async def session(websocket: Any) -> None:
        seen.append(websocket.scope["type"])
        await websocket.close()

    app = Starlette(routes=[WebSocketRoute("/ws", session)])
    instrument(app, registry=registry)
    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b"", "root_path": "", "subprotocols": []}

    async def send(message: Any) -> None:
        seen.append(message["type"])

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(app(scope, receive, send))

    assert ["websocket", "websocket.close"] == seen
    assert {} == requests_seen()


def test_measuring_never_raises_into_the_application(
    registry: Registry, drive: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug in the library costs a measurement and a line in the log, not a response."""

    def broken(*args: Any) -> None:
        raise ValueError("a bug of ours")

    app = application(registry)
    monkeypatch.setattr("app_metrics.templates.RouteTemplates.of", broken)

    messages = drive.run(app, "/items/1")

    assert 200 == messages[0]["status"]
    assert ["could not measure a response"] == [record.message for record in caplog.records]


@pytest.mark.parametrize(
    ("traceparent", "shown"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", True),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", False),
        ("00-0af7651916cd43dd8448eb211c8031zz-b7ad6b7169203331-01", False),
        ("garbage", False),
    ],
)
def test_trace_of_a_slow_request_can_be_found(traceparent: str, *, shown: bool, registry: Registry, drive: Any) -> None:
    """The bucket carries the id of the latest sampled trace as its exemplar; an unsampled or broken one leads nowhere."""
    drive.run(application(registry), "/items/1", headers={"traceparent": traceparent})

    assert shown == (b'# {trace_id="0af7651916cd43dd8448eb211c80319c"} ' in page(registry, openmetrics=True))


def test_hostile_requests_make_few_series(registry: Registry, drive: Any, read: Callable[[], dict[str, float]]) -> None:
    """Random paths, invented methods, slashes and tenants: the client never decides how many series there are."""
    app = application(registry)
    before = {head for head in read() if head.startswith("http_")}

    async def attack() -> None:
        for n in range(2500):
            await drive.request(app, f"/wp-admin/{n}.php")
            await drive.request(app, f"/items/{n}", method=f"M{n}")
            await drive.request(app, f"/items/{n}/")
            await drive.request(app, f"/tenant{n}/sub/nowhere")

    asyncio.run(attack())

    added = {head for head in read() if head.startswith("http_")} - before
    assert 64 >= len(added)
    assert 10_000.0 == sum(value for head, value in read().items() if head.startswith("http_requests_total{"))


def test_middleware_argument_of_the_application_is_kept(registry: Registry, drive: Any, requests_seen: Seen) -> None:
    """Instrumenting adds to the application's own middleware and replaces none."""
    app = Starlette(routes=[Route("/a", ok)], middleware=[Middleware(GZipMiddleware, minimum_size=1)])
    instrument(app, registry=registry)

    messages = drive.run(app, "/a", headers={"accept-encoding": "gzip"})

    assert (b"content-encoding", b"gzip") in messages[0]["headers"]
    assert {("GET", "/a", "200"): 1.0} == requests_seen()
