"""The mode AlertmanagerConfig: a real prometheus-operator takes the object up, and alerts end where they would in the other mode."""

import json
import secrets
import subprocess
import sys
from typing import Any

import pytest

from harness.cluster import Cluster
from harness.profiles import condition, get
from harness.stack import Monitoring
from harness.wait import wait_for

pytestmark = pytest.mark.e2e

NAME = "by-object"


def _told(cluster: Cluster, namespace: str, severity: str) -> list[str]:
    """The receivers that Alertmanager has for an alert of the profile."""
    labels = f"alertname=Any,namespace={namespace},profile={NAME},severity={severity},signal=any"
    command = [sys.executable, "-m", "monitoring_operator", "route", f"--labels={labels}", "--output=json"]
    done = subprocess.run([*command, f"--kubeconfig={cluster.kubeconfig}"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 1), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["alerts"][0]["told"]
    return [t["receiver"] for t in found]


def test_routes_by_an_object_are_live_and_fenced(cluster: Cluster, installed: str, monitoring: Monitoring, namespace: str) -> None:
    """Each severity has its receiver, other namespaces have none of them, and the shared Secret knows nothing of the profile."""
    planted = secrets.token_hex(16)

    def ref(key: str) -> dict[str, Any]:
        return {"secretKeyRef": {"name": "notify", "key": key}}

    profile = {
        "apiVersion": "monitoring-operator.dev/v1alpha1",
        "kind": "MonitoringProfile",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {
            "scrape": {"selector": {"matchLabels": {"app": NAME}}, "port": "http"},
            "notifications": {
                "mode": "AlertmanagerConfig",
                "critical": [{"pagerDuty": {"routingKey": ref("pagerduty"), "url": "http://127.0.0.1:9/v2/enqueue"}}],
                "warning": [{"slack": {"apiUrl": ref("slack"), "channel": "#alerts"}}],
                "muteTimes": [{"name": "nights", "intervals": [{"times": [{"startTime": "00:00", "endTime": "06:00"}]}]}],
            },
            "dashboards": {"enabled": False},
        },
    }
    values = {"pagerduty": planted, "slack": f"http://127.0.0.1:9/{secrets.token_hex(8)}"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "notify", "namespace": namespace}, "stringData": values}
    cluster.apply(secret, profile)

    def live() -> bool:
        found = condition(get(cluster, namespace, NAME), "RoutesLive")
        assert "True" == found.get("status"), found
        return True

    wait_for(live, what="RoutesLive", timeout=240, interval=1)
    assert [f"{namespace}/{NAME}/critical-receiver"] == [r for r in _told(cluster, namespace, "critical") if NAME in r]
    assert [f"{namespace}/{NAME}/warning-receiver"] == [r for r in _told(cluster, namespace, "warning") if NAME in r]
    assert [] == [r for r in _told(cluster, "elsewhere", "critical") if NAME in r]
    assert namespace not in monitoring.written_config()
    config = cluster.find("alertmanagerconfigs.monitoring.coreos.com", NAME, namespace)
    assert config is not None
    assert planted not in json.dumps([config, get(cluster, namespace, NAME)])
