"""A thousand profiles that are live cost little: nothing is judged twice, and pauses follow what looking costs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from harness.fake_cluster import profile_body
from harness.fake_world import drain
from harness.live_world import KEY, POOL, Scene, live, scene, service
from monitoring_operator.adoption.verdict import Question
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROFILE, PROMETHEUS, SERVICE_MONITOR, Resource
from monitoring_operator.reconcile import verify
from monitoring_operator.reconcile.dependencies import NAMESPACES_AT_ONCE, TOGETHER
from monitoring_operator.reconcile.observer import pauses
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.world import Watched, World
from monitoring_operator.store import ProfileKey


def test_what_has_not_changed_is_not_judged_again() -> None:
    """Look after look; and a change is."""

    async def play() -> None:
        found = await live()
        await found.look(after=10)
        watched = found.world.watched[KEY]
        judged = watched.judged
        assert judged is not None
        await found.look(after=10)
        assert judged is watched.judged
        found.monitoring.targets[POOL] = [("down", "refused")]
        await found.look(after=10)
        await found.look(after=10)

        assert judged is not watched.judged
        assert ("False", "TargetsDown") == found.condition("TargetsUp")[:2]

    asyncio.run(play())


def test_who_is_live_is_not_even_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """While nobody says anything new; once a minute everybody is judged all the same."""
    asked: list[ProfileKey] = []
    there = verify.question_of

    def counting(world: World, key: ProfileKey, watched: Watched) -> Question:
        asked.append(key)
        return there(world, key, watched)

    monkeypatch.setattr(verify, "question_of", counting)

    async def play() -> None:
        found = await live()
        for _ in range(40):
            await found.look(after=10)
        asked.clear()
        for _ in range(60):
            await found.look(after=10)
        assert 9 <= len(asked) <= 11
        asked.clear()
        found.monitoring.targets[POOL] = [("down", "refused")]
        await found.look(after=1)

        assert [KEY] == asked

    asyncio.run(play())


def test_who_has_been_live_for_long_has_time_to_come_back() -> None:
    """That all was well was seen in the last look, though nothing was judged in it."""

    async def play() -> None:
        found = await live()
        for _ in range(100):
            await found.look(after=10)
        found.monitoring.targets.pop(POOL)
        for _ in range(20):
            await found.look(after=10)
        assert "NoTargets" != found.condition("TargetsUp")[1]
        for _ in range(20):
            await found.look(after=10)

        assert "NoTargets" == found.condition("TargetsUp")[1]

    asyncio.run(play())


def test_a_namespace_that_stays_as_it_is_causes_no_judging() -> None:
    """Its Services are listed again and again while one of them is wrong, and say the same."""

    async def play() -> None:
        found = await live()
        found.monitoring.targets.pop(POOL)
        found.cluster.put(service("web"))
        for _ in range(3):
            await found.look(after=10)
        watched = found.world.watched[KEY]
        judged = watched.judged
        await found.look(after=1)
        assert judged is watched.judged
        found.cluster.put(service())
        await found.look(after=1)

        assert judged is not watched.judged

    asyncio.run(play())


@pytest.mark.parametrize(
    ("cost", "least", "calm"),
    [(0.0, 1.0, 10.0), (0.2, 2.0, 10.0), (0.3, 3.0, 15.0), (0.5, 5.0, 20.0), (30.0, 20.0, 20.0)],
)
def test_pauses_follow_the_cost(cost: float, least: float, calm: float) -> None:
    """A tenth of a core while something is waited for, a fiftieth otherwise; but somebody looks three times a minute."""
    assert (least, calm) == pytest.approx(pauses(cost, 10.0))
    assert 60.0 == pauses(cost, 60.0)[1]


def test_namespaces_are_asked_about_together() -> None:
    """Fifty lists one after the other would take a busy API server half a minute."""

    async def play() -> None:
        spaces = [f"team-{n}" for n in range(20)]
        found = scene(*(profile_body(s, "web") for s in spaces))
        at_once = most = 0
        there = found.cluster.list

        async def list_slowly(resource: Resource, **query: Any) -> AsyncIterator[Any]:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1
            async for body in there(resource, **query):
                yield body

        found.cluster.list = list_slowly  # type: ignore[method-assign]
        await found.settle()

        assert {*spaces, "shop"} == set(found.world.sightings.scenes)
        assert TOGETHER == most

    asyncio.run(play())


def refused(found: Scene, namespace: str) -> None:
    """prometheus-operator records an Event on the namespace's ServiceMonitor as it is now."""
    there = found.cluster.objects[Ref(SERVICE_MONITOR, namespace, "web")]["metadata"]
    about = {"uid": there["uid"], "resourceVersion": there["resourceVersion"]}
    metadata = {"namespace": namespace, "name": f"e{there['resourceVersion']}"}
    event = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about}
    found.cluster.put({**event, "reason": "InvalidConfiguration", "message": "no"})


