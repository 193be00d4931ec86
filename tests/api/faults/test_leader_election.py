"""Two replicas and one Lease, on a real API server: one takes over from the other, and never do both write."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from harness.controlplane import ControlPlane
from harness.faults import Delay, Drop, Fault, Hang
from harness.operator import NAMESPACE, Operator, grant_lease
from harness.profiles import profile, settled
from harness.proxy import FaultProxy
from harness.wait import wait_for

LEASE = "election"
ARGS = ("--leader-elect", f"--lease-name={LEASE}", f"--lease-namespace={NAMESPACE}")
AFTER_A_CRASH = 20.0
AFTER_A_SIGTERM = 3.0
SLACK = 15.0
"""For a loaded machine to start what has been let in."""


@dataclass
class Pair:
    """Two replicas behind the proxy, and what they write."""

    proxy: FaultProxy
    replicas: dict[str, Operator]
    since: int

    def leader(self) -> str | None:
        """Which of them says that it leads."""
        leading = [name for name, r in self.replicas.items() if r.exit_code is None and r.metric("monitoring_operator_leader") == 1]
        assert len(leading) <= 1
        return leading[0] if leading else None

    def turns(self) -> list[str]:
        """Whose writes followed whose: each name stands once for a whole series."""
        names: list[str] = []
        for call in self.proxy.writes()[self.since :]:
            if names[-1:] != [call.client]:
                names.append(call.client)
        return names

    def overlaps(self) -> list[str]:
        """Writes that were on their way while those of another had begun."""
        calls = self.proxy.writes()[self.since :]
        ends: dict[str, float] = {}
        found = []
        for call in calls:
            found += [
                f"{call} of {call.client} during one of {other}" for other, end in ends.items() if other != call.client and end > call.began
            ]
            ends[call.client] = max(ends.get(call.client, 0.0), call.reached or call.began)
        return found


@pytest.fixture
def pair(proxy: FaultProxy, control_plane: ControlPlane, start_behind_proxy: Callable[..., Operator]) -> Iterator[Pair]:
    """Both are ready, and `a` leads."""
    grant_lease(control_plane, LEASE)
    since = len(proxy.writes())
    first = start_behind_proxy("a", *ARGS)
    wait_for(lambda: first.metric("monitoring_operator_leader") == 1, what="the first one leads", timeout=60)
    second = start_behind_proxy("b", *ARGS)
    yield Pair(proxy, {"a": first, "b": second}, since)
    control_plane.kubectl("delete", "lease", LEASE, f"--namespace={NAMESPACE}")


def test_only_the_leader_works_and_both_are_ready(pair: Pair, cluster: ControlPlane, namespace: str) -> None:
    """The one that waits serves its probes and metrics, watches nothing and writes nothing."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)

    assert ["a"] == pair.turns()
    assert {200} == {r.get("/readyz")[0] for r in pair.replicas.values()} | {r.get("/livez")[0] for r in pair.replicas.values()}
    assert {"/apis/coordination.k8s.io/v1/namespaces/monitoring-operator/leases/election"} == {
        c.path for c in pair.proxy.calls if c.client == "b"
    }


def test_it_is_handed_over_on_sigterm(pair: Pair, cluster: ControlPlane, namespace: str) -> None:
    """Within three seconds the other one leads, and the first one ends with success."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    pair.replicas["a"].send(signal.SIGTERM)
    wait_for(lambda: pair.leader() == "b", what="the other one leads", timeout=AFTER_A_SIGTERM + SLACK)

    cluster.apply(profile(namespace, "late"))
    settled(cluster, namespace, "late", timeout=60)
    assert 0 == pair.replicas["a"].wait(15)
    assert (["a", "b"], []) == (pair.turns(), pair.overlaps())


def test_it_is_taken_over_after_a_crash(pair: Pair, cluster: ControlPlane, namespace: str) -> None:
    """Within twenty seconds, without anybody's help, and nothing that is there is written again."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    pair.replicas["a"].kill()
    cluster.apply(profile(namespace, "late"))

    settled(cluster, namespace, "late", timeout=AFTER_A_CRASH + SLACK)
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
    pair: Pair, cluster: ControlPlane, namespace: str, fault: Fault, path: str
) -> None:
    """With work to do all the time: the first one ends by itself, and not a single write of the two crosses."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    with pair.proxy.fault(fault, client="a", path=path):
        for number in range(60):
            cluster.apply(profile(namespace, f"p{number}", dashboards={"enabled": False}))
            if pair.replicas["a"].exit_code is not None and pair.leader() == "b":
                break
        wait_for(lambda: pair.leader() == "b", what="the other one leads", timeout=AFTER_A_CRASH + SLACK)
        cluster.apply(profile(namespace, "late"))
        settled(cluster, namespace, "late", timeout=60)
    assert 1 == pair.replicas["a"].wait(15)
    assert (["a", "b"], []) == (pair.turns(), pair.overlaps())
