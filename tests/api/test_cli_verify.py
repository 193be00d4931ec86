"""`monitoring-operator verify` on a real API server, with a Prometheus that answers what it is told to."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.controlplane import ControlPlane
from harness.fake_monitoring import FakeMonitoring, as_proxy
from harness.operator import Operator
from harness.profiles import profile, settled

SELECTED = {"matchLabels": {"verified": "yes"}}


def verify(cluster: ControlPlane, proxy: str, *args: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code and hops of the only profile that is asked for, the worst of each subject."""
    command = [sys.executable, "-m", "monitoring_operator", "verify", *args, "--way=direct", "--output=json"]
    done = subprocess.run(
        [*command, f"--kubeconfig={cluster.kubeconfig}"], capture_output=True, text=True, check=False, timeout=240, env=behind(proxy)
    )
    assert done.stdout, done.stderr
    (found,) = json.loads(done.stdout)["profiles"]
    order = ["good", "warning", "bad"]
    return done.returncode, {hop["subject"]: hop for hop in sorted(found["hops"], key=lambda h: order.index(h["level"]))}


def behind(proxy: str) -> dict[str, str]:
    """An environment in which pods are reached through a proxy."""
    return {k: v for k, v in os.environ.items() if k != "KUBECONFIG"} | {"HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1"}


def taken_up(cluster: ControlPlane, namespace: str, monitoring: FakeMonitoring) -> None:
    """Prometheus runs what there is."""
    monitoring.rules = cluster.list("prometheusrules", namespace)
    monitoring.targets = {f"serviceMonitor/{namespace}/web/0": [("up", "")]}


@contextmanager
def scene(cluster: ControlPlane, namespace: str) -> Iterator[None]:
    """A Prometheus object, a Service and what is behind it."""
    spec = {
        "serviceMonitorSelector": SELECTED,
        "serviceMonitorNamespaceSelector": {},
        "ruleSelector": SELECTED,
        "ruleNamespaceSelector": {},
    }
    metadata = {"name": "web", "namespace": namespace, "labels": {"app": "web"}}
    behind_it = {"kubernetes.io/service-name": "web"}
    cluster.apply(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "Prometheus",
            "metadata": {"name": "main", "namespace": namespace},
            "spec": spec,
        },
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"name": "http", "port": 80}]}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "web-1", "namespace": namespace, "labels": behind_it},
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": 8000}],
            "endpoints": [{"addresses": ["10.0.0.1"]}],
        },
    )
    yield
    cluster.kubectl("delete", "prometheus", "main", f"--namespace={namespace}")


@pytest.fixture
def monitoring() -> FakeMonitoring:
    """Nothing is loaded yet."""
    return FakeMonitoring()


def test_the_chain_is_followed_as_it_is_now(
    cluster: ControlPlane, operator_account: Path, namespace: str, monitoring: FakeMonitoring, tmp_path: Path
) -> None:
    """Not live, live, and broken behind the back of an operator that is gone: the status goes on saying what it said."""
    wanted = profile(namespace, prometheus={"labels": SELECTED["matchLabels"]})
    with scene(cluster, namespace), as_proxy(monitoring) as proxy:
        with Operator(operator_account, "--verify=direct", folder=tmp_path, env=behind(proxy)) as operator:
            operator.wait_until_ready(timeout=120)
            cluster.apply(wanted)
            settled(cluster, namespace, ready="Unknown", timeout=120)
            pending, early = verify(cluster, proxy, f"{namespace}/web")
            taken_up(cluster, namespace, monitoring)
            live, found = verify(cluster, proxy, f"{namespace}/web", "--wait", "--timeout=2m")
            settled(cluster, namespace, reason="Live", timeout=120)
        start = cluster.audit_position()
        cluster.kubectl("delete", "servicemonitor", "web", f"--namespace={namespace}")
        monitoring.targets = {}
        cluster.kubectl("delete", "service", "web", f"--namespace={namespace}")
        broken, late = verify(cluster, proxy, f"{namespace}/web")
        writes = [w for w in cluster.writes("admin", after=start) if "monitoringprofiles" in w or "create" in w or "patch" in w]

    assert (1, "warning") == (pending, early["Loaded"]["level"])
    assert (0, {"good"}) == (live, {hop["level"] for subject, hop in found.items() if subject not in ("MetricsPresent", "Status")}), found
    assert (1, "bad", "bad") == (broken, late["Objects"]["level"], late["TargetsUp"]["level"])
    assert f"ServiceMonitor {namespace}/web is not there" in late["Objects"]["message"]
    assert "No Service in namespace" in late["TargetsUp"]["message"]
    assert "says TargetsUp=True" in late["Status"]["message"]
    assert [] == writes
