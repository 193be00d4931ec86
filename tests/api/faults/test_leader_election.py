"""Two replicas and one Lease, on a real API server: one takes over from the other, and never do both write."""

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from harness.controlplane import ControlPlane
from harness.faults import WRITES, Delay, Drop, Fault, Hang
from harness.operator import NAMESPACE, Operator, grant_lease
from harness.profiles import profile, settled
from harness.proxy import FaultProxy
from harness.replicas import LEADER, Replicas
from harness.wait import wait_for
from monitoring_operator.leadership.lease import Timing

LEASE = "election"
ARGS = ("--leader-elect", f"--lease-name={LEASE}", f"--lease-namespace={NAMESPACE}")
AFTER_A_CRASH = 20.0
AFTER_A_SIGTERM = 3.0
SLOW = 4.0
"""Seconds until a write is answered."""


@pytest.fixture
def pair(proxy: FaultProxy, control_plane: ControlPlane, start_behind_proxy: Callable[..., Operator]) -> Iterator[Replicas]:
    """Both are ready, and `a` leads."""
    grant_lease(control_plane, LEASE)
    since = len(proxy.writes())
    first = start_behind_proxy("a", *ARGS)
    wait_for(lambda: first.metric(LEADER) == 1, what="the first one leads", timeout=60)
    second = start_behind_proxy("b", *ARGS)
    yield Replicas(proxy, {"a": first, "b": second}, LEASE, since)
    control_plane.kubectl("delete", "lease", LEASE, f"--namespace={NAMESPACE}")


def test_only_the_leader_works_and_both_are_ready(pair: Replicas, cluster: ControlPlane, namespace: str) -> None:
    """The one that waits serves its probes and metrics, watches nothing and writes nothing."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)

    assert ["a"] == pair.turns()
    assert {200} == {r.get("/readyz")[0] for r in pair.members.values()} | {r.get("/livez")[0] for r in pair.members.values()}
    assert {"/apis/coordination.k8s.io/v1/namespaces/monitoring-operator/leases/election"} == {
        c.path for c in pair.proxy.calls if c.client == "b"
    }


def test_it_is_handed_over_on_sigterm(pair: Replicas, cluster: ControlPlane, namespace: str) -> None:
    """Within three seconds the other one has the Lease, and the first one ends with success."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace, timeout=60)
    told = time.monotonic()
    pair.members["a"].send(signal.SIGTERM)
    wait_for(lambda: pair.leader() == "b", what="the other one leads", timeout=60)

    assert pair.waited("b", told) <= AFTER_A_SIGTERM
    cluster.apply(profile(namespace, "late"))
    settled(cluster, namespace, "late", timeout=60)
    assert 0 == pair.members["a"].wait(15)
    assert (["a", "b"], []) == (pair.turns(), pair.overlaps())


def test_a_write_without_an_answer_yet_holds_the_handover_up(pair: Replicas, cluster: ControlPlane, namespace: str) -> None:
    """The Lease is given back once it is answered: not before, and the other one need not wait until it has run out."""
    with pair.proxy.fault(Delay(SLOW, after=True), client="a", verbs=WRITES, path=f"/namespaces/{namespace}/") as rule:
        cluster.apply(profile(namespace))
        wait_for(lambda: rule.hit, what="a write is on its way", interval=0.02, timeout=60)
        told = time.monotonic()
        pair.members["a"].send(signal.SIGTERM)
        wait_for(lambda: pair.leader() == "b", what="the other one leads", timeout=60)

    assert pair.waited("b", told) < Timing().duration
    settled(cluster, namespace, timeout=60)
    assert 0 == pair.members["a"].wait(15)
    assert (["a", "b"], []) == (pair.turns(), pair.overlaps())


def test_it_is_taken_over_after_a_crash(pair: Replicas, cluster: ControlPlane, namespace: str) -> None:
    """Within twenty seconds the other one has the Lease, without anybody's help, and nothing that is there is written again."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace, timeout=60)
    died = time.monotonic()
    pair.members["a"].kill()
    cluster.apply(profile(namespace, "late"))
    wait_for(lambda: pair.leader() == "b", what="the other one leads", timeout=90)

    assert pair.waited("b", died) <= AFTER_A_CRASH
    settled(cluster, namespace, "late", timeout=60)
    assert (["a", "b"], []) == (pair.turns(), pair.overlaps())


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        pytest.param(Drop(), "/leases/", id="renewals-dropped"),
        pytest.param(Hang(), "", id="everything-hangs", marks=pytest.mark.thorough),
        pytest.param(Drop(after=True), "/leases/", id="answers-dropped", marks=pytest.mark.thorough),
        pytest.param(Delay(3.0), "", id="everything-late", marks=pytest.mark.thorough),
        pytest.param(Delay(3.0, after=True), "", id="answers-late", marks=pytest.mark.thorough),
        pytest.param(Hang(after=True), "/leases/", id="renewals-hang", marks=pytest.mark.thorough),
    ],
)
def test_a_leader_that_cannot_renew_stops_before_the_other_starts(
    pair: Replicas, cluster: ControlPlane, namespace: str, fault: Fault, path: str
) -> None:
    """With work to do all the time: the first one ends by itself, and not a single write of the two crosses."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    with pair.proxy.fault(fault, client="a", path=path):
        for number in range(60):
            cluster.apply(profile(namespace, f"p{number}", dashboards={"enabled": False}))
            if pair.members["a"].exit_code is not None and pair.leader() == "b":
                break
        wait_for(lambda: pair.leader() == "b", what="the other one leads", timeout=90)
        cluster.apply(profile(namespace, "late"))
        settled(cluster, namespace, "late", timeout=60)
    assert 1 == pair.members["a"].wait(15)
    assert (["a", "b"], []) == (pair.turns(), pair.overlaps())
