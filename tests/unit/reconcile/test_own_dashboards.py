"""Dashboards of users' own in a cluster: what is missing or broken is named, the rest is applied, and the last good one stays."""

import asyncio
import json
from typing import Any

import pytest

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import FakeWorld, drain, world_of
from monitoring_operator.api import names
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import CONFIG_MAP, PROFILE
from monitoring_operator.handlers.feeds import on_child, on_profile
from monitoring_operator.reconcile.resync import poll_sources, resync

EXTRA = {"extra": [{"configMapKeyRef": {"name": "boards", "key": "a.json"}}], "include": ["system-overview"]}
SOURCE = Ref(CONFIG_MAP, "shop", "boards")
OURS = "web-system-overview"


def boards(text: str, key: str = "a.json", **labels: str) -> dict[str, Any]:
    """The ConfigMap that the profile refers to."""
    metadata = {"name": "boards", "namespace": "shop", "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {key: text}}


def dashboard(title: str) -> str:
    """A dashboard that can be taken."""
    return json.dumps({"title": title, "panels": [{"title": "P", "targets": [{"expr": "up"}]}]})


@pytest.fixture
def cluster() -> FakeCluster:
    """A profile that refers to a ConfigMap."""
    return FakeCluster(profile_body(dashboards=EXTRA))


@pytest.fixture
def world(cluster: FakeCluster) -> FakeWorld:
    """An operator that has just started there."""
    world = world_of(cluster)
    asyncio.run(resync(world))
    return world


def settle(world: FakeWorld) -> None:
    """Everything that is wanted is done."""
    asyncio.run(drain(world))


def own(cluster: FakeCluster) -> list[str]:
    """Titles of the dashboards of the user's own that are there."""
    found = [b for r, b in cluster.objects.items() if r.resource == CONFIG_MAP and r.name.startswith("web-extra-")]
    return [json.loads(text)["title"].removesuffix(" (shop/web)") for body in found for text in body["data"].values()]


def told(cluster: FakeCluster) -> tuple[str, str] | None:
    """Reason and message of DashboardsApplied, which Ready repeats; None while there is nothing to say."""
    (profile,) = (b for r, b in cluster.objects.items() if r.resource == PROFILE)
    conditions = {c["type"]: c for c in profile["status"]["conditions"]}
    found = conditions["DashboardsApplied"]
    if found["status"] == "True":
        assert conditions["Ready"]["status"] == "True"
        return None
    assert (conditions["Ready"]["reason"], conditions["Ready"]["message"]) == (found["reason"], found["message"])
    return found["reason"], found["message"]


def test_what_is_missing_is_named_and_heals(cluster: FakeCluster, world: FakeWorld) -> None:
    """Everything else is applied at once; a look at what is not watched finds the ConfigMap when it comes."""
    settle(world)

    assert ("ConfigMapMissing", "spec.dashboards.extra[0]: there is no ConfigMap boards with the key a.json") == told(cluster)
    assert Ref(CONFIG_MAP, "shop", OURS) in cluster.objects

    cluster.put(boards(dashboard("A"), key="other.json"))
    asyncio.run(poll_sources(world))
    settle(world)

    assert told(cluster) is not None

    cluster.put(boards(dashboard("A")))
    asyncio.run(poll_sources(world))
    settle(world)

    assert (["A"], None) == (own(cluster), told(cluster))


def test_a_labelled_source_is_noticed_at_once(cluster: FakeCluster, world: FakeWorld) -> None:
    """The watch of `role: source` wakes the profiles that refer to it, when it comes, changes and goes."""
    settle(world)
    for kind, title in (("ADDED", "A"), ("MODIFIED", "B"), ("DELETED", "B")):
        body = cluster.put(boards(dashboard(title), **{names.LABEL_ROLE: names.ROLE_SOURCE}))
        if kind == "DELETED":
            del cluster.objects[SOURCE]
        on_child(world, kind, body)
        settle(world)

        assert [title] == own(cluster)
    assert told(cluster) is not None


@pytest.mark.parametrize("broken", ["{", json.dumps({"title": "A", "panels": [{"title": "P", "targets": [{"expr": "sum("}]}]}), None])
def test_the_last_good_one_stays(broken: str | None, cluster: FakeCluster, world: FakeWorld) -> None:
    """Whether the ConfigMap breaks or goes, and whether the operator is a new one or not; the condition says what is wrong."""
    cluster.put(boards(dashboard("A")))
    settle(world)
    if broken is None:
        del cluster.objects[SOURCE]
    else:
        cluster.put(boards(broken))
    asyncio.run(poll_sources(world))
    settle(world)
    restarted = world_of(cluster)
    asyncio.run(resync(restarted))
    settle(restarted)

    reason, message = told(cluster) or ("", "")
    assert ["A"] == own(cluster)
    assert ("ConfigMapMissing" if broken is None else "DashboardInvalid") == reason
    assert message.startswith("spec.dashboards.extra[0]: ")
    before = cluster.writes()
    asyncio.run(resync(restarted))
    settle(restarted)
    assert before == cluster.writes()


def test_the_last_good_one_stays_while_dashboards_move(cluster: FakeCluster, world: FakeWorld) -> None:
    """In a new namespace it cannot be made without its source; the old one goes when it can."""
    cluster.put(boards(dashboard("A")))
    settle(world)
    (old,) = (r for r in cluster.objects if r.name.startswith("web-extra-"))
    del cluster.objects[SOURCE]
    moved = profile_body(generation=2, dashboards={**EXTRA, "namespace": "grafana"})
    on_profile(world, "MODIFIED", cluster.put(moved))
    settle(world)

    assert old in cluster.objects
    assert Ref(CONFIG_MAP, "shop", OURS) not in cluster.objects

    cluster.put(boards(dashboard("A")))
    asyncio.run(poll_sources(world))
    settle(world)

    assert old not in cluster.objects
    assert Ref(CONFIG_MAP, "grafana", f"shop.web.{old.name.removeprefix('web-')}") in cluster.objects


def test_one_that_is_not_wanted_any_more_goes(cluster: FakeCluster, world: FakeWorld) -> None:
    """Left out of the list, it is deleted, whether its source is there or not."""
    cluster.put(boards(dashboard("A")))
    settle(world)
    del cluster.objects[SOURCE]
    on_profile(world, "MODIFIED", cluster.put(profile_body(generation=2, dashboards={"include": ["system-overview"]})))
    settle(world)

    assert ([], None) == (own(cluster), told(cluster))


@pytest.mark.parametrize("other", [("shop", "api"), ("depot", "web")])
def test_two_profiles_with_one_dashboard_do_not_collide(other: tuple[str, str]) -> None:
    """The same text under one title and uid, from one ConfigMap or from two: each profile's has a title and a uid of its own."""
    text = json.dumps({**json.loads(dashboard("A")), "uid": "same"})
    both = [profile_body(*key, dashboards=EXTRA) for key in (("shop", "web"), other)]
    cluster = FakeCluster(*both, boards(text))
    cluster.put({**boards(text), "metadata": {"name": "boards", "namespace": other[0]}})
    world = world_of(cluster)
    asyncio.run(resync(world))
    settle(world)

    found = [json.loads(text) for r, b in cluster.objects.items() if "-extra-" in r.name for text in b["data"].values()]
    assert ["A (shop/web)", f"A ({'/'.join(other)})"] == sorted((b["title"] for b in found), reverse=True)
    assert len({b["uid"] for b in found} - {"same"}) == 2
    conditions = [c for r, b in cluster.objects.items() if r.resource == PROFILE for c in b["status"]["conditions"]]
    assert ["True", "True"] == [c["status"] for c in conditions if c["type"] == "DashboardsApplied"]
