"""One Alertmanager Secret for all: no profile can keep the others' routes from being written, and none is written too early."""

import asyncio
import base64
from typing import Any

import pytest

from harness.fake_cluster import FakeCluster
from harness.fake_world import FakeWorld, drain, world_of
from harness.profiles import alertmanager
from harness.shared_routes import ROUTES, credentials, receivers, start, with_routes
from monitoring_operator.api.cluster import Forbidden, Unavailable
from monitoring_operator.handlers import feeds
from monitoring_operator.queue import Retry
from monitoring_operator.reconcile import profile as module
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.store import ProfileKey, profile_ref, secret_ref


def test_all_parts_are_written_at_once() -> None:
    """A start with many profiles is one write of the Secret, with everybody's receivers."""
    namespaces = [f"n{i:02}" for i in range(20)]
    cluster, _, _ = start(*(o for n in namespaces for o in (with_routes(n), credentials(n))))

    assert [f"apply {ROUTES}"] == [w for w in cluster.writes() if w == f"apply {ROUTES}"]
    assert {f"{n}/web" for n in namespaces} == receivers(cluster)


@pytest.mark.parametrize("poison", ["invalid", "crash", "no-alertmanager"])
def test_one_poisoned_profile_does_not_hold_up_the_others(poison: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a spec that cannot be taken, nor a bug that it trips over, nor an Alertmanager that is not there."""
    bad = with_routes("bad")
    if poison == "invalid":
        bad["spec"]["alerts"] = {"extra": [{"alert": "A", "expr": "1 +", "severity": "warning", "summary": "A."}]}
    elif poison == "no-alertmanager":
        bad["spec"]["notifications"]["alertmanager"]["name"] = "other"
    else:
        real = module._valid
        monkeypatch.setattr(module, "_valid", lambda body: 1 / 0 if body["metadata"]["namespace"] == "bad" else real(body))
    cluster, _, _ = start(bad, credentials("bad"), with_routes("good"), credentials("good"))

    assert {"good/web"} == receivers(cluster)


def test_an_invalid_profile_keeps_the_part_that_is_live() -> None:
    """After a restart its last good route is read back from the Secret, not dropped from it."""
    cluster, _, _ = start(with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    broken = with_routes("a", alerts={"extra": [{"alert": "A", "expr": "1 +", "severity": "warning", "summary": "A."}]})
    broken["metadata"]["generation"] = 2
    cluster.put(broken)
    before = cluster.objects[ROUTES]["data"]
    restarted = world_of(cluster)
    asyncio.run(resync(restarted))
    asyncio.run(drain(restarted))

    assert before == cluster.objects[ROUTES]["data"]


def test_nothing_is_written_before_everybody_was_heard() -> None:
    """A configuration without some of the routes would drop their notifications: the Secret waits for the last profile."""
    cluster = FakeCluster(alertmanager("monitoring"), with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    world = world_of(cluster)
    asyncio.run(resync(world))
    silent = [k for k in world.queue.keys if str(k) == "b/web"]
    asyncio.run(drain(world, without=silent))

    assert ROUTES not in cluster.objects
    asyncio.run(drain(world))
    assert {"a/web", "b/web"} == receivers(cluster)


@pytest.mark.parametrize(("error", "reason"), [(Forbidden(403, "not allowed"), "Forbidden"), (Unavailable(503, "later"), "ApiUnavailable")])
def test_a_secret_that_cannot_be_written_is_said_and_tried_again(error: Exception, reason: str) -> None:
    """Where RBAC says no, or a webhook fails, the profiles say so: Ready is always there. Neither is an error of their children."""
    cluster = FakeCluster(alertmanager("monitoring"), with_routes("a"), credentials("a"))
    cluster.fault = lambda verb, target: error if (verb, target) == ("apply", str(ROUTES)) else None
    world = world_of(cluster)
    asyncio.run(resync(world))
    drained = asyncio.run(drain(world))

    assert any(isinstance(r, Retry) for r in drained.retries)
    status = next(o for r, o in cluster.objects.items() if r.name == "web").get("status", {})
    assert [reason] == [c["reason"] for c in status.get("conditions", ()) if c["type"] == "RoutesLive"]
    cluster.fault = lambda _verb, _target: None
    asyncio.run(drain(world, again=drained))
    assert {"a/web"} == receivers(cluster)


def delete(cluster: FakeCluster, world: Any, kind: str, namespace: str, name: str) -> None:
    """Somebody deletes an object, and the watch tells of it."""
    ref = next(r for r in cluster.objects if (r.resource.kind, r.namespace, r.name) == (kind, namespace, name))
    body = cluster.objects.pop(ref)
    feed = {"MonitoringProfile": feeds.on_profile, "Alertmanager": feeds.on_workload}.get(kind, feeds.on_child)
    feed(world, "DELETED", body)


def tell(cluster: FakeCluster, world: Any, body: dict[str, Any]) -> None:
    """Somebody creates or changes an object, and the watch tells of it."""
    kind = body["kind"]
    feed = {"MonitoringProfile": feeds.on_profile, "Alertmanager": feeds.on_workload}.get(kind, feeds.on_child)
    feed(world, "MODIFIED", cluster.put(body))


def restart_with_invalid(cluster: FakeCluster, namespace: str) -> FakeWorld:
    """The profile of a namespace becomes invalid while the operator is down; gives the new operator, at rest."""
    broken = with_routes(namespace, alerts={"extra": [{"alert": "A", "expr": "1 +", "severity": "warning", "summary": "A."}]})
    broken["metadata"]["generation"] = 2
    cluster.put(broken)
    restarted = world_of(cluster)
    asyncio.run(resync(restarted))
    asyncio.run(drain(restarted))
    return restarted


def move_to_foreign(*objects: dict[str, Any]) -> tuple[FakeCluster, FakeWorld]:
    """The profile of namespace `a` names another Alertmanager, whose Secret is somebody else's."""
    other = alertmanager("monitoring", "other-routes")
    other["metadata"]["name"] = "other"
    foreign = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "other-routes", "namespace": "monitoring"}, "data": {}}
    cluster, world, _ = start(with_routes("a"), credentials("a"), *objects, other, foreign)
    moved = with_routes("a")
    moved["metadata"]["generation"] = 2
    moved["spec"]["notifications"]["alertmanager"]["name"] = "other"
    tell(cluster, world, moved)
    asyncio.run(drain(world))
    return cluster, world


