"""Every version that a Secret has, by a watch that misses none."""

import contextlib
import json

from harness import tools
from harness.cluster import Object
from harness.controlplane import ControlPlane
from harness.process import Process
from harness.wait import wait_for


class Reader(Process):
    """Sees every version that the Secret of a namespace has, as the API server tells them; a context manager."""

    def __init__(self, cluster: ControlPlane, namespace: str) -> None:
        get = ("get", "secret", "routes", f"--namespace={namespace}", "--watch", "--output-watch-events", "--output=json")
        super().__init__([tools.find("kubectl"), f"--kubeconfig={cluster.kubeconfig}", *get], log=cluster.folder / f"{namespace}.versions")
        self._cluster, self._namespace = cluster, namespace

    def events(self) -> list[Object]:
        """What has been told so far: `type` and `object`, oldest first."""
        text, found = self.log.read_text().lstrip(), []
        with contextlib.suppress(json.JSONDecodeError):  # the last one may be half written
            while text:
                event, end = json.JSONDecoder().raw_decode(text)
                found.append(event)
                text = text[end:].lstrip()
        return found

    def all(self) -> list[Object]:
        """All that has been told once it knows the present version."""
        present = self._cluster.find("secrets", "routes", self._namespace)
        assert present is not None
        version = present["metadata"]["resourceVersion"]
        wait_for(lambda: self.events()[-1]["object"]["metadata"]["resourceVersion"] == version, what="the reader has seen the last version")
        return self.events()
