"""One Alertmanager Secret for all: no profile can keep the others' routes from being written, and none is written too early."""

import asyncio
import base64
from typing import Any

import pytest
import yaml

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import Drained, drain, world_of
from harness.profiles import alertmanager, notifications
from monitoring_operator.api.cluster import Forbidden, Unavailable
from monitoring_operator.queue import Retry
from monitoring_operator.reconcile import profile as module
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.world import Key, World
from monitoring_operator.store import secret_ref

ROUTES = secret_ref("monitoring", "routes")


def with_routes(namespace: str, **spec: Any) -> dict[str, Any]:
    """A profile that notifies through monitoring/main."""
    return profile_body(namespace, notifications=notifications("monitoring"), **spec)


def credentials(namespace: str) -> dict[str, Any]:
    """The Secret that its notifications refer to."""
    data = {k: base64.b64encode(f"{namespace}-{k}".encode()).decode() for k in ("pagerduty", "slack")}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "notify", "namespace": namespace}, "data": data}


def receivers(cluster: FakeCluster) -> set[str]:
    """Receivers in the written configuration."""
    data = cluster.objects[ROUTES]["data"]["alertmanager.yaml"]
    return {r["name"].rpartition("/")[0] for r in yaml.safe_load(base64.b64decode(data))["receivers"] if "/" in r["name"]}


def start(*objects: dict[str, Any]) -> tuple[FakeCluster, World, Drained]:
    """A cluster with these objects and an Alertmanager, after an operator has started and settled there."""
    cluster = FakeCluster(alertmanager("monitoring"), *objects)
    world = world_of(cluster)
    asyncio.run(resync(world))
    return cluster, world, asyncio.run(drain(world))


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
    silent: list[Key] = [k for k in world.queue.keys if str(k) == "b/web"]
    asyncio.run(drain(world, without=silent))

    assert ROUTES not in cluster.objects
    asyncio.run(drain(world))
    assert {"a/web", "b/web"} == receivers(cluster)


@pytest.mark.parametrize(("error", "reason"), [(Forbidden(403, "not allowed"), "Forbidden"), (Unavailable(503, "later"), "")])
def test_a_secret_that_cannot_be_written_is_said_and_tried_again(error: Exception, reason: str) -> None:
    """Where RBAC says no, the profiles say so; an outage is just tried again. Neither is an error of the profile's children."""
    cluster = FakeCluster(alertmanager("monitoring"), with_routes("a"), credentials("a"))
    cluster.fault = lambda verb, target: error if (verb, target) == ("apply", str(ROUTES)) else None
    world = world_of(cluster)
    asyncio.run(resync(world))
    drained = asyncio.run(drain(world))

    assert any(isinstance(r, Retry) for r in drained.retries)
    status = next(o for r, o in cluster.objects.items() if r.name == "web").get("status", {})
    assert ([reason] if reason else []) == [c["reason"] for c in status.get("conditions", ()) if c["type"] == "RoutesLive"]
    cluster.fault = lambda _verb, _target: None
    asyncio.run(drain(world, again=drained))
    assert {"a/web"} == receivers(cluster)
