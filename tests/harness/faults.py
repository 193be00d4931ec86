"""What can go wrong between a client and its API server, as rules that a `harness.proxy.FaultProxy` follows."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

WRITES = frozenset({"create", "update", "patch", "delete"})
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(slots=True)
class Call:
    """One request as the proxy saw it. Times are of `time.monotonic`; `status` and `ended` are None where no answer was given."""

    client: str
    verb: str
    path: str
    began: float
    agent: str = ""
    reached: float | None = None
    """When the API server had answered: from then on a write is done, whatever the client came to know of it."""
    ended: float | None = None
    status: int | None = None

    def __str__(self) -> str:
        return f"{self.verb} {self.path} {self.status}"


class Fault:
    """What happens to a request."""


@dataclass(frozen=True, slots=True)
class Drop(Fault):
    """The connection is reset: before the request reaches the API server, or (`after`) in place of the answer."""

    after: bool = False


@dataclass(frozen=True, slots=True)
class Hang(Fault):
    """No answer, until the client gives up or the rule is lifted: without having reached the API server, or (`after`) having done so."""

    after: bool = False


@dataclass(frozen=True, slots=True)
class Delay(Fault):
    """The request waits for `seconds` before it goes on, or (`after`) the answer does."""

    seconds: float
    after: bool = False


@dataclass(frozen=True, slots=True)
class Answer(Fault):
    """The proxy answers in the API server's place."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Truncate(Fault):
    """The answer's body ends after so many bytes: as if it were whole, or (`rudely`) with the connection."""

    size: int
    rudely: bool = False


@dataclass(frozen=True, slots=True)
class Mute(Fault):
    """The answer's head comes through, and nothing after it until the client gives up or the rule is lifted."""


@dataclass(frozen=True, slots=True)
class Crash(Fault):
    """Calls `kill`, which ends the client: before the request reaches the API server, or (`after`) when its answer is due."""

    kill: Callable[[], None]
    after: bool = False


def refused(status: int, *, retry_after: int | None = None) -> Answer:
    """A Status object as the API server gives it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": f"injected {status}", "code": status, "details": {}}
    return Answer(status, json.dumps(body), {"Retry-After": str(retry_after)} if retry_after is not None else {})


def error_event(code: int) -> Answer:
    """A watch that is opened and at once ended by an ERROR event, as for a resource version that is too old (410)."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": f"injected {code}", "code": code}
    return Answer(200, json.dumps({"type": "ERROR", "object": status}) + "\n")


@dataclass(slots=True)
class Rule:
    """A fault for the requests that match: by verb, by a regular expression on the path, by client, and only the `nth` of them if given."""

    fault: Fault
    verbs: frozenset[str] = frozenset()
    path: str = ""
    client: str = ""
    nth: int | None = None
    seen: int = 0
    hit: int = 0
    lifted: threading.Event = field(default_factory=threading.Event)

    def strikes(self, call: Call) -> bool:
        """Whether the call is met by the fault; counts it."""
        if (self.verbs and call.verb not in self.verbs) or (self.client and call.client != self.client):
            return False
        if not re.search(self.path, call.path):
            return False
        self.seen += 1
        if self.nth is not None and self.seen != self.nth:
            return False
        self.hit += 1
        return True


def verb_of(method: str, path: str, *, watch: bool) -> str:
    """The Kubernetes verb of a request. Single objects lie an even number of segments below `namespaces`."""
    if method != "GET":
        return _VERBS.get(method, method.lower())
    if watch:
        return "watch"
    _, _, below = path.partition("/namespaces/")
    return "get" if below and len(below.split("/")) > 2 else "list"
