"""PagerDuty's Events API v2, Slack's webhooks and Web API, and a webhook of one's own, as one small server that takes only what they take.

It runs as it is in a pod of any image with Python (`python stand_in.py PORT`), or in a thread of a test. `GET /received` gives what
came in, refused requests included; nothing is logged, because credentials come in too.
"""

import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

PAGERDUTY = "/v2/enqueue"
SLACK_WEBHOOK = "/services/"
SLACK_API = "/api/chat.postMessage"
WEBHOOK = "/webhook"
RECEIVED = "/received"

_EVENT_LIMIT = 512 * 1024
_SUMMARY_LIMIT = 1024
_DEDUP_LIMIT = 255
_ATTACHMENTS_LIMIT = 100
_TEXT_LIMIT = 40_000
_ATTACHMENT_FIELDS = frozenset(
    {
        *(
            "fallback",
            "color",
            "pretext",
            "author_name",
            "author_link",
            "author_icon",
            "title",
            "title_link",
            "text",
            "fields",
            "image_url",
        ),
        *("thumb_url", "footer", "footer_icon", "ts", "mrkdwn_in", "actions", "callback_id", "attachment_type"),
    }
)


def pagerduty_problems(event: Any) -> Iterator[str]:
    """What the Events API v2 would answer 400 for."""
    if not isinstance(event, dict):
        yield "the event is not an object"
        return
    if not re.fullmatch(r"[0-9a-zA-Z]{32}", str(event.get("routing_key", ""))):
        yield "'routing_key' must be 32 characters"
    action, dedup = event.get("event_action"), event.get("dedup_key")
    if action not in ("trigger", "acknowledge", "resolve"):
        yield "'event_action' must be one of trigger, acknowledge, resolve"
    if dedup is not None and not (isinstance(dedup, str) and 0 < len(dedup) <= _DEDUP_LIMIT):
        yield f"'dedup_key' must be text of at most {_DEDUP_LIMIT} characters"
    if action in ("acknowledge", "resolve") and dedup is None:
        yield "'dedup_key' is missing"
    for name in ("links", "images"):
        yield from _linked(event.get(name), name, "href" if name == "links" else "src")
    for name in ("client", "client_url"):
        if not isinstance(event.get(name, ""), str):
            yield f"'{name}' must be text"
    if action == "trigger" or "payload" in event:
        yield from _payload_problems(event.get("payload"))


def _linked(things: Any, name: str, required: str) -> Iterator[str]:
    if things is None:
        return
    if not isinstance(things, list):
        yield f"'{name}' must be a list"
        return
    for thing in things:
        if not isinstance(thing, dict) or not re.match(r"https?://", str(thing.get(required, ""))):
            yield f"'{name}' must hold objects with an address in '{required}'"


def _payload_problems(payload: Any) -> Iterator[str]:
    if not isinstance(payload, dict):
        yield "'payload' is missing"
        return
    summary = payload.get("summary")
    if not isinstance(summary, str) or not 0 < len(summary) <= _SUMMARY_LIMIT:
        yield f"'payload.summary' must be 1 to {_SUMMARY_LIMIT} characters"
    if not isinstance(payload.get("source"), str) or not payload["source"]:
        yield "'payload.source' is missing"
    if payload.get("severity") not in ("critical", "error", "warning", "info"):
        yield "'payload.severity' must be one of critical, error, warning, info"
    for name in ("component", "group", "class", "timestamp"):
        if not isinstance(payload.get(name, ""), str):
            yield f"'payload.{name}' must be text"
    if not isinstance(payload.get("custom_details", {}), dict):
        yield "'payload.custom_details' must be an object"


def slack_problems(message: Any) -> Iterator[str]:
    """What Slack would answer an error for."""
    if not isinstance(message, dict):
        yield "invalid_payload"
        return
    attachments = message.get("attachments", [])
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        yield "invalid_attachments"
        return
    if not (message.get("text") or attachments or message.get("blocks")):
        yield "no_text"
    if len(attachments) > _ATTACHMENTS_LIMIT:
        yield "too_many_attachments"
    if len(json.dumps(message)) > _TEXT_LIMIT:
        yield "msg_too_long"
    for attachment in attachments:
        yield from _attachment_problems(attachment)


