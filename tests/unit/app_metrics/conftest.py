"""What the tests of the library share: a registry of their own, a way to drive an application, and a real server."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from app_metrics import Registry
from app_metrics.asgi import ASGIApp, Message
from app_metrics.exposition import page
from harness.wait import wait_for

Samples = dict[str, float]


@pytest.fixture
def registry() -> Registry:
    """An empty registry."""
    return Registry()


@pytest.fixture
def read(registry: Registry) -> Callable[[], Samples]:
    """The registry's page as `name{labels}` to value."""

    def read() -> Samples:
        lines = page(registry).decode().splitlines()
        return {head: float(value) for head, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}

    return read


@pytest.fixture
def requests_seen(read: Callable[[], Samples]) -> Callable[[], dict[tuple[str, str, str], float]]:
    """Counted requests as (method, endpoint, status) to number, those at 0 left out."""

    def seen() -> dict[tuple[str, str, str], float]:
        found = {}
        for head, value in read().items():
            if head.startswith("http_requests_total{") and value:
                labels = dict(part.split("=", 1) for part in head[len("http_requests_total{") : -1].split(","))
                found[labels["method"].strip('"'), labels["endpoint"].strip('"'), labels["status_code"].strip('"')] = value
        return found

    return seen


class Driver:
    """Calls an ASGI application by hand, so that a test decides what the server says and when."""

    def run(
        self,
        app: ASGIApp,
        path: str = "/",
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        incoming: list[Message] | None = None,
        root_path: str = "",
    ) -> list[Message]:
        """One request; returns what the application sent. `incoming` replaces the request's messages."""
        return asyncio.run(self.request(app, path, method=method, headers=headers, body=body, incoming=incoming, root_path=root_path))

    async def request(
        self,
        app: ASGIApp,
        path: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        incoming: list[Message] | None = None,
        root_path: str = "",
    ) -> list[Message]:
        """The same inside a running loop."""
        scope: MutableMapping[str, Any] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": root_path + path, "raw_path": (root_path + path).encode(), "query_string": b"", "root_path": root_path,
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip
        waiting = list(incoming if incoming is not None else [{"type": "http.request", "body": body, "more_body": False}])
        sent: list[Message] = []

        async def receive() -> Message:
            if waiting:
                return waiting.pop(0)
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

        async def send(message: Message) -> None:
            sent.append(message)

        await app(scope, receive, send)
        return sent


@pytest.fixture
def drive() -> Driver:
    """A driver for ASGI applications."""
    return Driver()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application on a real server on a free loopback port; yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_for(lambda: server.started, what="the server starts", timeout=20, interval=0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture
def serve() -> Callable[[Any], Any]:
    """A context manager that runs an application on a real server and yields its address."""
    return serving
