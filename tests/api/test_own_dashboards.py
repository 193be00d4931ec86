"""A dashboard of the user's own on a real API server, with the chart's rights: it comes, follows its source, and outlives it."""

import json

from harness.cluster import Cluster, Object
from harness.controlplane import ControlPlane
from harness.operator import Operator
from harness.profiles import condition, get, profile, settled
from harness.wait import wait_for

EXTRA = {"extra": [{"configMapKeyRef": {"name": "boards", "key": "a.json"}}], "include": ["system-overview"]}


def boards(namespace: str, title: str) -> Object:
    """The ConfigMap that the profile refers to, watched by its label."""
    text = json.dumps({"title": title, "panels": [{"title": "P", "targets": [{"refId": "A", "expr": "up"}]}]})
    metadata = {"name": "boards", "namespace": namespace, "labels": {"monitoring-operator.dev/role": "source"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a.json": text}}


def titles(cluster: Cluster, namespace: str) -> list[str]:
    """Titles of the user's own dashboards as Grafana's sidecar finds them."""
    found = cluster.list("configmaps", namespace, selector="grafana_dashboard=1")
    return [json.loads(text)["title"] for o in found for key, text in o["data"].items() if ".extra-" in key]


def arrived(cluster: Cluster, namespace: str, title: str) -> None:
    """Wait until the user's one dashboard has this title."""
    wait_for(lambda: [f"{title} ({namespace}/web)"] == titles(cluster, namespace), what=f"the dashboard {title}", timeout=10)


def test_an_own_dashboard_comes_follows_and_outlives_its_source(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """A missing ConfigMap is named; then each of its changes arrives by itself, and its end takes nothing away."""
    cluster.apply(profile(namespace, dashboards=EXTRA))
    waiting = settled(cluster, namespace, ready="False", reason="ConfigMapMissing")
    assert "spec.dashboards.extra[0]" in condition(waiting, "DashboardsApplied")["message"]

    for title in ("Carts", "Checkout"):
        cluster.apply(boards(namespace, title))
        arrived(cluster, namespace, title)
    settled(cluster, namespace)

    cluster.kubectl("delete", "configmap", "boards", f"--namespace={namespace}")

    wait_for(lambda: condition(get(cluster, namespace), "Ready")["reason"] == "ConfigMapMissing", what="the loss is told", timeout=10)
    arrived(cluster, namespace, "Checkout")
