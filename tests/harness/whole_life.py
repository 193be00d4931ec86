"""A profile's whole life, in which the operator does everything that it may do.

It comes, its children's names are taken, it loses sections, and an old child of its turns up.
"""

import json
from collections.abc import Callable

from harness.cluster import Cluster, Object
from harness.rights import Right
from harness.wait import wait_for

SECRET: Object = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "notify"},
    "stringData": {"slack": "http://127.0.0.1:9/a"},
}
PROFILE: Object = {
    "apiVersion": "monitoring-operator.dev/v1alpha1",
    "kind": "MonitoringProfile",
    "metadata": {"name": "app"},
    "spec": {
        "scrape": {"selector": {"matchLabels": {"app": "app"}}, "port": "http"},
        "notifications": {"warning": [{"slack": {"apiUrl": {"secretKeyRef": {"name": "notify", "key": "slack"}}, "channel": "#a"}}]},
    },
}
TAKEN: Object = {
    **PROFILE,
    "metadata": {"name": "taken"},
    "spec": {**PROFILE["spec"], "notifications": {**PROFILE["spec"]["notifications"], "mode": "AlertmanagerConfig"}},
}
STRANGERS: list[Object] = [
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
PATIENCE = 120.0
"""Seconds for each step, none of which anybody promises."""


def live(cluster: Cluster, namespace: str, used: Callable[[], set[Right]]) -> None:
    """Leads a profile through its life in a namespace; `used` tells which rights the operator has made use of so far.

    Raises NotInTime where the operator does not do its part.
    """
    for thing in (SECRET, PROFILE):
        cluster.apply(placed(thing, namespace))
    _wait(lambda: len({o["kind"] for o in children(cluster, namespace)}) == 3, "a child of each kind")
    _wait(lambda: ("", "secrets", "patch") in used(), "the configuration Secret")
    _wait(lambda: ("", "namespaces", "list") in used(), "the labels of namespaces")
    for thing in (*STRANGERS, TAKEN):
        cluster.apply(placed(thing, namespace))
    monitored = ("servicemonitors", "prometheusrules", "alertmanagerconfigs")
    in_the_way = {("", "configmaps"), *(("monitoring.coreos.com", resource) for resource in monitored)}
    _wait(lambda: {(*r, "get") for r in in_the_way} <= used(), "a look at what is in the way")
    cluster.kubectl("delete", "monitoringprofiles", "taken", f"--namespace={namespace}")
    cluster.kubectl("delete", KINDS, f"--namespace={namespace}", "--selector=monitoring-operator.dev/profile=taken")
    _change(cluster, namespace, {"spec": {"notifications": {"mode": "AlertmanagerConfig"}}})
    _wait(lambda: cluster.find("alertmanagerconfigs", "app", namespace), "an AlertmanagerConfig")
    _change(cluster, namespace, {"spec": {"notifications": {"mode": "Secret"}}})
    _wait(lambda: cluster.find("alertmanagerconfigs", "app", namespace) is None, "it is gone again")
    _change(cluster, namespace, {"spec": {"dashboards": {"enabled": False}, "alerts": {"enabled": False}}})
    _leave_behind(cluster, namespace)
    _wait(
        lambda: [("ServiceMonitor", "app")] == [(o["kind"], o["metadata"]["name"]) for o in children(cluster, namespace)],
        "only the ServiceMonitor is left",
    )


def children(cluster: Cluster, namespace: str) -> list[Object]:
    """What the operator has made in a namespace, its configuration Secret left out."""
    return cluster.list(KINDS, namespace, selector="app.kubernetes.io/managed-by=monitoring-operator")


def placed(thing: Object, namespace: str) -> Object:
    """An object in a namespace."""
    return {**thing, "metadata": {**thing["metadata"], "namespace": namespace}}


def _wait(probe: Callable[[], object], what: str) -> None:
    wait_for(probe, what=what, timeout=PATIENCE, interval=0.5)


def _leave_behind(cluster: Cluster, namespace: str) -> None:
    """Makes a ServiceMonitor of another name as the operator's own, as a version that named them otherwise would have."""
    (monitor,) = cluster.list("servicemonitors", namespace, selector="monitoring-operator.dev/profile=app")
    metadata = {k: monitor["metadata"][k] for k in ("labels", "ownerReferences", "namespace")} | {"name": "app-of-old"}
    old = {k: monitor[k] for k in ("apiVersion", "kind", "spec")} | {"metadata": metadata}
    cluster.kubectl("apply", "--server-side", "--field-manager=monitoring-operator", "--filename=-", input=json.dumps(old))


def _change(cluster: Cluster, namespace: str, patch: Object) -> None:
    cluster.kubectl("patch", "monitoringprofile", "app", f"--namespace={namespace}", "--type=merge", f"--patch={json.dumps(patch)}")
