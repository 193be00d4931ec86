"""Late news, edited labels and half-failures: what a controller meets only on a bad day."""

import asyncio
from typing import Any

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import FakeWorld, drain, world_of
from monitoring_operator.api import names
from monitoring_operator.api.cluster import Unavailable
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import CONFIG_MAP, PROFILE, PROMETHEUS_RULE, SERVICE_MONITOR
from monitoring_operator.handlers import feeds
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.store import ProfileKey

KEY = ProfileKey("shop", "web")
MONITOR = Ref(SERVICE_MONITOR, "shop", "web")


def settled(*objects: dict[str, Any]) -> tuple[FakeCluster, FakeWorld]:
    """An operator at rest."""
    cluster = FakeCluster(*objects)
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    return cluster, world


def relabel(cluster: FakeCluster, world: FakeWorld, ref: Ref, **labels: str | None) -> None:
    """Somebody edits our labels on a child, and the watch tells of it."""
    body = cluster.objects[ref]
    metadata = body["metadata"]
    fields = {f"monitoring-operator.dev/{k.replace('_', '-')}": v for k, v in labels.items()}
    kept = {k: v for k, v in {**metadata["labels"], **fields}.items() if v is not None}
    feeds.on_child(world, "MODIFIED", cluster.put({**body, "metadata": {**metadata, "labels": kept}}))


def test_a_dead_profile_is_not_revived_by_a_late_answer() -> None:
    """The status was written at version 10, the profile deleted at 11, and the watch was faster than the answer."""
    cluster, world = settled(profile_body())
    body = cluster.objects.pop(Ref(PROFILE, "shop", "web"))
    gone = {**body, "metadata": {**body["metadata"], "resourceVersion": "10001"}}
    feeds.on_profile(world, "DELETED", gone)
    world.store.put_profile({**body, "metadata": {**body["metadata"], "resourceVersion": "10000"}})

    assert KEY not in world.store.profiles


def test_a_deleted_child_is_not_in_sync_because_of_a_late_answer() -> None:
    """The apply was answered at version 10, the child deleted at 11: it is made again at once."""
    cluster, world = settled(profile_body())
    body = cluster.objects.pop(MONITOR)
    gone = {**body, "metadata": {**body["metadata"], "resourceVersion": "10001"}}
    feeds.on_child(world, "DELETED", gone)
    world.store.put_child({**body, "metadata": {**body["metadata"], "resourceVersion": "10000"}})
    asyncio.run(drain(world))

    assert MONITOR in cluster.objects


def test_a_child_that_only_left_the_selector_is_taken_back() -> None:
    """A removed role label looks like a delete to the watch; later versions of the same object are not refused."""
    cluster, world = settled(profile_body())
    body = cluster.objects[MONITOR]
    labels = {k: v for k, v in body["metadata"]["labels"].items() if k != names.LABEL_ROLE}
    edited = cluster.put({**body, "metadata": {**body["metadata"], "labels": labels}})
    feeds.on_child(world, "DELETED", edited)
    asyncio.run(drain(world))

    assert names.ROLE_CHILD == cluster.objects[MONITOR]["metadata"]["labels"][names.LABEL_ROLE]
    assert MONITOR in world.store.children


def test_a_profile_label_that_is_taken_off_comes_back() -> None:
    """The former owner is woken, and knows its child by the owner reference."""
    cluster, world = settled(profile_body())
    relabel(cluster, world, MONITOR, profile=None)
    asyncio.run(drain(world))

    assert "web" == cluster.objects[MONITOR]["metadata"]["labels"][names.LABEL_PROFILE]
    assert "True" == next(c["status"] for c in cluster.objects[Ref(PROFILE, "shop", "web")]["status"]["conditions"] if c["type"] == "Ready")


def test_a_child_that_is_relabelled_to_another_profile_is_not_deleted_by_it() -> None:
    """A label can be edited by anybody; the UID beside it says whose the child is. Also where no owner reference is possible."""
    cluster, world = settled(profile_body(dashboards={"namespace": "grafana"}), profile_body(name="other"))
    board = next(r for r in cluster.objects if r.namespace == "grafana")
    uids = {r: cluster.objects[r]["metadata"]["uid"] for r in (board, MONITOR)}
    for ref in uids:
        relabel(cluster, world, ref, profile="other")
    asyncio.run(drain(world))

    assert uids == {r: cluster.objects[r]["metadata"]["uid"] for r in uids}
    assert {"web"} == {cluster.objects[r]["metadata"]["labels"][names.LABEL_PROFILE] for r in uids}


def test_a_child_relabelled_to_a_profile_that_does_not_exist_stays() -> None:
    """There is nobody of that name; that is no reason to sweep it."""
    cluster, world = settled(profile_body(dashboards={"namespace": "grafana"}))
    board = next(r for r in cluster.objects if r.namespace == "grafana")
    uid = cluster.objects[board]["metadata"]["uid"]
    relabel(cluster, world, board, profile="nobody")
    asyncio.run(drain(world))

    assert uid == cluster.objects[board]["metadata"]["uid"]
    assert "web" == cluster.objects[board]["metadata"]["labels"][names.LABEL_PROFILE]


