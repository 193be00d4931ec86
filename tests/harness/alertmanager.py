"""A real Alertmanager on the loopback interface, and a server that stands in for whom it tells."""

import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from prometheus_client.parser import text_string_to_metric_families

from harness import tools
from harness.process import Process
from harness.wait import wait_for
from monitoring_operator.alertmanager.merge import Merged
from monitoring_operator.alertmanager.receivers import DIRECTORY, SLACK_POST_MESSAGE

PAGERDUTY = "/v2/enqueue"
SLACK_WEBHOOK = "/services/"
SLACK_API = "/api/chat.postMessage"
VICTOROPS = "/victorops/"
TELEGRAM = "/telegram/"
WEBEX = "/webex"

_TELEGRAM_ANSWER = b'{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "group"}}}'


@dataclass(frozen=True, slots=True)
class Received:
    """One request that a stand-in got."""

    path: str
    authorization: str | None
    body: dict[str, Any]


@dataclass(slots=True)
class StandIn:
    """Answers as PagerDuty's Events API v2, Slack's Web API, Telegram and webhooks do, and keeps what it got."""

    url: str
    received: list[Received] = field(default_factory=list)

    def of(self, path: str) -> list[Received]:
        """The requests to paths that start with `path`, oldest first."""
        return [r for r in self.received if r.path.startswith(path)]


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """A stand-in on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.received.append(Received(self.path, self.headers["Authorization"], body))
            if self.path == PAGERDUTY:
                self._answer(202, "application/json", b'{"status": "success"}')
            elif self.path == SLACK_API:
                self._answer(200, "application/json", b'{"ok": true}')
            elif self.path.startswith(TELEGRAM):
                self._answer(200, "application/json", _TELEGRAM_ANSWER)
            else:
                self._answer(200, "text/html", b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library's name
            pass

        def _answer(self, status: int, kind: str, text: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        server = StandIn(f"http://127.0.0.1:{listener.server_port}")
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()


def install(merged: Merged, folder: Path, server: StandIn) -> Path:
    """Writes `merged` into `folder` as prometheus-operator would mount it; whose address a profile cannot name is at `server`."""
    for key, value in merged.files.items():
        (folder / key).write_text(value)
    config = merged.config.replace(DIRECTORY, str(folder)).replace(SLACK_POST_MESSAGE, server.url + SLACK_API)
    path = folder / "alertmanager.yaml"
    addresses = {
        "pagerduty_url": PAGERDUTY,
        "victorops_api_url": VICTOROPS,
        "telegram_api_url": TELEGRAM.rstrip("/"),
        "webex_api_url": WEBEX,
    }
    path.write_text(f"{config}global:\n" + "".join(f"  {name}: {server.url}{where}\n" for name, where in addresses.items()))
    return path


class Alertmanager:
    """A running Alertmanager, without peers."""

    def __init__(self, config: Path, folder: Path) -> None:
        self._process = Process(
            [
                tools.find("alertmanager"),
                f"--config.file={config}",
                f"--storage.path={folder / 'storage'}",
                "--web.listen-address=127.0.0.1:0",
                "--cluster.listen-address=",
                "--log.level=debug",
            ],
            log=folder / "alertmanager.log",
        )

    def __enter__(self) -> Self:
        try:
            self.port = int(
                wait_for(lambda: re.findall(r'msg="Listening on" address=127.0.0.1:(\d+)', self.log), what="Alertmanager's port")[0]
            )
            wait_for(lambda: self._call("GET", "/-/ready")[0] == 200, what="Alertmanager is ready")
        except BaseException as error:
            error.add_note(self._process.tail())
            self._process.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()

    @property
    def log(self) -> str:
        """What it has logged, debug messages included."""
        return self._process.log.read_text()

    def post(self, *alerts: Mapping[str, Any]) -> None:
        """Sends alerts as Prometheus does: each with labels, and annotations or endsAt if wanted."""
        status, answer = self._call("POST", "/api/v2/alerts", json.dumps(alerts))
        assert status == 200, answer

    def inhibited(self) -> set[str]:
        """The label `id` of every alert that another one mutes at the moment."""
        alerts = json.loads(self._call("GET", "/api/v2/alerts?active=true&inhibited=true")[1])
        return {a["labels"]["id"] for a in alerts if a["status"]["inhibitedBy"]}

    def suppressed(self) -> dict[str, float]:
        """How many notifications were held back, by the reason; reasons without any are left out."""
        families = text_string_to_metric_families(self._call("GET", "/metrics")[1])
        samples = (s for f in families for s in f.samples if s.name == "alertmanager_notifications_suppressed_total" and s.value)
        return {sample.labels["reason"]: sample.value for sample in samples}

    def _call(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()
