"""Resync finds what the watches have lost, and a change of what is served is noticed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import FakeWorld, drain, world_of
from harness.profiles import alertmanager, notifications
from monitoring_operator.api.cluster import Unavailable
from monitoring_operator.api.resources import ALERTMANAGER, CONFIG_MAP, PROFILE, PROMETHEUS, PROMETHEUS_RULE, SECRET, SERVICE_MONITOR
from monitoring_operator.reconcile.resync import poll_sources, refresh_served, resync
from monitoring_operator.store import ProfileKey, ref_of, secret_ref

KEY = ProfileKey("shop", "web")


def settled(*objects: dict[str, Any]) -> tuple[FakeCluster, FakeWorld]:
    """An operator that has started on these objects and come to rest."""
    cluster = FakeCluster(*objects)
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    cluster.calls.clear()
    return cluster, world


def test_a_resync_of_an_unchanged_cluster_misses_and_writes_nothing() -> None:
    """Every key is looked at, none is written."""
    cluster, world = settled(profile_body())
    missed = asyncio.run(resync(world))
    asyncio.run(drain(world))

    assert {0} == set(missed.values())
    assert [] == cluster.writes()


def test_what_is_known_by_its_metadata_is_not_read_whole() -> None:
    """A thousand PrometheusRules are forty megabytes; of one that has changed the rest is read, for its status."""
    cluster, world = settled(profile_body())
    ref = next(r for r in cluster.objects if r.resource == PROMETHEUS_RULE)
    asyncio.run(resync(world, metadata_only=True))
    assert [] == [call for call in cluster.calls if call.startswith("get PrometheusRule")]
    verdict = [{"name": "main", "conditions": [{"type": "Accepted", "status": "False"}]}]
    cluster.put({**cluster.objects[ref], "status": {"bindings": verdict}})
    missed = asyncio.run(resync(world, metadata_only=True))

    assert ([f"get {ref}"], 1) == ([call for call in cluster.calls if call.startswith("get PrometheusRule")], sum(missed.values()))
    assert tuple(verdict) == world.store.children[ref].bindings


@pytest.mark.parametrize("metadata_only", [False, True])
@pytest.mark.parametrize("resource", [SERVICE_MONITOR, PROMETHEUS_RULE, CONFIG_MAP])
def test_a_delete_that_no_watch_told_is_healed_and_counted(resource: Any, *, metadata_only: bool) -> None:
    """The object is made again, and the count says that a watch is broken."""
    cluster, world = settled(profile_body())
    ref = next(r for r in cluster.objects if r.resource == resource)
    del cluster.objects[ref]
    missed = asyncio.run(resync(world, metadata_only=metadata_only))
    asyncio.run(drain(world))

    assert 1 == missed[resource] == sum(missed.values())
    assert ref in cluster.objects


@pytest.mark.parametrize("metadata_only", [False, True])
def test_an_edit_that_no_watch_told_is_healed_and_counted(*, metadata_only: bool) -> None:
    """A changed field of ours is put right, whoever did not tell us."""
    cluster, world = settled(profile_body())
    ref = next(r for r in cluster.objects if r.resource == SERVICE_MONITOR)
    edited = {**cluster.objects[ref], "spec": {**cluster.objects[ref]["spec"], "sampleLimit": 1}}
    cluster.put(edited)
    missed = asyncio.run(resync(world, metadata_only=metadata_only))
    asyncio.run(drain(world))

    assert 1 == missed[SERVICE_MONITOR]
    assert 50_000 == cluster.objects[ref]["spec"]["sampleLimit"]


def test_a_profile_whose_delete_was_lost_is_forgotten() -> None:
    """What it had elsewhere is swept; what is in its own namespace is the garbage collector's."""
    cluster, world = settled(profile_body(dashboards={"namespace": "grafana"}))
    elsewhere = [r for r in cluster.objects if r.namespace == "grafana"]
    assert elsewhere
    del cluster.objects[next(r for r in cluster.objects if r.resource == PROFILE)]
    missed = asyncio.run(resync(world))
    asyncio.run(drain(world))

    assert 1 == missed[PROFILE]
    assert [] == [r for r in cluster.objects if r.namespace == "grafana"]
    assert [r for r in cluster.objects if r.resource == SERVICE_MONITOR]
    assert KEY not in world.store.profiles


