"""The shared Secret keeps what it has: over the limit, against a bad whole, one greedy profile, and whoever takes it over."""

import asyncio
import base64
from typing import Any

import pytest

from harness.fake_cluster import FakeCluster
from harness.fake_world import FakeWorld, drain
from harness.shared_routes import ROUTES, credentials, receivers, start, with_routes
from monitoring_operator.alertmanager import secret
from monitoring_operator.alertmanager.merge import Merged, merge
from monitoring_operator.api.cluster import ApiError, Conflict
from monitoring_operator.handlers import feeds
from monitoring_operator.reconcile import alertmanager as module
from monitoring_operator.reconcile.resync import poll_sources, resync


def two() -> tuple[FakeCluster, FakeWorld]:
    """Two profiles whose routes are live."""
    cluster, world, _ = start(with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    return cluster, world


def join(cluster: FakeCluster, world: FakeWorld, namespace: str) -> None:
    """A third profile comes."""
    cluster.put(with_routes(namespace))
    cluster.put(credentials(namespace))
    asyncio.run(resync(world))
    asyncio.run(drain(world))


def verdict(cluster: FakeCluster, namespace: str) -> tuple[str, str]:
    """Reason and message of a profile's RoutesLive."""
    status = next(o for r, o in cluster.objects.items() if r.namespace == namespace and "status" in o)["status"]
    found = next(c for c in status["conditions"] if c["type"] == "RoutesLive")
    return found["reason"], found["message"]


def test_over_the_limit_the_last_good_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody is told how large it would be; once there is room, it is written."""
    cluster, world = two()
    before = cluster.objects[ROUTES]
    with monkeypatch.context() as patched:
        patched.setattr(secret, "SIZE_LIMIT", 4000)
        join(cluster, world, "c")
        assert cluster.objects[ROUTES] == before
        reason, message = verdict(cluster, "c")
        assert reason == "Rejected"
        assert "a Secret takes 4000" in message
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    assert receivers(cluster) == {"a/web", "b/web", "c/web"}


def test_a_whole_that_would_be_refused_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where every part is good by itself, the whole is read once more before it replaces what is live."""
    cluster, world = two()
    before = cluster.objects[ROUTES]

    def doubled(*given: Any) -> Merged:
        made = merge(*given)
        return Merged(made.config.replace("receivers:\n", "receivers:\n- name: a/web/critical\n"), made.files)

    monkeypatch.setattr(module, "merge", doubled)
    join(cluster, world, "c")
    assert cluster.objects[ROUTES] == before
    assert verdict(cluster, "c") == (
        "Rejected",
        "the merged configuration would be refused: receivers: 'a/web/critical' stands there 2 times",
    )


def test_a_giant_credential_harms_its_profile_alone() -> None:
    """It would use up everybody's room: the profile's last good part stays, the others' changes are written."""
    cluster, world = two()
    giant = credentials("a")
    giant["data"]["slack"] = base64.b64encode(b"PLANTED" * 100_000).decode()
    cluster.put(giant)
    asyncio.run(poll_sources(world))
    asyncio.run(drain(world))
    join(cluster, world, "c")
    assert receivers(cluster) == {"a/web", "b/web", "c/web"}
    reason, message = verdict(cluster, "a")
    assert reason == "Rejected"
    assert "a.web.warning.0.api_url: has 700000 characters; a credential may have 4096" in message
    assert "PLANTED" not in message
    assert verdict(cluster, "b")[0] == "NotVerified"


@pytest.mark.parametrize("label", ["Helm", "monitoring-operator"])
def test_a_secret_that_helm_takes_over_is_written_no_more(label: str) -> None:
    """It was ours, and we own its fields: they are not forced back."""
    cluster, world = two()
    taken = cluster.objects[ROUTES]
    taken["metadata"]["labels"]["app.kubernetes.io/managed-by"] = label
    taken["metadata"]["annotations"] = {"meta.helm.sh/release-name": "kps"}
    taken["data"]["alertmanager.yaml"] = base64.b64encode(b"route: {receiver: theirs}").decode()
    feeds.on_child(world, "MODIFIED", cluster.put(taken))
    before = cluster.objects[ROUTES]
    asyncio.run(drain(world))
    join(cluster, world, "c")

    assert cluster.objects[ROUTES] == before
    assert verdict(cluster, "c")[0] == "AlertmanagerSecretForeign"


def test_a_secret_that_changes_under_our_hands_is_looked_at_again() -> None:
    """Whoever took it over between our look and our write is not overwritten."""
    cluster, world = two()
    taken: list[dict[str, Any]] = []

    def takes_over(verb: str, target: str) -> ApiError | None:
        if (verb, target) == ("apply", str(ROUTES)) and not taken:
            theirs = cluster.objects[ROUTES]
            taken.append(cluster.put({**theirs, "metadata": {**theirs["metadata"], "labels": {}}}))
        return None

    cluster.fault = takes_over
    cluster.put(with_routes("c"))
    cluster.put(credentials("c"))
    asyncio.run(resync(world))
    drained = asyncio.run(drain(world))
    assert isinstance(drained.retries[0].__cause__, Conflict)
    asyncio.run(drain(world, again=drained))

    assert cluster.objects[ROUTES]["metadata"]["resourceVersion"] == taken[0]["metadata"]["resourceVersion"]
    assert verdict(cluster, "a")[0] == "AlertmanagerSecretForeign"
