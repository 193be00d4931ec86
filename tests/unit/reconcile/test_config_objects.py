"""The second mode in the operator: an AlertmanagerConfig as a child, and no moment without routes on the way there and back."""

import asyncio
import base64
from typing import Any

import pytest

from harness.fake_cluster import FakeCluster
from harness.fake_world import FakeWorld, drain, world_of
from harness.profiles import alertmanager
from harness.shared_routes import ROUTES, credentials, receivers, with_routes
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import ALERTMANAGER_CONFIGS
from monitoring_operator.handlers import feeds
from monitoring_operator.reconcile.resync import poll_sources, resync

BETA, ALPHA = ALERTMANAGER_CONFIGS
SELECTING: dict[str, Any] = {"alertmanagerConfigSelector": {"matchLabels": {"team": "a"}}, "alertmanagerConfigNamespaceSelector": {}}


def with_mode(namespace: str, mode: str = "AlertmanagerConfig", *, generation: int = 1) -> dict[str, Any]:
    """A profile that notifies in that mode."""
    body = with_routes(namespace)
    body["metadata"]["generation"] = generation
    body["spec"]["notifications"]["mode"] = mode
    return body


def selecting(**spec: Any) -> dict[str, Any]:
    """An Alertmanager that selects AlertmanagerConfigs."""
    body = alertmanager("monitoring")
    body["spec"] |= SELECTING | spec
    body["spec"] = {k: v for k, v in body["spec"].items() if v is not None}
    return body


def started(*objects: dict[str, Any], versions: tuple[str, ...] = ("v1alpha1",)) -> tuple[FakeCluster, FakeWorld]:
    """An operator at rest, where AlertmanagerConfig is served in these versions."""
    cluster = FakeCluster(*objects)
    cluster.unserved = {r.api_version for r in ALERTMANAGER_CONFIGS if r.version not in versions}
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    return cluster, world


def configs(cluster: FakeCluster) -> list[Ref]:
    """The AlertmanagerConfigs that there are."""
    return sorted(r for r in cluster.objects if r.resource in ALERTMANAGER_CONFIGS)


def verdict(cluster: FakeCluster, namespace: str, type_: str = "RoutesLive") -> tuple[str, str]:
    """Reason and message of a condition of a profile."""
    status = next(o for r, o in cluster.objects.items() if r.namespace == namespace and "status" in o)["status"]
    found = next(c for c in status["conditions"] if c["type"] == type_)
    return found["reason"], found["message"]


@pytest.mark.parametrize(
    ("versions", "resource"), [(("v1alpha1",), ALPHA), (("v1beta1",), BETA), (("v1alpha1", "v1beta1"), BETA)], ids=["old", "new", "both"]
)
def test_one_object_in_the_version_that_is_served(versions: tuple[str, ...], resource: Any) -> None:
    """With the labels that the Alertmanager selects by; the shared Secret has nothing of the profile; a second start writes nothing."""
    cluster, _ = started(selecting(), with_mode("a"), credentials("a"), versions=versions)
    assert configs(cluster) == [Ref(resource, "a", "web")]
    written = cluster.objects[Ref(resource, "a", "web")]
    assert written["metadata"]["labels"]["team"] == "a"
    assert ROUTES not in cluster.objects
    assert verdict(cluster, "a")[0] == "NotVerified"
    credentials_in_it = [v for v in credentials("a")["data"].values() if base64.b64decode(v).decode() in str(written)]
    assert credentials_in_it == []
    cluster.calls.clear()
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    assert cluster.writes() == []


def test_a_missing_type_is_said() -> None:
    """The CRD may be left out of an installation."""
    cluster, _ = started(selecting(), with_mode("a"), credentials("a"), versions=())
    reason, message = verdict(cluster, "a", "Applied")
    assert reason == "CrdMissing"
    assert "AlertmanagerConfig" in message


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"alertmanagerConfigSelector": None}, "its alertmanagerConfigSelector is not set"),
        ({"alertmanagerConfigNamespaceSelector": None}, "selects in its own namespace only"),
    ],
)
def test_an_object_that_nobody_selects_is_said(spec: dict[str, Any], words: str) -> None:
    """It would be there, and tell nobody."""
    cluster, _ = started(selecting(**spec), with_mode("a"), credentials("a"))
    reason, message = verdict(cluster, "a")
    assert reason == "AlertmanagerConfigNotSelected"
    assert words in message


def test_a_missing_credential_is_named_and_heals() -> None:
    """Its receiver is left out meanwhile, because prometheus-operator would pass over the whole object."""
    cluster, world = started(selecting(), with_mode("a"))
    assert verdict(cluster, "a")[0] == "SecretMissing"
    assert [r["name"] for r in cluster.objects[Ref(ALPHA, "a", "web")]["spec"]["receivers"]] == ["nobody"]
    cluster.put(credentials("a"))
    asyncio.run(poll_sources(world))
    asyncio.run(drain(world))
    assert len(cluster.objects[Ref(ALPHA, "a", "web")]["spec"]["receivers"]) == 3
    assert verdict(cluster, "a")[0] == "NotVerified"


def test_there_and_back_there_is_no_moment_without_a_route() -> None:
    """What comes is there before what goes: at every write the profile has its object, or its part of the Secret."""
    cluster, world = started(selecting(), with_mode("a", "Secret"), credentials("a"), with_mode("b", "Secret"), credentials("b"))
    moments: list[bool] = []
    put, objects = cluster.put, cluster.objects

    def routed() -> bool:
        return Ref(ALPHA, "a", "web") in objects or "a/web" in receivers(cluster)

    def watched(body: dict[str, Any]) -> dict[str, Any]:
        done = put(body)
        moments.append(routed())
        return done

    cluster.put = watched  # type: ignore[method-assign]
    for generation, mode in ((2, "AlertmanagerConfig"), (3, "Secret")):
        feeds.on_profile(world, "MODIFIED", put(with_mode("a", mode, generation=generation)))
        asyncio.run(drain(world))
        moments.append(routed())
        there = mode == "AlertmanagerConfig"
        assert (configs(cluster) != [], "a/web" in receivers(cluster)) == (there, not there)
        assert "b/web" in receivers(cluster)
    assert all(moments)


def test_an_object_stays_while_the_secret_is_someone_elses() -> None:
    """The way back leads nowhere: the old one is kept."""
    cluster, world = started(selecting(), with_mode("a"), credentials("a"))
    cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "routes", "namespace": "monitoring"}, "data": {}})
    feeds.on_profile(world, "MODIFIED", cluster.put(with_mode("a", "Secret", generation=2)))
    asyncio.run(drain(world))
    assert configs(cluster) == [Ref(ALPHA, "a", "web")]
    assert verdict(cluster, "a")[0] == "AlertmanagerSecretForeign"
