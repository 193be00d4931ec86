"""Profiles that are live cost the API server nothing: the operator against a real API server and a Prometheus that answers."""

import time
from pathlib import Path

from harness.controlplane import ControlPlane
from harness.fake_monitoring import FakeMonitoring, as_proxy
from harness.operator import USER, Operator
from harness.profiles import condition, profile
from harness.wait import wait_for

PROFILES = 30
IDLE = 25.0
"""Seconds: two looks and more."""


def test_live_profiles_are_written_no_more(cluster: ControlPlane, operator_account: Path, namespace: str, tmp_path: Path) -> None:
    """Once all are Ready nothing is written, however often Prometheus is asked; a restart changes nothing either."""
    assert [] == idle_writes(cluster, operator_account, namespace, tmp_path, profiles=PROFILES, seconds=IDLE)


def idle_writes(cluster: ControlPlane, account: Path, namespace: str, folder: Path, *, profiles: int, seconds: float) -> list[str]:
    """What the operator writes in a time in which nothing happens, after as many profiles have become live."""
    monitoring = FakeMonitoring()
    with as_proxy(monitoring) as proxy:
        cluster.apply(_prometheus(namespace))
        environment = {"HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost"}
        arguments = (f"--prometheus-label=release={namespace}", "--verify=direct")
        try:
            with Operator(account, *arguments, folder=folder, env=environment) as operator:
                operator.wait_until_ready()
                for first in range(0, profiles, 50):
                    names = (f"app-{n}" for n in range(first, min(first + 50, profiles)))
                    cluster.apply(*(thing for n in names for thing in (profile(namespace, n), *_service(namespace, n))))
                wait_for(
                    lambda: _take_up(cluster, namespace, monitoring) >= profiles, what="everything is applied", timeout=600, interval=1
                )
                wait_for(lambda: _live(cluster, namespace) == profiles, what="everything is live", timeout=600, interval=1)
                before = cluster.audit_position()
                _until(time.monotonic() + seconds / 2)
            with Operator(account, *arguments, folder=folder, env=environment) as operator:
                operator.wait_until_ready(timeout=120)
                _until(time.monotonic() + seconds / 2)
                assert monitoring.requests
                return cluster.writes(USER, after=before)
        finally:
            cluster.kubectl("delete", "prometheus", "idle", f"--namespace={namespace}")


def _until(deadline: float) -> None:
    """Lets time pass: that nothing happens can only be seen over a time."""
    wait_for(lambda: time.monotonic() >= deadline, what="the time has passed", timeout=deadline - time.monotonic() + 5, interval=0.5)


def _take_up(cluster: ControlPlane, namespace: str, monitoring: FakeMonitoring) -> int:
    """Loads and scrapes what there is; returns of how many profiles there are rules."""
    monitoring.rules = cluster.list("prometheusrules", namespace)
    names = [m["metadata"]["name"] for m in cluster.list("servicemonitors", namespace)]
    monitoring.targets = {f"serviceMonitor/{namespace}/{name}/0": [("up", "")] for name in names}
    return len(monitoring.rules)


def _live(cluster: ControlPlane, namespace: str) -> int:
    found = cluster.list("monitoringprofiles", namespace)
    return sum(condition(p, "Ready").get("reason") == "Live" for p in found)


def _prometheus(namespace: str) -> dict[str, object]:
    chosen = {"matchLabels": {"release": namespace}}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Prometheus",
        "metadata": {"name": "idle", "namespace": namespace},
        "spec": {"serviceMonitorSelector": chosen, "ruleSelector": chosen},
    }


def _service(namespace: str, name: str) -> tuple[dict[str, object], dict[str, object]]:
    labels, ports = {"app": name}, [{"name": "http", "port": 80}]
    of = {"kubernetes.io/service-name": name}
    endpoints = [{"addresses": ["192.0.2.1"]}]
    return (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"clusterIP": "None", "ports": ports},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": name, "namespace": namespace, "labels": of},
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": endpoints,
        },
    )
