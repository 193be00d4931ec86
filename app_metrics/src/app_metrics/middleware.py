"""The ASGI middleware that measures HTTP requests, from outside every other one.

Time ends with the last byte of the response: background tasks that run after it are no latency. An event stream ends with its
first byte, because its length says how long a user stayed and would drown every percentile. Whatever goes wrong in here is
logged and dropped: measuring never changes what the application answers.
"""

import asyncio
import logging
from time import perf_counter, time
from types import MethodType
from typing import Any

from app_metrics.asgi import ASGIApp, Message, Receive, Scope, Send
from app_metrics.http import CLIENT_GONE, Cell, HttpRecorder
from app_metrics.series import Exemplar
from app_metrics.templates import RouteTemplates

_log = logging.getLogger("app_metrics")
_TRACEPARENT_LENGTH = 55
_SAMPLED = 0x01
_METHOD_NOT_ALLOWED = 405
_SERVER_ERROR = 500


class MetricsMiddleware:
    """Measures the HTTP requests of `app`; lifespan and websocket scopes pass untouched."""

    def __init__(self, app: ASGIApp, recorder: HttpRecorder, templates: RouteTemplates) -> None:
        self.app = app
        self.recorder = recorder
        self.templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(self, scope, receive, send)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            exchange.abandoned(error)
            raise
        if not exchange.written:
            exchange.abandoned(None)


class _Exchange:
    """One request and its response, as far as they have come. What most requests never change stays in the class."""

    headers: Any = None
    cell: Cell | None = None
    status = received = sent = 0
    gone = written = False

    def __init__(self, middleware: MetricsMiddleware, scope: Scope, receive: Receive, send: Send) -> None:
        self.start = perf_counter()
        self.middleware = middleware
        self.scope = scope
        self.from_server = receive
        self.to_server = send
        self.root: str = scope.get("root_path", "")

    async def receive(self) -> Message:
        message = await self.from_server()
        if message["type"] == "http.request":
            self.received += len(message.get("body") or b"")
        elif message["type"] == "http.disconnect":
            self.gone = True
        return message

    def send(self, message: Message) -> Any:
        """Not a coroutine function on purpose: handing on the server's awaitable saves a frame per chunk of a stream."""
        try:
            kind = message["type"]
            if kind == "http.response.body":
                if body := message.get("body"):
                    self.sent += len(body)
                if not message.get("more_body"):
                    self.finish()
                elif self.headers is not None and self.sent:
                    if _is_event_stream(self.headers):
                        self.write(None)
                    self.headers = None
            elif kind == "http.response.start":
                # Most handlers never ask whether the client is still there, and their response goes nowhere; uvicorn knows.
                server = self.from_server
                hung_up = isinstance(server, MethodType) and getattr(server.__self__, "disconnected", False) is True
                self.status = CLIENT_GONE if self.gone or hung_up else message["status"]
                self.headers = message.get("headers")
            elif kind == "http.response.pathsend":
                self.sent = _content_length(dict(self.headers or ())) or 0
                self.finish()
        except Exception:  # noqa: BLE001 - measuring never changes what the application answers
            _log.exception("could not measure a response")
        return self.to_server(message)

    def abandoned(self, error: BaseException | None) -> None:
        """The application is done; if it left its response unfinished (or never began one), that is recorded now."""
        try:
            if not self.written:
                if not self.status:
                    self.status = CLIENT_GONE if self.gone or isinstance(error, asyncio.CancelledError) else _SERVER_ERROR
                self.finish()
        except Exception:  # noqa: BLE001 - measuring never changes what the application answers
            _log.exception("could not measure a request")

    def finish(self) -> None:
        """The response is complete."""
        if self.written:
            return
        self.written = True
        sent = 0 if self.scope["method"] == "HEAD" else self.sent
        if self.cell is None:
            self.write(sent)
        else:
            self.middleware.recorder.streamed(self.cell, sent)

    def write(self, sent: int | None) -> None:
        """Records the request; `sent` is None for a stream that goes on."""
        seconds = perf_counter() - self.start
        scope, status, recorder = self.scope, self.status, self.middleware.recorder
        method = scope["method"]
        # Found by what the router left in the scope, before that is turned into a template.
        owner = self.owner()
        if owner is None:
            cell = recorder.cell(method, self.template(), status)
        else:
            key = (id(owner), method, status)
            known = recorder.routes.get(key)
            cell = recorder.learn(key, owner, self.template()) if known is None else known[0]
        received, exemplar = self.received, None
        headers = dict(scope["headers"])
        if b"content-length" in headers:
            length = _content_length(headers)
            received = received if length is None else length
        if b"traceparent" in headers:
            exemplar = _exemplar(headers[b"traceparent"], seconds)
        self.cell = cell
        recorder.request(cell, seconds, received, sent, exemplar)

    def owner(self) -> object:
        """The route that took the request (or FastAPI's record of it) if its template is the same for all requests: no mount lies in
        between, and it is this request's own and not left over from a router further out.
        """
        scope = self.scope
        route = scope.get("route")
        if route is None or scope.get("root_path", "") != self.root:
            return None
        if extension := scope.get("fastapi"):
            context = extension.get("effective_route_context")
            if context is not None and context.original_route is route:
                return context
        return route if getattr(route, "endpoint", None) is scope.get("endpoint") else None

    def template(self) -> str | None:
        """The route's template; None if no route took the request, also if one did only to say that its methods are others."""
        templates = self.middleware.templates
        template = templates.of(self.scope, self.root, self.status)
        if self.status == _METHOD_NOT_ALLOWED and template is not None and not templates.accepts(self.scope):
            return None
        return template


def _is_event_stream(headers: Any) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers)


def _content_length(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else None


def _exemplar(traceparent: bytes, seconds: float) -> Exemplar | None:
    """The W3C trace context's id, if that trace was sampled: an exemplar must lead somewhere."""
    if len(traceparent) != _TRACEPARENT_LENGTH:
        return None
    try:
        trace_id, flags = traceparent[3:35].decode("ascii"), int(traceparent[53:], 16)
        int(trace_id, 16)
    except ValueError:
        return None
    return Exemplar(trace_id, seconds, time()) if flags & _SAMPLED else None
