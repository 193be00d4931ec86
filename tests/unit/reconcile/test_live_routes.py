"""Routes are live when every replica of Alertmanager runs them as they are now, and not a moment before."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from harness.fake_cluster import profile_body
from harness.fake_world import drain
from harness.live_world import PROFILE_REF, alertmanager, endpoints, live, service
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import SECRET
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.store import ProfileKey


def run(test: Callable[[], Any]) -> None:
    """Plays a test's coroutine through."""
    asyncio.run(test())


def test_an_alertmanager_whose_configuration_is_refused() -> None:
    """prometheus-operator says so in the object's own condition."""

    async def play() -> None:
        found = await live()
        refused = {"type": "Reconciled", "status": "False", "message": "provision configuration: unknown field"}
        found.cluster.put(alertmanager(conditions=[refused]))
        await found.settle()
        await found.look(after=9)

        assert ("False", "AlertmanagerConfigRejected") == found.condition("Ready")[:2]
        assert "unknown field" in found.condition("RoutesLive")[2]

    run(play)


def test_an_alertmanager_that_keeps_its_old_configuration() -> None:
    """It failed to load the new one, and says so in its metrics."""

    async def play() -> None:
        found = await live()
        found.monitoring.config, found.monitoring.reloaded = b"route: {}", False
        await found.look(after=1)
        await found.look(after=9)

        assert ("False", "AlertmanagerConfigRejected") == found.condition("RoutesLive")[:2]

    run(play)


@pytest.mark.parametrize("restarted", [False, True])
def test_routes_are_not_called_live_from_the_moment_they_are_written_anew(*, restarted: bool) -> None:
    """Though the old ones run and nothing else has changed: one status says so, and one that the new ones are loaded."""

    async def play() -> None:
        found = await live()
        secret = found.cluster.objects[Ref(SECRET, "shop", "notify")]
        found.cluster.put({**secret, "data": {"slack": "aHR0cDovL3k="}})
        if restarted:
            found.restart()
            await found.settle()
        await resync(found.world)
        await drain(found.world)

        assert ("Unknown", "Pending") == found.condition("RoutesLive")[:2] == found.condition("Ready")[:2]
        assert 1 == len([w for w in found.writes() if w.startswith("status")])
        await found.look(after=1)
        assert [] == found.writes()
        found.take_up()
        await found.look(after=1)
        assert ("True", "Live") == found.condition("Ready")[:2]
        assert ["status MonitoringProfile shop/web"] == found.writes()

    run(play)


def test_another_profiles_route_takes_nobodys_readiness_away() -> None:
    """While the new configuration is on its way, the old one that runs holds the same routes for everybody else."""

    async def play() -> None:
        found = await live()
        notify = {**found.cluster.objects[Ref(SECRET, "shop", "notify")], "metadata": {"namespace": "shop2", "name": "notify"}}
        other = profile_body("shop2", "web", notifications=found.cluster.objects[PROFILE_REF]["spec"]["notifications"])
        for thing in (notify, other, service(namespace="shop2"), endpoints(namespace="shop2")):
            found.cluster.put(thing)
        await found.settle()
        found.generate()
        for _ in range(3):
            await found.look(after=10)

        assert ("True", "Live") == found.condition("Ready")[:2]
        assert "Pending" == found.condition("RoutesLive", ProfileKey("shop2", "web"))[1]
        assert not [w for w in found.writes() if w == "status MonitoringProfile shop/web"]

    run(play)
