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
        self._recorder = recorder
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._recorder, self._templates)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            exchange.abandoned(error)
            raise
        if not exchange.written:
            exchange.abandoned(None)


class _Exchange:
    """One request and its response, as far as they have come."""

    __slots__ = (
        "_cell",
        "_gone",
        "_headers",
        "_receive",
        "_received",
        "_recorder",
        "_root",
        "_scope",
        "_send",
        "_sent",
        "_start",
        "_status",
        "_templates",
        "written",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, recorder: HttpRecorder, templates: RouteTemplates) -> None:
        self._start = perf_counter()
        self._scope = scope
        self._receive = receive
        self._send = send
        self._recorder = recorder
        self._templates = templates
        self._root: str = scope.get("root_path", "")
        self._headers: Any = None
        self._cell: Cell | None = None
        self._status = self._received = self._sent = 0
        self._gone = self.written = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body") or b"")
        elif message["type"] == "http.disconnect":
            self._gone = True
        return message

    def send(self, message: Message) -> Any:
        """Not a coroutine function on purpose: handing on the server's awaitable saves a frame per chunk of a stream."""
        try:
            kind = message["type"]
            if kind == "http.response.body":
                if body := message.get("body"):
                    self._sent += len(body)
                if not message.get("more_body"):
                    self._finish()
                elif self._headers is not None and self._sent:
                    if _is_event_stream(self._headers):
                        self._write(None)
                    self._headers = None
            elif kind == "http.response.start":
                # Most handlers never ask whether the client is still there, and their response goes nowhere; uvicorn knows.
                hung_up = isinstance(self._receive, MethodType) and getattr(self._receive.__self__, "disconnected", False) is True
                self._status = CLIENT_GONE if self._gone or hung_up else message["status"]
                self._headers = message.get("headers")
            elif kind == "http.response.pathsend":
                self._sent = _content_length(dict(self._headers or ())) or 0
                self._finish()
        except Exception:  # noqa: BLE001 - measuring never changes what the application answers
            _log.exception("could not measure a response")
        return self._send(message)

    def abandoned(self, error: BaseException | None) -> None:
        """The application is done; if it left its response unfinished (or never began one), that is recorded now."""
        try:
            if not self.written:
                if not self._status:
                    self._status = CLIENT_GONE if self._gone or isinstance(error, asyncio.CancelledError) else _SERVER_ERROR
                self._finish()
        except Exception:  # noqa: BLE001 - measuring never changes what the application answers
            _log.exception("could not measure a request")

    def _finish(self) -> None:
        if self.written:
            return
        self.written = True
        sent = 0 if self._scope["method"] == "HEAD" else self._sent
        if self._cell is None:
            self._write(sent)
        else:
            self._recorder.streamed(self._cell, sent)

    def _write(self, sent: int | None) -> None:
        seconds = perf_counter() - self._start
        headers = dict(self._scope["headers"])
        received = _content_length(headers) if b"content-length" in headers else None
        exemplar = _exemplar(headers[b"traceparent"], seconds) if b"traceparent" in headers else None
        self._cell = cell = self._find_cell()
        self._recorder.request(cell, seconds, self._received if received is None else received, sent, exemplar)

    def _find_cell(self) -> Cell:
        """The series of this request, looked up by what the router left in the scope before that is turned into a template."""
        scope, status, recorder = self._scope, self._status, self._recorder
        route = scope.get("route")
        if route is None or scope.get("root_path", "") != self._root:
            return recorder.cell(scope["method"], self._template(), status)
        extension = scope.get("fastapi")
        context = extension.get("effective_route_context") if extension else None
        endpoint = scope.get("endpoint")
        key = (id(route), id(context), id(endpoint), scope["method"], status)
        known = recorder.routes.get(key)
        if known is not None:
            return known[0]
        return recorder.learn(key, (route, context, endpoint), recorder.cell(scope["method"], self._template(), status))

    def _template(self) -> str | None:
        template = self._templates.of(self._scope, self._root, self._status)
        if self._status == _METHOD_NOT_ALLOWED and template is not None and not self._templates.accepts(self._scope):
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
