"""Events stay few: what happens again and again is counted instead."""

import asyncio
from typing import Any

import pytest

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import FakeWorld, world_of
from monitoring_operator.api.resources import Resource
from monitoring_operator.reconcile.events import Announcements, announce

READY = {"status": "True", "reason": "NotVerified", "message": "fine"}
BROKEN = {"status": "False", "reason": "InvalidSpec", "message": "x" * 2000}


class Recording(FakeCluster):
    """Keeps the Events."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    async def create(self, resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
        """One Event more."""
        assert resource.kind == "Event"
        self.events.append(body)
        return body


class Scene:
    """A profile whose readiness changes, and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cluster = Recording()
        self.world: FakeWorld = world_of(self.cluster)
        self.world.announcements = Announcements(clock=lambda: self.now)

    def change(self, before: dict[str, str], after: dict[str, str], name: str = "web") -> None:
        """Ready goes from one to the other."""
        body = profile_body(name=name)
        profile = {**body, "metadata": {**body["metadata"], "resourceVersion": "1"}}
        self.world.now = lambda: f"t{self.now:.0f}"
        asyncio.run(announce(self.world, profile, before, after))

    def told(self) -> list[tuple[str, int, str, str]]:
        """Reason, count, first and last time of each Event."""
        return [(e["reason"], e["count"], e["firstTimestamp"], e["lastTimestamp"]) for e in self.cluster.events]


@pytest.fixture
def scene() -> Scene:
    """Nothing was recorded yet."""
    return Scene()


def test_no_change_no_event(scene: Scene) -> None:
    """Another message is not another state."""
    scene.change(READY, {**READY, "message": "still fine"})

    assert [] == scene.told()


def test_a_flapping_profile_gets_two_events_in_ten_minutes(scene: Scene) -> None:
    """One for each reason; the next ones say how often it has happened since, and since when."""
    for second in range(600):
        scene.now = float(second)
        scene.change(*((READY, BROKEN) if second % 2 else (BROKEN, READY)))
    within = scene.told()
    scene.now = 601.0
    scene.change(READY, BROKEN)

    assert [("Ready", 1, "t0", "t0"), ("InvalidSpec", 1, "t1", "t1")] == within
    assert [("InvalidSpec", 300, "t3", "t601")] == scene.told()[2:]


def test_one_profile_does_not_silence_another(scene: Scene) -> None:
    """The limit is by object."""
    scene.change({}, BROKEN, "a")
    scene.change({}, BROKEN, "b")

    assert 2 == len(scene.told())


def test_messages_are_cut_to_what_the_api_server_takes(scene: Scene) -> None:
    """A longer one would be refused, and nobody would see any."""
    scene.change({}, BROKEN)

    assert [1024] == [len(e["message"]) for e in scene.cluster.events]


def test_what_is_long_over_is_forgotten(scene: Scene) -> None:
    """Thousands of profiles that come and go leave nothing behind."""
    for number in range(1000):
        scene.now = number * 60.0
        scene.change({}, BROKEN, f"p{number}")

    assert len(scene.world.announcements._windows) <= 20
