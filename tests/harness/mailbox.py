"""An SMTP server that keeps what it gets, and refuses what comes out of order."""

import email
import email.policy
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail: from whom and to whom as the envelope says, and what is in it."""

    sender: str
    to: tuple[str, ...]
    message: EmailMessage

    def text(self, kind: str) -> str:
        """Its plain text (`plain`) or HTML (`html`)."""
        body = self.message.get_body((kind,))
        assert body is not None
        return str(body.get_content())


@dataclass(slots=True)
class Mailbox:
    """Where it listens, and what came."""

    address: str
    mails: list[Mail] = field(default_factory=list)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A server on a free port of the loopback interface."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            sender, to = "", list[str]()
            self._say("220 stand-in")
            while line := self.rfile.readline().decode().strip():
                verb = line.split(maxsplit=1)[0].upper()
                if found := re.fullmatch(r"MAIL FROM:<([^<>@\s]+@[^<>@\s]+)>.*", line):
                    sender = found[1]
                elif sender and (found := re.fullmatch(r"RCPT TO:<([^<>@\s]+@[^<>@\s]+)>", line)):
                    to.append(found[1])
                elif verb == "DATA" and to:
                    self._say("354 go on")
                    got.mails.append(Mail(sender, tuple(to), self._message()))
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                elif verb not in {"EHLO", "HELO"}:
                    self._say("503 not now")
                    continue
                self._say("250 ok")

        def _message(self) -> EmailMessage:
            lines = iter(self.rfile.readline, b".\r\n")
            raw = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)
            message = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            return message

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        got = Mailbox(f"127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield got
        finally:
            server.shutdown()
            thread.join()
