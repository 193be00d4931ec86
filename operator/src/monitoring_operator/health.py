"""Liveness, readiness and metrics, answered from a thread: an event loop that hangs must not be what says that it is alive."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST_SILENCE = 15.0
"""Seconds without a heartbeat after which the event loop counts as hung."""
LONGEST_RUN = 120.0
"""Seconds after which a key in work counts as stuck: twice the deadline of a reconcile."""
LONGEST_WITHOUT_API = 120.0


class CannotServe(Exception):
    """The address is taken, not ours, or not to be had; the message says which."""


@dataclass(slots=True)
class Health:
    """What the event loop stamps and the probes read. Plain assignments of floats are safe between threads."""

    clock: Callable[[], float] = time.monotonic
    longest_run: Callable[[], float] = field(default=lambda: 0.0)
    heartbeat: float = field(default_factory=time.monotonic)
    api_answered: float = float("-inf")
    synced: bool = False
    standby: bool = False
    """Whether another replica leads: there is then nothing to be known, only a Lease to be looked at."""

    def live(self) -> str:
        """Empty if the process works, else what is wrong. Never asks the API server: an outage there is no reason to restart."""
        silence = self.clock() - self.heartbeat
        if silence > LONGEST_SILENCE:
            return f"the event loop has not moved for {silence:.0f} s"
        run = self.longest_run()
        return f"a reconcile has been running for {run:.0f} s" if run > LONGEST_RUN else ""

    def ready(self) -> str:
        """Empty if what there is in the cluster is known and the API server answers, else what is missing."""
        if not self.synced and not self.standby:
            return "the first listing is not complete"
        silence = self.clock() - self.api_answered
        return f"the API server has not answered for {silence:.0f} s" if silence > LONGEST_WITHOUT_API else ""


def serve(host: str, port: int, health: Health, metrics: Callable[[], bytes]) -> ThreadingHTTPServer:
    """Serves /livez, /readyz and /metrics from a daemon thread. Raises CannotServe if the address cannot be bound."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/livez":
                    self._probe(health.live())
                case "/readyz":
                    self._probe(health.ready())
                case "/metrics":
                    self._answer(200, metrics(), "text/plain; version=0.0.4; charset=utf-8")
                case _:
                    self._answer(404, b"not found\n", "text/plain")

        def _probe(self, trouble: str) -> None:
            self._answer(503 if trouble else 200, (trouble or "ok").encode() + b"\n", "text/plain")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            """Probes are not news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise CannotServe(f"cannot serve on {host}:{port}: {error.strerror}") from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
