"""Two replicas of each shard, with a Lease each: one takes over in its own shard, and the shared Secret loses nothing."""

import json
import signal
import time
from pathlib import Path

import pytest

from harness.faults import WRITES, Crash
from harness.operator import grant_lease
from harness.proxy import FaultProxy
from harness.replicas import Replicas
from harness.secret_versions import Reader
from harness.teams import Scene
from harness.wait import wait_for
from monitoring_operator.alertmanager.secret import routed

AFTER_A_CRASH = 20.0
AFTER_A_SIGTERM = 3.0
FRAGMENTS = "monitoring-operator.dev/fragments"


def elected(scene: Scene, proxy: FaultProxy, account: Path, team: str) -> Replicas:
    """Two replicas of a team's shard, of which the first leads."""
    grant_lease(scene.cluster, f"shard-{team}")
    found = Replicas(proxy, {}, f"shard-{team}", len(proxy.writes()))
    for name in (f"{team}1", f"{team}2"):
        found.members[name] = scene.replica(team, name, proxy.door(name, account))
        wait_for(lambda: found.leader() == f"{team}1", what="the first one leads", timeout=60)
    return found


@pytest.mark.timeout(300)
def test_a_shard_changes_its_leader_and_nothing_is_lost(scene: Scene, proxy: FaultProxy, operator_account: Path) -> None:
    """One dies at its fragment, another is told to end: each is followed by its own shard's second, and no two write at once."""
    cluster = scene.cluster
    scene.assembler()
    shards = {team: elected(scene, proxy, operator_account, team) for team in ("a", "b")}
    for team in shards:
        scene.apply(team)
        scene.settled(team, timeout=90)
    died: list[float] = []

    def die() -> None:
        died.append(time.monotonic())
        shards["a"].members["a1"].kill()

    with Reader(cluster, scene.monitoring) as reader:
        wait_for(reader.events, what="the reader sees the Secret")
        with proxy.fault(Crash(die, after=True), client="a1", verbs=WRITES, path=r"/secrets/routes\.shard\.a$"):
            scene.apply("a", "late")
            wait_for(lambda: died, what="it dies at its fragment", timeout=90)
        scene.apply("b", "late")
        scene.settled("b", "late", timeout=90)
        told = time.monotonic()
        shards["b"].members["b1"].send(signal.SIGTERM)
        for team, shard in shards.items():
            wait_for(lambda: shard.leader() == f"{team}2", what=f"the second of {team} leads", timeout=90)  # noqa: B023 -- called at once
            scene.apply(team, "last")
        for team in shards:
            scene.settled(team, "late", timeout=90)
            scene.settled(team, "last", timeout=90)
        versions = [event["object"] for event in reader.all()]

    assert {f"{team}/{name}" for team in shards for name in ("web", "late", "last")} == scene.receivers()
    assert all({(namespace, "web") for namespace in scene.teams.values()} <= set(routed(version)) for version in versions)
    assert all({"a", "b"} == json.loads(version["metadata"]["annotations"][FRAGMENTS]).keys() for version in versions)
    assert (["a1", "a2"], []) == (shards["a"].turns(), shards["a"].overlaps())
    assert (["b1", "b2"], []) == (shards["b"].turns(), shards["b"].overlaps())
    for team, other in (("a", "b"), ("b", "a")):
        foreign = (f"/{scene.teams[other]}/", f"routes.shard.{other}")
        assert [] == [str(c) for c in shards[team].writes() if any(name in c.path for name in foreign)]
    assert shards["a"].waited("a2", died[0]) <= AFTER_A_CRASH
    assert shards["b"].waited("b2", told) <= AFTER_A_SIGTERM
