"""The operator's rights seen from the API server: in a whole life of a profile each is used, and none is missing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import rendered
from harness.controlplane import ControlPlane
from harness.operator import USER, Operator, install_crds, operator_kubeconfig
from harness.wait import wait_for

RULES = yaml.safe_load((rendered.CHART / "files" / "rbac-rules.yaml").read_text())
Right = tuple[str, str, str]
"""API group, resource (with its subresource), verb."""

SECRET: rendered.Object = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "notify"},
    "stringData": {"slack": "https://hooks.example.com/a"},
}
ALERTMANAGER: rendered.Object = {"apiVersion": "monitoring.coreos.com/v1", "kind": "Alertmanager", "metadata": {"name": "main"}, "spec": {}}
PROMETHEUS: rendered.Object = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "Prometheus",
    "metadata": {"name": "main"},
    "spec": {"ruleSelector": {}, "ruleNamespaceSelector": {"matchLabels": {"team": "a"}}},
}
PROFILE: rendered.Object = {
    "apiVersion": "monitoring-operator.dev/v1alpha1",
    "kind": "MonitoringProfile",
    "metadata": {"name": "app"},
    "spec": {
        "scrape": {"selector": {"matchLabels": {"app": "app"}}, "port": "http"},
        "notifications": {"warning": [{"slack": {"apiUrl": {"secretKeyRef": {"name": "notify", "key": "slack"}}, "channel": "#a"}}]},
    },
}
TAKEN: rendered.Object = {
    **PROFILE,
    "metadata": {"name": "taken"},
    "spec": {**PROFILE["spec"], "notifications": {**PROFILE["spec"]["notifications"], "mode": "AlertmanagerConfig"}},
}
STRANGERS: list[rendered.Object] = [
    {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "taken"},
        "spec": {"selector": {}, "endpoints": []},
    },
    {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "taken-alerts"}, "spec": {}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "taken-system-overview"}},
    {"apiVersion": "monitoring.coreos.com/v1alpha1", "kind": "AlertmanagerConfig", "metadata": {"name": "taken"}, "spec": {}},
]
"""Objects of somebody else's under the names of TAKEN's children: the operator reads only what is in its way."""
KINDS = "servicemonitors,prometheusrules,configmaps"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server with both sets of CRDs, whose audit log nobody else writes to."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as running:
        install_crds(running)
        yield running


def granted() -> set[Right]:
    """Every right that the chart gives for the whole cluster."""
    rules = [*RULES["namespaced"], *RULES["cluster"]]
    return {(g, r, v) for rule in rules for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}


def requests(cluster: ControlPlane) -> list[dict[str, Any]]:
    """What the operator asked of objects, as audit events."""
    return [e for e in cluster.audit_events() if e["user"]["username"] == USER and "objectRef" in e]


def used(cluster: ControlPlane) -> set[Right]:
    """The rights that the operator has made use of; a patch that made an object used the right to create as well."""
    found: set[Right] = set()
    for event in requests(cluster):
        target = event["objectRef"]
        resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
        made = event["verb"] == "patch" and event["responseStatus"]["code"] == 201
        found |= {(target.get("apiGroup", ""), resource, verb) for verb in ((event["verb"], "create") if made else (event["verb"],))}
    return found


def test_every_right_is_used_and_none_is_missing(cluster: ControlPlane, tmp_path: Path) -> None:
    """A profile comes and loses sections, an old child turns up: what the operator did is what it may do, and nothing was refused."""
    account = operator_kubeconfig(cluster)
    with cluster.namespace() as namespace, Operator(account, "--verify=direct", folder=tmp_path) as operator:
        operator.wait_until_ready()
        for thing in (SECRET, ALERTMANAGER, PROMETHEUS, PROFILE):
            cluster.apply(placed(thing, namespace))
        wait_for(lambda: len({o["kind"] for o in children(cluster, namespace)}) == 3, what="a child of each kind")
        wait_for(lambda: ("", "secrets", "patch") in used(cluster), what="the configuration Secret")
        wait_for(lambda: ("", "namespaces", "list") in used(cluster), what="the labels of namespaces")
        for thing in (*STRANGERS, TAKEN):
            cluster.apply(placed(thing, namespace))
        in_the_way = {
            ("", "configmaps"),
            *(("monitoring.coreos.com", r) for r in ("servicemonitors", "prometheusrules", "alertmanagerconfigs")),
        }
        wait_for(lambda: {(*r, "get") for r in in_the_way} <= used(cluster), what="a look at what is in the way", timeout=60)
        cluster.kubectl("delete", "monitoringprofiles", "taken", f"--namespace={namespace}")
        cluster.kubectl("delete", KINDS, f"--namespace={namespace}", "--selector=monitoring-operator.dev/profile=taken")
        change(cluster, namespace, {"spec": {"notifications": {"mode": "AlertmanagerConfig"}}})
        wait_for(lambda: cluster.find("alertmanagerconfigs", "app", namespace), what="an AlertmanagerConfig")
        change(cluster, namespace, {"spec": {"notifications": {"mode": "Secret"}}})
        wait_for(lambda: cluster.find("alertmanagerconfigs", "app", namespace) is None, what="it is gone again")
        change(cluster, namespace, {"spec": {"dashboards": {"enabled": False}, "alerts": {"enabled": False}}})
        leave_behind(cluster, namespace)
        wait_for(
            lambda: [("ServiceMonitor", "app")] == [(o["kind"], o["metadata"]["name"]) for o in children(cluster, namespace)],
            what="only the ServiceMonitor is left",
        )

        assert [] == [e for e in requests(cluster) if e["responseStatus"]["code"] in {401, 403}]
        assert used(cluster) == granted()


def children(cluster: ControlPlane, namespace: str) -> list[rendered.Object]:
    """What the operator has made in a namespace, its configuration Secret left out."""
    return cluster.list(KINDS, namespace, selector="app.kubernetes.io/managed-by=monitoring-operator")


def placed(thing: rendered.Object, namespace: str) -> rendered.Object:
    """An object in a namespace."""
    return {**thing, "metadata": {**thing["metadata"], "namespace": namespace}}


def leave_behind(cluster: ControlPlane, namespace: str) -> None:
    """Make a ServiceMonitor of another name as the operator's own, as a version that named them otherwise would have."""
    (monitor,) = cluster.list("servicemonitors", namespace, selector="monitoring-operator.dev/profile=app")
    metadata = {k: monitor["metadata"][k] for k in ("labels", "ownerReferences", "namespace")} | {"name": "app-of-old"}
    old = {k: monitor[k] for k in ("apiVersion", "kind", "spec")} | {"metadata": metadata}
    cluster.kubectl("apply", "--server-side", "--field-manager=monitoring-operator", "--filename=-", input=json.dumps(old))


def change(cluster: ControlPlane, namespace: str, patch: rendered.Object) -> None:
    """Merge a patch into the profile."""
    cluster.kubectl("patch", "monitoringprofile", "app", f"--namespace={namespace}", "--type=merge", f"--patch={json.dumps(patch)}")
