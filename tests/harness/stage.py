"""What the demo finds or puts up before the operator enters: kinds, a Prometheus, an Alertmanager, credentials.

On a cluster that somebody named, only what is missing is made, and everything that was made is taken away again.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.cluster import Cluster, KubectlFailed, Object
from harness.operator import CRDS

PROMETHEUS_KINDS = ("prometheuses", "alertmanagers", "servicemonitors", "prometheusrules")
SELECTED = {"release": "kube-prometheus-stack"}

PROMETHEUS: Object = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "Prometheus",
    "metadata": {"name": "main", "namespace": "monitoring"},
    "spec": {
        # As kube-prometheus-stack has it; prometheus-operator's own default of a day is less than the example looks back.
        "retention": "10d",
        "serviceMonitorSelector": {"matchLabels": SELECTED},
        "serviceMonitorNamespaceSelector": {},
        "ruleSelector": {"matchLabels": SELECTED},
        "ruleNamespaceSelector": {},
    },
}
# No replicas: where prometheus-operator runs, this Alertmanager has a configuration and costs nothing.
ALERTMANAGER: Object = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "Alertmanager",
    "metadata": {"name": "main", "namespace": "monitoring"},
    "spec": {"replicas": 0},
}


class Unfit(RuntimeError):
    """The named cluster cannot show the demo; the message says why."""


def namespace(name: str) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def secret(name: str, where: str, data: dict[str, str]) -> Object:
    """A Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": where}, "stringData": data}


@contextlib.contextmanager
def borrowed(cluster: Cluster) -> Iterator[Callable[[Object], bool]]:
    """A function that makes an object where it is absent and says whether it did; what it made is deleted at the end."""
    with contextlib.ExitStack() as made:

        def ensure(wanted: Object) -> bool:
            kind, metadata = wanted["kind"], wanted["metadata"]
            if cluster.find(kind, metadata["name"], metadata.get("namespace")):
                return False
            cluster.apply(wanted)
            where = [f"--namespace={metadata['namespace']}"] if "namespace" in metadata else []
            made.callback(cluster.kubectl, "delete", kind, metadata["name"], *where, "--wait=false", "--ignore-not-found")
            return True

        yield ensure


@contextlib.contextmanager
def our_kind(cluster: Cluster) -> Iterator[bool]:
    """Our CRD, installed where it is absent and then deleted at the end. Whether it was."""
    absent = "monitoringprofiles" not in _served(cluster, "monitoring-operator.dev")
    if absent:
        cluster.apply(CRDS)
        cluster.kubectl("wait", "--for=condition=Established", f"--filename={CRDS}", "--timeout=60s")
    try:
        yield absent
    finally:
        if absent:
            cluster.kubectl("delete", f"--filename={CRDS}", "--wait=false")


def inspect(cluster: Cluster, profile: Path) -> None:
    """Look whether a named cluster can show the demo without harm to what is there. Raises Unfit."""
    try:
        missing = set(PROMETHEUS_KINDS) - _served(cluster, "monitoring.coreos.com")
    except KubectlFailed as error:
        raise Unfit(f"the cluster does not answer: {error}") from error
    if missing:
        raise Unfit(f"the cluster has no {', '.join(sorted(missing))}: prometheus-operator's CRDs are not installed there")
    with contextlib.suppress(KubectlFailed):
        there = cluster.kubectl("get", f"--filename={profile}", "--ignore-not-found", "--output=name")
        if there:
            raise Unfit(f"{there.strip()} exists there already, and the demo would change it")


def running_operator(cluster: Cluster) -> str:
    """Namespace and name of an operator that was installed in the cluster by our chart; empty if there is none."""
    found = cluster.list("deployments", selector="app.kubernetes.io/name=monitoring-operator")
    return f"{found[0]['metadata']['namespace']}/{found[0]['metadata']['name']}" if found else ""


def _served(cluster: Cluster, group: str) -> set[str]:
    names = cluster.kubectl("api-resources", f"--api-group={group}", "--output=name", "--cached=false").split()
    return {name.partition(".")[0] for name in names}
