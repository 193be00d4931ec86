"""Whatever fails, and in whatever order things happen, the end is the same, and then nothing is written any more."""

import asyncio
import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import FakeWorld, drain, world_of
from harness.profiles import alertmanager, notifications
from monitoring_operator.api.cluster import ApiError, Conflict, Unavailable
from monitoring_operator.api.resources import PROFILE
from monitoring_operator.reconcile.resync import resync

SPECS: tuple[dict[str, Any], ...] = (
    {},
    {"sentry": {"dsn": {"secretKeyRef": {"name": "s", "key": "dsn"}}}},
    {"dashboards": {"enabled": False}},
    {"dashboards": {"namespace": "grafana"}, "notifications": notifications("monitoring")},
    {"alerts": {"enabled": False}, "notifications": notifications("monitoring")},
)
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "notify", "namespace": "shop"},
    "data": {"pagerduty": "YQ==", "slack": "Yg=="},
}


def contents(cluster: FakeCluster) -> dict[str, Any]:
    """What is in the cluster, without what differs from run to run."""
    out = {}
    for ref, body in cluster.objects.items():
        if ref.resource != PROFILE:
            metadata = {k: body["metadata"].get(k) for k in ("labels", "annotations", "ownerReferences")}
            out[str(ref)] = {**{k: v for k, v in body.items() if k != "metadata"}, **metadata}
    return out


def operator_on(cluster: FakeCluster) -> FakeWorld:
    """An operator that has just started."""
    world = world_of(cluster)
    asyncio.run(resync(world))
    return world


def finished(spec: dict[str, Any]) -> FakeCluster:
    """A cluster in which an operator has served a profile undisturbed."""
    cluster = FakeCluster(alertmanager("monitoring"), copy.deepcopy(SECRET), profile_body(**copy.deepcopy(spec)))
    asyncio.run(drain(operator_on(cluster)))
    return cluster


@given(
    st.sampled_from(SPECS), st.integers(0, 40), st.sampled_from([Unavailable(503, "later"), Conflict(409, "changed"), ZeroDivisionError()])
)
def test_a_crash_at_any_call_ends_in_the_same_state(spec: dict[str, Any], call: int, error: Exception) -> None:
    """The process dies, or the API fails, at the n-th call of a reconcile; a new process finishes the work."""
    cluster = FakeCluster(alertmanager("monitoring"), copy.deepcopy(SECRET), profile_body(**copy.deepcopy(spec)))
    world = operator_on(cluster)
    left = [call]

    def fault(_verb: str, _target: str) -> ApiError | Exception | None:
        left[0] -= 1
        return error if left[0] < 0 else None

    cluster.fault = fault
    asyncio.run(drain(world))
    cluster.fault = lambda _verb, _target: None
    asyncio.run(drain(operator_on(cluster)))

    assert contents(finished(spec)) == contents(cluster)


@given(st.lists(st.sampled_from(SPECS), min_size=2, max_size=5))
def test_any_way_to_a_spec_ends_where_the_direct_way_does(path: list[dict[str, Any]]) -> None:
    """Sections come and go; what is left behind depends on the last spec only, but for the Secret, which never goes."""
    cluster = finished(path[0])
    world = operator_on(cluster)
    asyncio.run(drain(world))
    for generation, spec in enumerate(path[1:], start=2):
        body = cluster.put(profile_body(generation=generation, **copy.deepcopy(spec)))
        world.store.put_profile(body)
        asyncio.run(resync(world))
        asyncio.run(drain(world))

    expected, seen = contents(finished(path[-1])), contents(cluster)
    routes = "Secret monitoring/routes"
    assert {k: v for k, v in expected.items() if k != routes} == {k: v for k, v in seen.items() if k != routes}
    assert expected.get(routes) in (None, seen.get(routes))


@given(st.sampled_from(SPECS))
def test_a_second_look_writes_nothing(spec: dict[str, Any]) -> None:
    """The same state, by the same process or a new one: no write at all."""
    cluster = finished(spec)
    cluster.calls.clear()
    world = operator_on(cluster)
    asyncio.run(drain(world))
    asyncio.run(resync(world))
    asyncio.run(drain(world))

    assert [] == cluster.writes()
