"""Stands in for PagerDuty, Slack and whoever else is told: their notifications arrive here, and nobody is woken."""

import json
import threading
import urllib.parse
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from monitoring_operator.alertmanager.receivers import DIRECTORY

NAMES = {"pagerduty_configs": "PagerDuty", "slack_configs": "Slack"}
"""Those whose own form of a notification is shown; others are shown what Alertmanager would tell a webhook."""
_CREDENTIAL = "stand-in"
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Notification:
    """What one service was told: its name, Alertmanager's receiver, and the JSON that was sent."""

    service: str
    receiver: str
    body: Mapping[str, Any]


def redirected(config: Mapping[str, Any], url: str, secrets: str, given: Collection[str]) -> dict[str, Any]:
    """`config` (alertmanager.yaml) with every receiver at the stand-in `url` but those whose credentials are all `given`.

    `given` are keys of files in the folder `secrets`.
    """
    receivers = [_receiver(receiver, url, secrets, given) for receiver in config["receivers"]]
    return {**config, "receivers": receivers}


def _receiver(receiver: Mapping[str, Any], url: str, secrets: str, given: Collection[str]) -> dict[str, Any]:
    changed: dict[str, Any] = {"name": receiver["name"]}
    for section, entries in receiver.items():
        if section == "name":
            continue
        for entry in entries:
            needed = set(_credentials(entry))
            if needed and needed <= set(given):
                changed.setdefault(section, []).append(_at(entry, secrets))
            else:
                into, replaced = _stand_in(section, entry, url, receiver["name"])
                changed.setdefault(into, []).append(replaced)
    return changed


def _stand_in(section: str, entry: Mapping[str, Any], url: str, receiver: str) -> tuple[str, dict[str, Any]]:
    service = NAMES.get(section, section.removesuffix("_configs"))
    address = f"{url}/{service}/{urllib.parse.quote(receiver, safe='')}"
    kept = {k: v for k, v in entry.items() if not k.endswith("_file") and k != "http_config"}
    match section:
        case "pagerduty_configs":
            key = "service_key" if "service_key_file" in entry else "routing_key"
            return section, {**kept, key: _CREDENTIAL, "url": address}
        case "slack_configs":
            return section, {**kept, "api_url": address}
        case _:
            return "webhook_configs", {"url": address, "send_resolved": entry.get("send_resolved", True)}


def _credentials(value: Any) -> Iterator[str]:
    """Keys of the credentials that `value` refers to as files."""
    if isinstance(value, str) and value.startswith(f"{DIRECTORY}/"):
        yield value.removeprefix(f"{DIRECTORY}/")
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _credentials(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _credentials(inner)


def _at(value: Any, secrets: str) -> Any:
    """`value` with the files of credentials in the folder `secrets`."""
    if isinstance(value, str):
        return value.replace(f"{DIRECTORY}/", f"{secrets}/", 1) if value.startswith(f"{DIRECTORY}/") else value
    if isinstance(value, Mapping):
        return {k: _at(v, secrets) for k, v in value.items()}
    return [_at(v, secrets) for v in value] if isinstance(value, list) else value


@contextmanager
def listening(told: Callable[[Notification], None]) -> Iterator[str]:
    """A server on a free loopback port that hands every notification to `told`, from a thread of its own; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            service, _, receiver = self.path.strip("/").partition("/")
            try:
                body = json.loads(self.rfile.read(min(length, _LARGEST)))
            except ValueError:
                self.send_error(400)
                return
            told(Notification(service, urllib.parse.unquote(receiver), body))
            # What PagerDuty and Slack both take for success.
            answer = b'{"status": "success", "ok": true}'
            self.send_response(202)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
