"""The webhook's HTTPS server, in threads: an event loop that is busy must not keep the API server waiting."""

import json
import logging
import socket
import ssl
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from monitoring_operator.admission.review import Foresee, answer

CERTIFICATE, KEY = "tls.crt", "tls.key"
LONGEST_BODY = 8 << 20
"""Bytes. The API server takes objects of 3 MiB at most, and asks with the old and the new one."""
IDLE = 30.0
HANDSHAKE = 5.0

logger = logging.getLogger(__name__)


class Certificate:
    """The server's side of TLS, read again when its files change: cert-manager and the kubelet replace them under our feet."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError or ssl.SSLError where there is no certificate."""
        self._folder = folder
        self._seen: tuple[int, ...] = ()
        self.context = self._load()

    def refresh(self) -> None:
        """Reads the files if they have changed. A pair that does not fit, since only one was replaced yet, leaves the old one in use."""
        try:
            self.context = self._load()
        except OSError as error:
            logger.warning("the webhook's certificate in %s cannot be read: %s", self._folder, error)

    def _load(self) -> ssl.SSLContext:
        certificate, key = self._folder / CERTIFICATE, self._folder / KEY
        seen = tuple(path.stat().st_mtime_ns for path in (certificate, key))
        if seen == self._seen:
            return self.context
        # A context of its own: one that has taken a certificate without its key is of no use any more.
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key)
        self._seen = seen
        return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    certificate: Certificate
    foresee: Foresee

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.certificate.refresh()
        connection.settimeout(HANDSHAKE)
        # Whoever connects and says nothing must not keep others from being accepted: hands are shaken in the connection's own thread.
        return self.certificate.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 -- the base class's
        """Connections that break are the client's business."""
        logger.debug("connection of %s to the webhook failed: %r", client_address, sys.exception())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE
    server: _Server

    def setup(self) -> None:
        self.request.do_handshake()
        super().setup()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path.partition("?")[0] != "/validate":
            self._say(HTTPStatus.NOT_FOUND, b"not found\n", "text/plain")
        elif not length.isdigit() or int(length) > LONGEST_BODY:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"too large\n", "text/plain")
        else:
            self._review(self.rfile.read(int(length)))

    def _review(self, raw: bytes) -> None:
        try:
            answered = json.dumps(answer(json.loads(raw), self.server.foresee)).encode()
        except ValueError as error:
            self._say(HTTPStatus.BAD_REQUEST, f"{error}\n".encode(), "text/plain")
        except Exception:
            # What becomes of the request is the failurePolicy's to say.
            logger.exception("a profile could not be judged")
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, b"internal error\n", "text/plain")
        else:
            self._say(HTTPStatus.OK, answered, "application/json")

    def _say(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status != HTTPStatus.OK:
            # The rest of the request may not have been read.
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """The API server's audit log has it."""


def serve(host: str, port: int, folder: Path, foresee: Foresee) -> ThreadingHTTPServer:
    """Serves /validate over TLS from daemon threads, which call `foresee`, with the certificate in `folder`. Raises OSError."""
    certificate = Certificate(folder)
    server = _Server((host, port), _Handler)
    server.certificate, server.foresee = certificate, foresee
    threading.Thread(target=server.serve_forever, name="webhook", daemon=True).start()
    return server