def test_what_was_made_while_a_list_was_on_its_way_is_not_taken_for_gone() -> None:
    """A list is a picture of a moment; a child that the watch told of since then stays known."""
    cluster, world = settled(profile_body())
    ref = next(r for r in cluster.objects if r.resource == SERVICE_MONITOR)
    real = cluster.list

    async def late(resource: Any, **chosen: Any) -> AsyncIterator[dict[str, Any]]:
        if resource == SERVICE_MONITOR:
            world.store.drop_child(ref)
            again = {**cluster.objects[ref], "metadata": {**cluster.objects[ref]["metadata"], "uid": "new", "resourceVersion": "999"}}
            world.store.put_child(again)
            return
        async for body in real(resource, **chosen):
            yield body

    cluster.list = late  # type: ignore[method-assign]
    asyncio.run(resync(world))

    assert "new" == world.store.children[ref].uid


def test_workloads_that_went_are_forgotten_and_everybody_is_looked_at() -> None:
    """Without its Prometheus, derived labels go."""
    prometheus = {
        "apiVersion": PROMETHEUS.api_version,
        "kind": PROMETHEUS.kind,
        "metadata": {"name": "k8s", "namespace": "monitoring"},
        "spec": {"serviceMonitorSelector": {"matchLabels": {"release": "kps"}}},
    }
    cluster, world = settled(prometheus, profile_body())
    monitor = next(r for r in cluster.objects if r.resource == SERVICE_MONITOR)
    assert "kps" == cluster.objects[monitor]["metadata"]["labels"]["release"]
    del cluster.objects[ref_of(prometheus)]
    missed = asyncio.run(resync(world))
    asyncio.run(drain(world))

    assert 1 == missed[PROMETHEUS]
    assert "release" not in cluster.objects[monitor]["metadata"]["labels"]


def test_types_that_come_later_are_taken_up() -> None:
    """prometheus-operator installed after the profile: every profile is looked at again."""
    cluster = FakeCluster(profile_body())
    cluster.types = frozenset({PROFILE.plural, CONFIG_MAP.plural, SECRET.plural})
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    assert not [r for r in cluster.objects if r.resource == SERVICE_MONITOR]
    assert not asyncio.run(refresh_served(world))
    cluster.types |= {SERVICE_MONITOR.plural, PROMETHEUS_RULE.plural, PROMETHEUS.plural, ALERTMANAGER.plural}

    assert asyncio.run(refresh_served(world))
    asyncio.run(drain(world))
    assert [r for r in cluster.objects if r.resource == SERVICE_MONITOR]


def test_an_unlabelled_secret_is_polled() -> None:
    """No watch tells of a Secret without our label; its change still reaches the Alertmanager's Secret, and asking alone wakes nobody."""
    source = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "notify", "namespace": "shop"},
        "data": {"pagerduty": "YQ==", "slack": "Yg=="},
    }
    cluster, world = settled(alertmanager("monitoring"), source, profile_body(notifications=notifications("monitoring")))
    asyncio.run(poll_sources(world))
    assert not world.queue.keys
    cluster.put({**source, "data": {"pagerduty": "Yw==", "slack": "Yg=="}})
    asyncio.run(poll_sources(world))
    asyncio.run(drain(world))

    assert "Yw==" in cluster.objects[secret_ref("monitoring", "routes")]["data"].values()


def test_an_outage_in_the_middle_of_a_resync_does_no_harm() -> None:
    """Half a picture is not taken for the whole: nothing is forgotten because a list failed."""
    cluster, world = settled(profile_body())
    before = dict(world.store.children)
    cluster.fault = lambda verb, target: Unavailable(503, "later") if (verb, target) == ("list", "configmaps") else None

    with pytest.raises(Unavailable):
        asyncio.run(resync(world))
    assert before == world.store.children
