"""Dashboards that would collide with somebody else's are named before they are written, and Grafana is asked where it can be."""

import asyncio
from collections.abc import Callable
from typing import Any

from harness.fake_world import drain
from harness.live_world import KEY, live, scene
from monitoring_operator.adoption.replicas import Way
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.world import Verification


def run(test: Callable[[], Any]) -> None:
    """Plays a test's coroutine through."""
    asyncio.run(test())


def test_a_collision_of_dashboards_is_found_before_it_is_written() -> None:
    """The ConfigMap of others is there first; ours is not written, and comes when the other goes."""

    async def play() -> None:
        found = await live()
        ours = found.cluster.objects[Ref(CONFIG_MAP, "shop", "web-system-overview")]
        theirs = {**ours, "metadata": {"namespace": "other", "name": "theirs", "labels": {"grafana_dashboard": "1"}}}
        del found.cluster.objects[Ref(CONFIG_MAP, "shop", "web-system-overview")]
        found.cluster.put(theirs)
        found.world.shelf.listed.clear()
        found.restart()
        await found.settle()
        assert ("False", "DashboardConflict") == found.condition("Ready")[:2]
        assert "ConfigMap other/theirs" in found.condition("DashboardsApplied")[2]
        assert Ref(CONFIG_MAP, "shop", "web-system-overview") not in found.cluster.objects
        del found.cluster.objects[Ref(CONFIG_MAP, "other", "theirs")]
        await found.look(after=1)

        assert ("True", "Live") == found.condition("Ready")[:2]

    run(play)


def test_a_copy_of_a_dashboard_is_named_though_it_has_our_labels() -> None:
    """`kubectl get -o yaml` and another name: Grafana would see one uid twice. One that no sidecar reads is nobody's concern."""

    async def play() -> None:
        found = await live()
        ours = found.cluster.objects[Ref(CONFIG_MAP, "shop", "web-system-overview")]
        labels = ours["metadata"]["labels"]
        for name, unread in (("copy", ""), ("unread", "grafana_dashboard")):
            copied = {"namespace": "shop", "name": name, "labels": {k: v for k, v in labels.items() if k != unread}}
            found.cluster.put({**ours, "metadata": copied})
        await resync(found.world)
        await drain(found.world)
        await found.look(after=21)

        assert ("False", "DashboardConflict") == found.condition("Ready")[:2]
        assert "which the one in ConfigMap shop/copy has already" in found.condition("DashboardsApplied")[2]
        del found.cluster.objects[Ref(CONFIG_MAP, "shop", "copy")]
        await resync(found.world)
        await found.look(after=21)

        assert ("True", "Live") == found.condition("Ready")[:2]

    run(play)


def test_grafana_is_asked_where_there_is_a_token() -> None:
    """Until it has all dashboards the profile is not ready; the token goes to Grafana and nowhere else."""

    async def play() -> None:
        found = scene()
        found.verification = Verification(Way.DIRECT, grafana_url="http://grafana.example", grafana_token="hush")
        found.restart()
        await found.settle()
        found.take_up()
        await found.look(after=1)
        assert ("Unknown", "Pending") == found.condition("DashboardsApplied")[:2]
        found.monitoring.dashboards = [b.uid for b in found.world.watched[KEY].expected.boards]
        await found.look(after=1)

        assert ("True", "Live") == found.condition("Ready")[:2]
        assert {"http://grafana.example/api/search?type=dash-db&limit=5000 hush"} == {r for r in found.monitoring.requests if "hush" in r}

    run(play)