def test_a_copy_that_somebody_else_wrote_under_our_labels_is_not_taken_over() -> None:
    """Our labels, but none of our fields: an object that was applied by hand before the profile was there."""
    theirs = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "web", "namespace": "shop", "labels": names.child_labels("web", "shop", "shop-web")},
        "spec": {"endpoints": []},
    }
    cluster, _ = settled(theirs, profile_body())

    assert {"endpoints": []} == cluster.objects[MONITOR]["spec"]


def test_a_missing_crd_does_not_keep_other_kinds_from_being_pruned() -> None:
    """Without prometheus-operator, switched-off dashboards go all the same."""
    cluster = FakeCluster(profile_body())
    cluster.types = frozenset({PROFILE.plural})
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    assert [r for r in cluster.objects if r.resource == CONFIG_MAP]
    feeds.on_profile(world, "MODIFIED", cluster.put(profile_body(generation=2, dashboards={"enabled": False})))
    asyncio.run(drain(world))

    assert [] == [r for r in cluster.objects if r.resource == CONFIG_MAP]


def test_what_might_be_replaced_stays_until_its_replacement_is_there() -> None:
    """Dashboards move to a namespace that refuses them: the old ones stay."""
    cluster, world = settled(profile_body())
    before = {r for r in cluster.objects if r.resource == CONFIG_MAP}
    cluster.fault = lambda verb, target: Unavailable(503, "later") if verb == "apply" and "grafana" in target else None
    feeds.on_profile(world, "MODIFIED", cluster.put(profile_body(generation=2, dashboards={"namespace": "grafana"})))
    asyncio.run(drain(world))

    assert before == {r for r in cluster.objects if r.resource == CONFIG_MAP}


def test_labels_that_are_selected_today_outlive_a_newcomers_disagreement() -> None:
    """A second Prometheus with another selector: nothing is unselected, and the profile says what is wrong."""

    def prometheus(name: str) -> dict[str, Any]:
        spec = {"ruleSelector": {"matchLabels": {"release": name}}}
        return {"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": {"name": name, "namespace": "m"}, "spec": spec}

    cluster, world = settled(prometheus("first"), profile_body())
    feeds.on_workload(world, "ADDED", cluster.put(prometheus("second")))
    asyncio.run(drain(world))
    rule = next(o for r, o in cluster.objects.items() if r.resource == PROMETHEUS_RULE)
    ready = next(c for c in cluster.objects[Ref(PROFILE, "shop", "web")]["status"]["conditions"] if c["type"] == "Ready")

    assert "first" == rule["metadata"]["labels"]["release"]
    assert ("False", "LabelsAmbiguous") == (ready["status"], ready["reason"])


def test_a_condition_of_somebody_else_costs_no_writes() -> None:
    """Another controller adds a condition of its own to the status; it is left alone and never compared."""
    cluster, world = settled(profile_body())
    body = cluster.objects[Ref(PROFILE, "shop", "web")]
    foreign = {"type": "Synced", "status": "True", "reason": "Argo", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    status = {**body["status"], "conditions": [*body["status"]["conditions"], foreign]}
    cluster.calls.clear()
    feeds.on_profile(world, "MODIFIED", cluster.put({**body, "status": status}))
    asyncio.run(drain(world))

    assert [] == cluster.writes()


def test_what_is_written_and_what_is_not_is_counted() -> None:
    """The first reconcile applies everything, the next one finds it unchanged; what cannot be applied has failed."""
    cluster, world = settled(profile_body())
    applied = world.journal.results["applied"]
    world.queue.add(KEY)
    asyncio.run(drain(world))
    unchanged = world.journal.results["unchanged"]
    cluster.fault = lambda verb, target: Unavailable(503, "no") if (verb, target) == ("apply", str(MONITOR)) else None
    feeds.on_profile(world, "MODIFIED", cluster.put(profile_body(generation=2, prometheus={"labels": {"team": "b"}})))
    asyncio.run(drain(world))

    assert applied == unchanged == len([r for r in cluster.objects if r.resource != PROFILE])
    assert 1 == world.journal.results["failed"]


def test_a_change_is_followed_from_its_news_to_its_status() -> None:
    """What the time until Ready is taken from; a profile that is gone is forgotten."""
    cluster, world = settled(profile_body())
    world.journal.progress.clear()
    feeds.on_profile(world, "MODIFIED", cluster.put(profile_body(generation=2, dashboards={"enabled": False})))
    asyncio.run(drain(world))
    body = cluster.objects.pop(Ref(PROFILE, "shop", "web"))
    feeds.on_profile(world, "DELETED", body)
    asyncio.run(drain(world))

    assert ["heard web 2", "judged web 2", "forgot shop/web"] == list(dict.fromkeys(world.journal.progress))
