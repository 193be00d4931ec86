"""The stand-in for PagerDuty and Slack as a pod of the cluster, and what it has heard."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import stand_in
from harness.cluster import Cluster, Object
from harness.wait import wait_for

NAME = "stand-in"
IMAGE = "localhost/monitoring-operator:dev"
"""Any image with Python would do; this one is on the node."""
PORT = 8080


def manifests(namespace: str) -> list[Object]:
    """What runs the stand-in."""
    metadata = {"name": NAME, "namespace": namespace, "labels": {"app": NAME}}
    container = {
        "name": NAME,
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "command": ["python", "-u", "/stand-in/stand_in.py", str(PORT)],
        "volumeMounts": [{"name": "code", "mountPath": "/stand-in"}],
        "readinessProbe": {"httpGet": {"path": "/", "port": PORT}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    }
    pod = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"name": "code", "configMap": {"name": NAME}}],
    }
    deployment = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": NAME}},
        "template": {"metadata": {"labels": {"app": NAME}}, "spec": pod},
    }
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"stand_in.py": Path(stand_in.__file__).read_text()}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": deployment},
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": {"app": NAME}, "ports": [{"port": PORT}]}},
    ]


@dataclass(frozen=True)
class Heard:
    """One request that the stand-in got. `problems` is empty if the real service would have taken it."""

    time: float
    path: str
    authorization: str | None
    body: dict[str, Any]
    problems: tuple[str, ...]

    @property
    def title(self) -> str:
        """What a person reads first."""
        if self.path == stand_in.PAGERDUTY:
            return f"{self.body['event_action']} {self.body.get('payload', {}).get('summary', '')}".strip()
        return "; ".join(a["title"] for a in self.body["attachments"]) if "attachments" in self.body else str(self.body.get("status"))


@dataclass(frozen=True)
class Listeners:
    """The stand-in in a namespace."""

    cluster: Cluster
    namespace: str

    @property
    def url(self) -> str:
        """Where Alertmanager reaches it."""
        return f"http://{NAME}.{self.namespace}.svc:{PORT}"

    def install(self) -> None:
        """Starts it and waits until it answers."""
        self.cluster.apply(*manifests(self.namespace))
        wait_for(lambda: self.heard() == [], what="the stand-in answers", timeout=90)

    def heard(self, path: str = "/") -> list[Heard]:
        """What came to paths that begin with `path`, oldest first."""
        where = f"/api/v1/namespaces/{self.namespace}/services/{NAME}:{PORT}/proxy{stand_in.RECEIVED}"
        entries: list[dict[str, Any]] = json.loads(self.cluster.kubectl("get", "--raw", where))
        return [
            Heard(e["time"], e["path"], e["authorization"], e["body"], tuple(e["problems"])) for e in entries if e["path"].startswith(path)
        ]