def _attachment_problems(attachment: dict[str, Any]) -> Iterator[str]:
    for name in attachment.keys() - _ATTACHMENT_FIELDS:
        yield f"unknown field {name} in an attachment"
    if not (attachment.get("text") or attachment.get("fallback")):
        yield "no_text in an attachment"
    color = attachment.get("color", "good")
    if color not in ("good", "warning", "danger") and not re.fullmatch(r"#[0-9a-fA-F]{6}", str(color)):
        yield "invalid color"
    link = attachment.get("title_link", "https://")
    if link and not re.match(r"https?://", str(link)):
        yield "invalid title_link"
    if not set(attachment.get("mrkdwn_in") or ()) <= {"pretext", "text", "fields", "fallback", "title"}:
        yield "invalid mrkdwn_in"


def webhook_problems(message: Any) -> Iterator[str]:
    """What a receiver that knows Alertmanager's webhook format would not understand."""
    if not isinstance(message, dict) or message.get("version") != "4":
        yield "not version 4 of Alertmanager's webhook"
        return
    for name, kind in (("alerts", list), ("groupKey", str), ("status", str), ("receiver", str), ("commonLabels", dict)):
        if not isinstance(message.get(name), kind):
            yield f"'{name}' is missing"


class Handler(BaseHTTPRequestHandler):
    """Answers as the four do. What came in is kept by the server."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        """What was received, or that the server is there."""
        with self.server.lock:
            found = list(self.server.received)
        self._answer(HTTPStatus.OK, json.dumps(found) if self.path == RECEIVED else "ok")

    def do_POST(self) -> None:
        """One request to one of the APIs."""
        size = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(size)
        path = urlsplit(self.path).path
        try:
            body = json.loads(raw)
            problems = [] if "json" in self.headers.get("Content-Type", "") else ["the content type is not JSON"]
        except ValueError:
            body, problems = None, ["not JSON"]
        status, answer = self._judge(path, body, problems, size)
        entry = {
            "time": time.time(),
            "path": path,
            "authorization": self.headers.get("Authorization"),
            "body": body,
            "status": int(status),
            "problems": problems,
        }
        with self.server.lock:
            self.server.received.append(entry)
        self._answer(status, answer)

    def _judge(self, path: str, body: Any, problems: list[str], size: int) -> tuple[HTTPStatus, str]:
        """Status and answer; what is wrong is added to `problems`."""
        if path == PAGERDUTY:
            problems += pagerduty_problems(body)
            if size > _EVENT_LIMIT:
                problems.append("the event is larger than 512 KB")
            if problems:
                return HTTPStatus.BAD_REQUEST, json.dumps(
                    {"status": "invalid event", "message": "Event object is invalid", "errors": problems}
                )
            return HTTPStatus.ACCEPTED, json.dumps(
                {"status": "success", "message": "Event processed", "dedup_key": body.get("dedup_key", "x")}
            )
        if path == SLACK_API:
            if not re.fullmatch(r"Bearer \S+", self.headers.get("Authorization", "")):
                problems.append("not_authed")
            elif not (isinstance(body, dict) and body.get("channel")):
                problems.append("channel_not_found")
            problems += slack_problems(body)
            return HTTPStatus.OK, json.dumps({"ok": False, "error": problems[0]} if problems else {"ok": True, "ts": "1"})
        if path.startswith(SLACK_WEBHOOK):
            problems += slack_problems(body)
            return (HTTPStatus.BAD_REQUEST, problems[0]) if problems else (HTTPStatus.OK, "ok")
        if path.startswith(WEBHOOK):
            problems += webhook_problems(body)
            return (HTTPStatus.BAD_REQUEST, problems[0]) if problems else (HTTPStatus.OK, "")
        problems.append("no such path")
        return HTTPStatus.NOT_FOUND, "no such path"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library's name
        """Nothing: paths hold credentials."""

    def _answer(self, status: HTTPStatus, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if text.startswith(("{", "[")) else "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    """A stand-in at an address; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.lock = threading.Lock()
        self.received: list[dict[str, Any]] = []


if __name__ == "__main__":
    Server("0.0.0.0", int(sys.argv[1])).serve_forever()
