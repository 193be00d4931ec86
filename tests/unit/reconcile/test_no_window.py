"""The shared Secret is whole at every moment, whichever call the operator dies at."""

import asyncio
import base64
from typing import Any

import pytest
import yaml

from harness.fake_cluster import FakeCluster
from harness.fake_world import drain, world_of
from harness.shared_routes import ROUTES, credentials, receivers, start, with_routes
from monitoring_operator.handlers import feeds
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.store import ProfileKey


class Killed(BaseException):
    """The process ends here, without a chance to do anything about it."""


def watch(cluster: FakeCluster) -> list[set[str]]:
    """What the Secret held at every moment from now on: receivers by profile. A moment without a whole configuration fails at once."""
    seen: list[set[str]] = []
    put = cluster.put

    def watched(body: dict[str, Any]) -> dict[str, Any]:
        done = put(body)
        config = yaml.safe_load(base64.b64decode(cluster.objects[ROUTES]["data"]["alertmanager.yaml"]))
        assert config["route"]["receiver"] in {r["name"] for r in config["receivers"]}
        seen.append(receivers(cluster))
        return done

    cluster.put = watched  # type: ignore[method-assign]
    return seen


@pytest.mark.parametrize("change", ["rotation", "joins", "leaves", "breaks"])
def test_whichever_call_is_the_last_one_the_secret_is_whole(change: str) -> None:
    """The operator is killed at every call of a rewrite, and started again: nobody's routes are missing at any moment, and it ends as it
    would have without.
    """
    calls = 0
    while True:
        cluster, world, _ = start(with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
        seen = watch(cluster)
        _happen(cluster, world, change)
        before = len(cluster.calls)
        last = before + calls

        def dies(_verb: str, _target: str, *, cluster: FakeCluster = cluster, last: int = last) -> None:
            if len(cluster.calls) > last:
                raise Killed

        cluster.fault = dies
        alive = False
        try:
            asyncio.run(drain(world))
            alive = True
        except (Killed, BaseExceptionGroup):
            pass
        cluster.fault = lambda _verb, _target: None
        restarted = world_of(cluster)
        asyncio.run(resync(restarted))
        asyncio.run(drain(restarted))
        stays = {"b/web"} if change == "leaves" else {"a/web", "b/web"}
        assert all(stays <= held for held in seen)
        assert receivers(cluster) == stays | ({"c/web"} if change == "joins" else set())
        if alive:
            break
        calls += 1
    assert calls >= 2


def _happen(cluster: FakeCluster, world: Any, change: str) -> None:
    ref = next(r for r in cluster.objects if r.resource.kind == "MonitoringProfile" and r.namespace == "a")
    if change == "rotation":
        rotated = credentials("a")
        rotated["data"]["slack"] = base64.b64encode(b"rotated").decode()
        cluster.put(rotated)
        world.queue.add(ProfileKey("a", "web"))
    elif change == "joins":
        cluster.put(credentials("c"))
        feeds.on_profile(world, "ADDED", cluster.put(with_routes("c")))
    elif change == "leaves":
        feeds.on_profile(world, "DELETED", cluster.objects.pop(ref))
    else:
        broken = with_routes("a", alerts={"extra": [{"alert": "A", "expr": "1 +", "severity": "warning", "summary": "A."}]})
        broken["metadata"]["generation"] = 2
        feeds.on_profile(world, "MODIFIED", cluster.put(broken))