def test_a_change_that_would_break_an_assertion_changes_nothing() -> None:
    """What is live stays, for everybody; the profile says what it expected and what would have happened."""
    cluster, world, _ = start(with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    before = cluster.objects[ROUTES]["data"]
    changed = with_routes("a")
    changed["metadata"]["generation"] = 2
    changed["spec"]["notifications"] |= {"groupWait": "1s", "assertions": [{"labels": {"severity": "warning"}, "receivers": ["pagerDuty"]}]}
    tell(cluster, world, changed)
    asyncio.run(drain(world))

    assert before == cluster.objects[ROUTES]["data"]
    (valid,) = (c for c in cluster.objects[profile_ref(ProfileKey("a", "web"))]["status"]["conditions"] if c["type"] == "Valid")
    assert ("False", "InvalidSpec") == (valid["status"], valid["reason"])
    assert 'notifications.assertions[0]: expected pagerDuty to be told of {severity="warning"}; it would be Slack' in valid["message"]


def test_alertmanagers_that_read_one_secret_do_not_empty_it() -> None:
    """Two Alertmanager objects with the same configSecret are one target, whichever of them is looked at."""
    twin = alertmanager("monitoring")
    twin["metadata"]["name"] = "aaa"
    cluster, world, _ = start(with_routes("a"), credentials("a"), twin)
    for _round in range(3):
        asyncio.run(resync(world))
        asyncio.run(drain(world))

        assert {"a/web"} == receivers(cluster)


def test_a_terminating_profile_holds_up_nobody() -> None:
    """A profile that waits for somebody's finalizer is gone for us; the others' routes are written, and its own are not."""
    cluster, world, _ = start(with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    going = with_routes("a")
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    tell(cluster, world, going)
    tell(cluster, world, with_routes("c"))
    cluster.put(credentials("c"))
    asyncio.run(drain(world))

    assert {"b/web", "c/web"} == receivers(cluster)


def test_the_last_one_to_be_heard_need_not_contribute() -> None:
    """The Alertmanager's key ran while B was still silent; B then turns out to have no part in it. A's route is written all the same."""
    cluster = FakeCluster(alertmanager("monitoring"), with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    world = world_of(cluster)
    asyncio.run(resync(world))
    silent = [k for k in world.queue.keys if str(k) == "b/web"]
    asyncio.run(drain(world, without=silent))
    assert ROUTES not in cluster.objects
    delete(cluster, world, "MonitoringProfile", "b", "web")
    asyncio.run(drain(world))

    assert {"a/web"} == receivers(cluster)


def test_an_invalid_profile_that_is_deleted_takes_its_kept_part_along() -> None:
    """Its part was read back from the Secret after a restart; with the profile it goes, credentials included."""
    cluster, _, _ = start(with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    restarted = restart_with_invalid(cluster, "a")
    assert {"a/web", "b/web"} == receivers(cluster)
    delete(cluster, restarted, "MonitoringProfile", "a", "web")
    asyncio.run(drain(restarted))

    assert {"b/web"} == receivers(cluster)


def test_a_kept_part_survives_the_loss_of_the_secret() -> None:
    """Somebody deletes the Secret while a profile is invalid: what was written last is written again."""
    cluster, _, _ = start(with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    restarted = restart_with_invalid(cluster, "a")
    delete(cluster, restarted, "Secret", "monitoring", "routes")
    asyncio.run(drain(restarted))

    assert {"a/web", "b/web"} == receivers(cluster)


def test_a_move_to_another_alertmanager_leaves_no_moment_without_a_route() -> None:
    """The old part goes only once the new Secret holds it: where that one is somebody else's, notifications go on as before."""
    cluster, world = move_to_foreign()
    assert {"a/web"} == receivers(cluster)
    del cluster.objects[secret_ref("monitoring", "other-routes")]
    asyncio.run(resync(world))
    world.wake_routes()
    asyncio.run(drain(world))

    assert {"a/web"} == receivers(cluster, secret_ref("monitoring", "other-routes"))
    assert set() == receivers(cluster)


def test_a_profile_that_is_deleted_on_its_way_leaves_nothing_behind() -> None:
    """It has named an Alertmanager whose Secret is somebody else's, and is then deleted: its part goes from where it still was."""
    cluster, world = move_to_foreign(with_routes("b"), credentials("b"))
    delete(cluster, world, "MonitoringProfile", "a", "web")
    asyncio.run(drain(world))

    assert {"b/web"} == receivers(cluster)


def test_an_alertmanager_that_goes_and_comes_back_finds_its_routes() -> None:
    """Helm replaces the object: the Secret is left as it is meanwhile."""
    cluster, world, _ = start(with_routes("a"), credentials("a"))
    before = cluster.objects[ROUTES]
    delete(cluster, world, "Alertmanager", "monitoring", "main")
    asyncio.run(drain(world))

    assert before == cluster.objects[ROUTES]


def test_who_sees_a_rotated_secret_first_tells_the_others() -> None:
    """Two profiles refer to one Secret; one of them is reconciled for another reason before the event comes."""
    second = with_routes("a")
    second["metadata"] |= {"name": "api", "uid": "a-api"}
    cluster, world, _ = start(with_routes("a"), second, credentials("a"))
    rotated = credentials("a")
    rotated["data"]["pagerduty"] = base64.b64encode(b"rotated").decode()
    cluster.put(rotated)
    world.queue.add(ProfileKey("a", "api"))
    asyncio.run(drain(world))

    values = [base64.b64decode(v) for k, v in cluster.objects[ROUTES]["data"].items() if k != "alertmanager.yaml"]
    assert 2 == values.count(b"rotated")
