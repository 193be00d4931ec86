"""Profiles, and the objects that a cluster with prometheus-operator would have, for tests."""

import base64
import copy
import time
from typing import Any

import yaml

from harness.cluster import Cluster, Object
from harness.operator import Operator
from harness.wait import wait_for

CHILDREN = ("servicemonitors", "prometheusrules", "configmaps")


def profile(namespace: str, name: str = "web", **spec: Any) -> Object:
    """A MonitoringProfile; `spec` beside the scrape section."""
    scrape = {"selector": {"matchLabels": {"app": name}}, "port": "http"}
    return {
        "apiVersion": "monitoring-operator.dev/v1alpha1",
        "kind": "MonitoringProfile",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"scrape": scrape, **copy.deepcopy(spec)},
    }


def notifications(alertmanager_namespace: str, secret: str = "notify") -> Object:
    """A notifications section for the Alertmanager `main` in a namespace, with credentials in `secret`."""
    return {
        "alertmanager": {"namespace": alertmanager_namespace, "name": "main"},
        "critical": [{"pagerDuty": {"routingKey": {"secretKeyRef": {"name": secret, "key": "pagerduty"}}}}],
        "warning": [{"slack": {"apiUrl": {"secretKeyRef": {"name": secret, "key": "slack"}}, "channel": "#alerts"}}],
    }


def alertmanager(namespace: str, config_secret: str = "routes") -> Object:
    """An Alertmanager object that reads its configuration from a Secret."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Alertmanager",
        "metadata": {"name": "main", "namespace": namespace},
        "spec": {"configSecret": config_secret},
    }


def secret(namespace: str, name: str = "notify", **data: str) -> Object:
    """A Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "stringData": data}


def condition(profile: Object, type_: str) -> dict[str, Any]:
    """One condition of a profile's status; empty if it is not there."""
    found: dict[str, Any] = next((c for c in profile.get("status", {}).get("conditions", ()) if c["type"] == type_), {})
    return found


def get(cluster: Cluster, namespace: str, name: str = "web") -> Object:
    """The profile as it is now. Raises LookupError."""
    found = cluster.find("monitoringprofiles", name, namespace)
    if found is None:
        raise LookupError(f"monitoringprofile {namespace}/{name}")
    return found


def child(cluster: Cluster, kind: str, name: str, namespace: str) -> Object:
    """One object that must be there. Raises LookupError."""
    found = cluster.find(kind, name, namespace)
    if found is None:
        raise LookupError(f"{kind} {namespace}/{name}")
    return found


def settled(cluster: Cluster, namespace: str, name: str = "web", *, ready: str = "True", reason: str = "", timeout: float = 30.0) -> Object:
    """The profile once its status is about its present generation and Ready is as wanted."""

    def probe() -> Object:
        found = get(cluster, namespace, name)
        verdict = condition(found, "Ready")
        assert found["status"]["observedGeneration"] == found["metadata"]["generation"]
        assert (verdict["status"], verdict["reason"] if reason else "") == (ready, reason), verdict
        return found

    return wait_for(probe, what=f"profile {namespace}/{name} has Ready={ready} {reason}", timeout=timeout)


def children(cluster: Cluster, namespace: str, name: str = "web", *, owner_namespace: str = "") -> list[Object]:
    """The profile's children in a namespace."""
    owner = owner_namespace or namespace
    selector = f"monitoring-operator.dev/profile={name},monitoring-operator.dev/profile-namespace={owner}"
    return cluster.list(",".join(CHILDREN), namespace, selector=selector)


def versions(objects: list[Object]) -> dict[str, str]:
    """Resource versions by kind and name."""
    return {f"{o['kind']}/{o['metadata']['name']}": o["metadata"]["resourceVersion"] for o in objects}


def quiet(operator: Operator, *, for_seconds: float = 1.5) -> None:
    """Returns once the operator has had nothing to do for a while: longer than it waits for further profiles before it writes a Secret."""
    since, last = time.monotonic(), -1.0

    def probe() -> bool:
        nonlocal since, last
        done = operator.metric("monitoring_operator_reconciles_total")
        if done != last or operator.metric("monitoring_operator_queue_depth"):
            since, last = time.monotonic(), done
        return time.monotonic() - since >= for_seconds

    wait_for(probe, what="the operator has nothing to do", timeout=60)


def secret_data(cluster: Cluster, namespace: str, name: str = "routes") -> dict[str, str]:
    """A Secret's data, decoded; empty if it is not there."""
    found = cluster.find("secrets", name, namespace)
    return {k: base64.b64decode(v).decode() for k, v in ((found or {}).get("data") or {}).items()}


def receivers(cluster: Cluster, namespace: str) -> set[str]:
    """Names of the receivers in the written Alertmanager configuration."""
    text = secret_data(cluster, namespace).get("alertmanager.yaml")
    config: Object = yaml.safe_load(text) if text else {"receivers": []}
    return {r["name"] for r in config["receivers"]}


def events(cluster: Cluster, namespace: str) -> dict[tuple[str, str], int]:
    """How many Events each profile has got for each reason."""
    found: dict[tuple[str, str], int] = {}
    for event in cluster.list("events", namespace):
        key = event["involvedObject"]["name"], event["reason"]
        found[key] = found.get(key, 0) + 1
    return found
