"""The webhook's threads ask the event loop, and nothing that goes wrong there keeps a profile from being stored."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.fake_cluster import Body, FakeCluster, profile_body
from harness.fake_world import FakeWorld, world_of
from monitoring_operator.api.foreseen import Foreseen
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.profile import parse
from monitoring_operator.api.resources import PROMETHEUS_RULE
from monitoring_operator.handlers import reviews

PROFILE = parse(profile_body())


def world() -> FakeWorld:
    """Where somebody has made an object of a child's name."""
    metadata = {"name": "web-alerts", "namespace": "shop"}
    rules = {"apiVersion": PROMETHEUS_RULE.api_version, "kind": PROMETHEUS_RULE.kind, "metadata": metadata}
    return world_of(FakeCluster(rules))


def asked(world: FakeWorld, *, synced: bool = True) -> Foreseen:
    """What a thread is told while the loop runs."""

    async def play() -> Foreseen:
        return await asyncio.to_thread(reviews.foresight(world, synced=lambda: synced), PROFILE, None)

    return asyncio.run(play())


def test_the_loop_tells_what_it_knows() -> None:
    """As soon as everything was listed; before, and in a replica that waits for the Lease, nothing is said."""
    assert (1, 0) == (len(asked(world()).warnings), len(asked(world(), synced=False).warnings))


def test_a_busy_loop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile is stored without a word; here the loop stands still until the thread has its answer."""
    monkeypatch.setattr(reviews, "LONGEST", 0.01)

    async def play() -> Foreseen:
        with ThreadPoolExecutor() as pool:
            return pool.submit(reviews.foresight(world(), synced=lambda: True), PROFILE, None).result()

    assert Foreseen() == asyncio.run(play())


def test_of_a_crowd_most_are_answered_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than a few read at a time, and one that has read lets the next one."""
    monkeypatch.setattr(reviews, "MOST_READING", 1)
    crowded = world()
    second: list[Foreseen] = []

    async def play() -> list[Foreseen]:
        ask = reviews.foresight(crowded, synced=lambda: True)
        get = crowded.cluster.get

        async def slow(ref: Ref) -> Body | None:
            if not second:
                second.append(await asyncio.to_thread(ask, PROFILE, None))
            return await get(ref)

        monkeypatch.setattr(crowded.cluster, "get", slow)
        return [await asyncio.to_thread(ask, PROFILE, None), *second, await asyncio.to_thread(ask, PROFILE, None)]

    assert [1, 0, 1] == [len(told.warnings) for told in asyncio.run(play())]


def test_a_mistake_of_ours_refuses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged."""
    broken = world()
    broken.cluster.fault = lambda _verb, _target: ArithmeticError("oh")  # type: ignore[attr-defined]

    assert Foreseen() == asked(broken)
    assert "could not be looked at" in caplog.text
