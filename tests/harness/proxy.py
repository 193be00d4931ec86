"""A proxy in front of a real API server that loses, delays, falsifies and cuts off what it is told to, and remembers every request.

It speaks TLS with the API server's own certificate, so that a client notices nothing but the port. Each client gets a door of
its own: by it, and not by what it says of itself, the proxy knows who asks.
"""

import asyncio
import contextlib
import json
import ssl
import threading
import time
from collections.abc import Collection, Coroutine, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

from harness.controlplane import ControlPlane
from harness.faults import WRITES, Answer, Call, Crash, Delay, Drop, Fault, Hang, Mute, Rule, Truncate, verb_of

_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive", "host"})
_CHUNK = 1 << 16
_POLL = 0.02
MAX_BODY = 16 << 20
T = TypeVar("T")


class _Reset(Exception):
    """The client's connection is to be reset."""


class FaultProxy:
    """Runs in a thread of its own; a context manager. `calls` grows while it runs."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self._upstream = f"https://127.0.0.1:{control_plane.port}"
        self._folder = control_plane.folder
        self._certificates = control_plane.folder / "certificates"
        self.calls: list[Call] = []
        self._rules: list[Rule] = []
        self._watches: set[asyncio.Transport] = set()
        self._doors: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._closing = contextlib.AsyncExitStack()

    # ---- for tests

    def door(self, client: str, kubeconfig: Path) -> Path:
        """A copy of `kubeconfig` that leads through the proxy; requests by it are `client`'s."""
        if client not in self._doors:
            self._doors[client] = self._call(self._open(client))
        config = json.loads(kubeconfig.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self._doors[client]}"
        path = self._folder / f"{kubeconfig.stem}-by-proxy-{client}.kubeconfig"
        path.write_text(json.dumps(config))
        return path

    @contextlib.contextmanager
    def fault(
        self, fault: Fault, *, verbs: Collection[str] = (), path: str = "", client: str = "", nth: int | None = None
    ) -> Iterator[Rule]:
        """Lets matching requests meet `fault` as long as the block lasts. The first rule that strikes is the only one."""
        rule = Rule(fault, frozenset(verbs), path, client, nth)
        self._rules.append(rule)
        try:
            yield rule
        finally:
            self._rules.remove(rule)
            rule.lifted.set()

    def kill_watches(self) -> int:
        """Resets every connection on which a watch is open; says how many."""

        async def kill() -> int:
            doomed = list(self._watches)
            for transport in doomed:
                transport.abort()
            return len(doomed)

        return self._call(kill())

    def writes(self, client: str = "") -> list[Call]:
        """Requests that would change something, Events and Leases left out."""
        mine = (c for c in self.calls if c.verb in WRITES and (not client or c.client == client))
        return [c for c in mine if not c.path.endswith("/events") and "/leases" not in c.path]

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for rule in self._rules:
            rule.lifted.set()
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # ---- in the thread

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _start(self) -> None:
        context = ssl.create_default_context(cafile=self._certificates / "apiserver.crt")
        connector = aiohttp.TCPConnector(ssl=context, limit=0)
        session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False)
        self._session = await self._closing.enter_async_context(session)

    async def _close(self) -> None:
        await self._closing.aclose()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _open(self, client: str) -> int:
        app = web.Application(client_max_size=MAX_BODY)

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await self._handle(client, request)
            except (_Reset, ConnectionError, aiohttp.ClientError):
                # By our own doing, because the client has gone, or because the API server has.
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=502)

        app.router.add_route("*", "/{tail:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._closing.push_async_callback(runner.cleanup)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificates / "apiserver.crt", self._certificates / "apiserver.key")
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        port: int = runner.addresses[0][1]
        return port

    async def _handle(self, client: str, request: web.Request) -> web.StreamResponse:
        verb = verb_of(request.method, request.path, watch=request.query.get("watch") in ("true", "1"))
        call = Call(client, verb, request.path, time.monotonic(), request.headers.get("User-Agent", ""))
        self.calls.append(call)
        rule = next((r for r in self._rules if r.strikes(call)), None)
        body = await request.read()
        if rule is not None:
            intercepted = await self._before(rule, call, request)
            if intercepted is not None:
                return intercepted
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        url = self._upstream + request.path_qs
        async with self._session.request(
            request.method, url, headers=headers, data=body or None, skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding")
        ) as answer:
            call.reached = time.monotonic()
            call.status = answer.status
            if rule is not None:
                await self._after(rule)
            return await self._pass_on(rule, call, request, answer)

    async def _before(self, rule: Rule, call: Call, request: web.Request) -> web.StreamResponse | None:
        match rule.fault:
            case Drop(after=False):
                raise _Reset
            case Hang(after=False):
                await _lifted(rule)
                raise _Reset
            case Delay(seconds=seconds, after=False):
                await asyncio.sleep(seconds)
                if request.transport is None or request.transport.is_closing():
                    raise _Reset
            case Crash(kill=kill, after=False):
                await asyncio.to_thread(kill)
                raise _Reset
            case Answer(status=status, body=body, headers=headers):
                call.status, call.ended = status, time.monotonic()
                return web.Response(status=status, text=body, content_type="application/json", headers=headers)
        return None

    async def _after(self, rule: Rule) -> None:
        match rule.fault:
            case Drop(after=True):
                raise _Reset
            case Hang(after=True):
                await _lifted(rule)
                raise _Reset
            case Delay(seconds=seconds, after=True):
                await asyncio.sleep(seconds)
            case Crash(kill=kill, after=True):
                await asyncio.to_thread(kill)
                raise _Reset

    async def _pass_on(self, rule: Rule | None, call: Call, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        kept = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP or k.lower() == "content-encoding"}
        response = web.StreamResponse(status=answer.status, headers=kept)
        await response.prepare(request)
        transport = request.transport
        assert transport is None or isinstance(transport, asyncio.Transport)
        if call.verb == "watch" and transport is not None:
            self._watches.add(transport)
        try:
            await self._stream(rule, response, answer)
            await response.write_eof()
            call.ended = time.monotonic()
        finally:
            if transport is not None:
                self._watches.discard(transport)
        return response

    async def _stream(self, rule: Rule | None, response: web.StreamResponse, answer: aiohttp.ClientResponse) -> None:
        fault, sent = (rule.fault if rule is not None else None), 0
        if rule is not None and isinstance(fault, Mute):
            await _lifted(rule)
            raise _Reset
        async for chunk in answer.content.iter_chunked(_CHUNK):
            if isinstance(fault, Truncate) and sent + len(chunk) >= fault.size:
                await response.write(chunk[: fault.size - sent])
                if fault.rudely:
                    raise _Reset
                return
            await response.write(chunk)
            sent += len(chunk)


async def _lifted(rule: Rule) -> None:
    while not rule.lifted.is_set():
        await asyncio.sleep(_POLL)
