"""How long a profile takes from `kubectl apply` to Ready, and how much of that is the operator's."""

import time

import pytest

from e2e.faulty import Faulty, reason
from harness.cluster import Cluster
from harness.profiles import child
from harness.stack import Monitoring
from harness.wait import wait_for

pytestmark = pytest.mark.e2e

OURS = 2.0
"""Seconds that are the operator's: until every object is written, and from the last answer that was waited for until Ready."""
SLACK = 8.0
"""Seconds for kubectl, which asks again and again, on a machine that does much else."""


def test_ours_is_under_two_seconds(cluster: Cluster, installed: str, monitoring: Monitoring) -> None:
    """The rest is prometheus-operator's, the kubelet's, the reloader's and Prometheus' own. docs/performance.md has the figures."""
    with cluster.namespace("e2e-time") as namespace:
        faulty = Faulty(cluster, namespace)
        started = time.monotonic()
        faulty.start("app")
        applied = time.monotonic()
        rule = wait_for(lambda: child(cluster, "prometheusrules", "app-alerts", namespace), what="the rules are written", timeout=30)
        wait_for(lambda: reason(faulty.get("app"), "Applied"), what="everything is applied", timeout=30)
        written = time.monotonic()
        file = f"{namespace}-app-alerts-{rule['metadata']['uid']}.yaml"
        pool = f"serviceMonitor/{namespace}/app/0"
        wait_for(lambda: [t for t in monitoring.targets(pool) if t["health"] == "up"], what="the target is up", timeout=240)
        up = time.monotonic()
        wait_for(lambda: monitoring.rules_in(file), what="the rules are loaded", timeout=240)
        taken = time.monotonic()
        wait_for(lambda: reason(faulty.get("app")) == "Live", what="it is Ready", timeout=30)
        ready = time.monotonic()

    ours = (written - applied) + (ready - taken)
    print(
        f"kubectl apply {applied - started:.1f} s; objects written {written - applied:.1f} s; target up {up - written:.1f} s; "
        f"rules loaded {taken - up:.1f} s; Ready {ready - taken:.1f} s; ours {ours:.1f} s of {ready - started:.1f} s"
    )
    assert ours < OURS + SLACK
