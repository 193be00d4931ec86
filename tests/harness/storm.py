"""More edits of one object than an API server takes: they are written into its etcd, and it tells all watchers of each."""

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from types import TracebackType
from typing import Any, Self

from harness.cluster import Object
from harness.controlplane import ControlPlane
from monitoring_operator.api.resources import PROFILE


class Storm:
    """Edits a profile `per_second` times a second, or as often as it can be done, until the block ends; a context manager.

    `edit` changes the profile's spec, given the number of the edit. As at the API server each edit is of the latest version, with a
    generation of its own; nobody checks it.
    """

    def __init__(self, cluster: ControlPlane, namespace: str, name: str, edit: Callable[[Object, int], None], *, per_second: float) -> None:
        self._port = cluster.etcd_port
        self._key = _encoded(f"/registry/{PROFILE.group}/{PROFILE.plural}/{namespace}/{name}")
        self._edit = edit
        self._pause = 1 / per_second
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._rage, name="storm")
        self.done = 0
        self.took = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def __str__(self) -> str:
        return f"{self.done} edits in {self.took:.1f} s: {self.done / self.took:.0f} a second"

    def _rage(self) -> None:
        start = time.monotonic()
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as etcd:
            latest = _ask(etcd, "range", {"key": self._key})["kvs"][0]
            while not self._over.wait(max(0.0, start + self.done * self._pause - time.monotonic())):
                latest = self._once(etcd, latest)
        self.took = time.monotonic() - start

    def _once(self, etcd: http.client.HTTPConnection, latest: Object) -> Object:
        """One edit of the latest version; the version to edit next, which is somebody else's where that was not the latest."""
        body: Object = json.loads(base64.b64decode(latest["value"]))
        self._edit(body["spec"], self.done)
        body["metadata"]["generation"] += 1
        value = _encoded(json.dumps(body))
        unchanged = {"key": self._key, "target": "MOD", "result": "EQUAL", "mod_revision": latest["mod_revision"]}
        put, look = {"request_put": {"key": self._key, "value": value}}, {"request_range": {"key": self._key}}
        answer = _ask(etcd, "txn", {"compare": [unchanged], "success": [put], "failure": [look]})
        if not answer.get("succeeded"):
            found: Object = answer["responses"][0]["response_range"]["kvs"][0]
            return found
        self.done += 1
        return {"value": value, "mod_revision": answer["header"]["revision"]}


def _ask(etcd: http.client.HTTPConnection, what: str, body: Object) -> Any:
    etcd.request("POST", f"/v3/kv/{what}", json.dumps(body))
    return json.loads(etcd.getresponse().read())


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
