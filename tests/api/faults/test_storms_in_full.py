"""A storm as heavy as it can get: a thousand edits a second, which is more than an API server takes."""

import time
from collections.abc import Callable

import pytest

from harness.cluster import Object
from harness.controlplane import ControlPlane
from harness.operator import USER, Operator
from harness.profiles import child, events, get, profile, settled
from harness.storm import Storm
from harness.wait import wait_for

PER_SECOND = 1000.0
STORM = 30.0
GROWTH = 60.0
"""MiB of memory, most of it the answers to a client that reads as fast as it can."""


def limited(spec: Object, number: int) -> None:
    """The edit: it changes one child."""
    spec["scrape"]["sampleLimit"] = 1000 + number


def memory(operator: Operator) -> float:
    """Resident MiB."""
    return operator.metric("process_resident_memory_bytes") / 2**20


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_thousand_edits_a_second(start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str) -> None:
    """The burst, and then a reconcile a second, which follows the edits; another profile is looked after, and the last edit wins.

    Events, log and memory stay as they are.
    """
    operator = start_operator()
    cluster.apply(profile(namespace, dashboards={"enabled": False}))
    settled(cluster, namespace, timeout=90)
    before, lines, resident = operator.metric("monitoring_operator_reconciles_total"), operator.log_lines(), memory(operator)
    position, most, followed = cluster.audit_position(), resident, set()
    start = time.monotonic()

    with Storm(cluster, namespace, "web", limited, per_second=PER_SECOND) as storm:
        cluster.apply(profile(namespace, "calm", dashboards={"enabled": False}))
        settled(cluster, namespace, "calm", timeout=120)

        def over() -> bool:
            nonlocal most
            most = max(most, memory(operator))
            followed.add(child(cluster, "servicemonitors", "web", namespace)["spec"].get("sampleLimit"))
            return time.monotonic() - start > STORM and len(followed) > 2

        wait_for(over, what="the storm is over, and was followed", timeout=10 * STORM, interval=1.0)
    settled(cluster, namespace, timeout=120)
    took, reconciles = time.monotonic() - start, operator.metric("monitoring_operator_reconciles_total") - before
    writes = [w for w in cluster.writes(USER, after=position) if f"{namespace}/web" in w]
    print(f"{storm}; {reconciles:.0f} reconciles, {len(writes)} writes, {len(followed)} states of its child seen")
    print(f"{resident:.0f} MiB before, {most:.0f} at the most")

    last = get(cluster, namespace)["spec"]["scrape"]["sampleLimit"]
    assert storm.done > 10 * STORM
    assert last == 1000 + storm.done - 1
    assert last == child(cluster, "servicemonitors", "web", namespace)["spec"]["sampleLimit"]
    assert reconciles <= 20 + 1.5 * took + 10
    assert len(writes) <= 4 * reconciles
    assert {} == events(cluster, namespace)
    assert operator.log_lines() - lines < 10
    assert most - resident < GROWTH
    assert operator.exit_code is None