def test_every_namespace_in_doubt_gets_its_turn() -> None:
    """Some in each look, and what was heard of the others stands; who waits for news of a change need not wait for his turn."""

    async def play() -> None:
        spaces = [f"team-{n:03}" for n in range(2 * NAMESPACES_AT_ONCE + 20)]
        keys = [ProfileKey(space, "web") for space in spaces]
        found = scene(*(profile_body(space, "web") for space in spaces))
        await resync(found.world)
        await drain(found.world)
        for space in spaces:
            refused(found, space)
        for _ in range(4):
            await found.look(after=1)

        assert {"NotAccepted"} == {found.condition("Accepted", key)[1] for key in keys}
        waits = keys[-1]
        body = found.cluster.objects[Ref(PROFILE, waits.namespace, waits.name)]
        changed = {**body, "metadata": {**body["metadata"], "generation": 2}}
        changed["spec"] = {"scrape": {**body["spec"]["scrape"], "interval": "45s"}}
        found.cluster.put(changed)
        await resync(found.world)
        await drain(found.world)
        refused(found, waits.namespace)
        await found.look(after=1)
        await found.look(after=1)

        assert ("NotAccepted", 2) == (found.condition("Accepted", waits)[1], found.status(waits)["observedGeneration"])
        assert {"NotAccepted"} == {found.condition("Accepted", key)[1] for key in keys}

    asyncio.run(play())


def test_pages_are_read_one_after_another_and_nobody_waits_for_the_silent() -> None:
    """Each may be 27 MB; who did not answer before is asked beside the others."""

    async def play() -> None:
        found = await live()
        found.cluster.objects[Ref(PROMETHEUS, "monitoring", "k8s")]["spec"]["replicas"] = 4
        found.monitoring.silent.add("prometheus-k8s-3")
        await resync(found.world)
        there, waiting = found.monitoring.get, asyncio.Event()
        at_once: set[str] = set()
        most: list[int] = []

        async def get_slowly(url: str, *, token: str = "") -> bytes:
            if "prometheus-k8s-3" in url:
                await waiting.wait()
            else:
                at_once.add(url)
                most.append(len(at_once))
                await asyncio.sleep(0)
                at_once.remove(url)
            return await there(url, token=token)

        await found.look(after=10)
        found.monitoring.get = get_slowly  # type: ignore[method-assign]
        looking = asyncio.create_task(found.look(after=10))
        async with asyncio.timeout(10):
            while len(most) < 4:  # three pages of rules, and one of Alertmanager
                await asyncio.sleep(0)
        waiting.set()
        await looking

        assert {1} == set(most)

    asyncio.run(play())


def test_an_api_server_that_fails_leaves_everything_as_it_was() -> None:
    """What it said before stands, and the next look asks again."""

    async def play() -> None:
        found = await live()

        def broken(*_: object, **__: object) -> AsyncIterator[Any]:
            raise ApiError(503, "no")

        found.world.watched[KEY].fresh = True
        found.cluster.list = broken  # type: ignore[method-assign]
        await found.look(after=10)

        assert found.world.watched[KEY].fresh
        assert ("True", "Live") == found.condition("Ready")[:2]

    asyncio.run(play())
