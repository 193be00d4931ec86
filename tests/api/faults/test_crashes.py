"""The operator is killed at every single write of a reconcile; after its restart all is as if nothing had happened."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from harness.cluster import Object
from harness.controlplane import ControlPlane
from harness.faults import WRITES, Crash
from harness.operator import USER, Operator
from harness.profiles import alertmanager, children, get, notifications, profile, quiet, secret, secret_data, settled
from harness.proxy import FaultProxy
from harness.wait import wait_for

UID = re.compile(r"mo-[0-9a-f]{24}")
"""A dashboard's uid is made of its profile's namespace and name."""
SENTRY = {"dsn": {"secretKeyRef": {"name": "notify", "key": "slack"}}}
EXTRA = {"alert": "Nightly", "expr": "absent(up)", "severity": "warning", "summary": "Nightly."}


def whole(namespace: str) -> Object:
    """A profile with every section."""
    return profile(namespace, notifications=notifications(namespace), sentry=SENTRY, alerts={"extra": [EXTRA]})


def reduced(namespace: str) -> Object:
    """The same one later: some of its children are to go, others to change, and the routes with them."""
    fewer = {**notifications(namespace), "groupWait": "1m"}
    return profile(namespace, notifications=fewer, dashboards={"include": ["ga4-health"]}, alerts={"labels": {"team": "a"}})


def state(cluster: ControlPlane, namespace: str) -> Any:
    """Everything that the operator has made of the profile in a namespace, without what differs from run to run."""
    made = [
        {"kind": o["kind"], "name": o["metadata"]["name"], "spec": o.get("spec"), "data": o.get("data")}
        for o in children(cluster, namespace)
    ]
    labels = [{k: v for k, v in o["metadata"]["labels"].items() if not k.endswith("-uid")} for o in children(cluster, namespace)]
    status = get(cluster, namespace)["status"]
    verdicts = [{k: c[k] for k in ("type", "status", "reason", "message")} for c in status["conditions"]]
    config = {k: yaml.safe_load(v) for k, v in secret_data(cluster, namespace).items()}
    everything = json.dumps([made, labels, verdicts, status["children"], status["alerts"], config])
    for dashboard in UID.findall(everything):
        everything = everything.replace(dashboard, "UID")
    return json.loads(everything.replace(namespace, "NAMESPACE"))


def deletes(cluster: ControlPlane, after: int) -> list[str]:
    """What the operator has deleted, by kind and name."""
    return [w.split("/")[-1].split()[0] for w in cluster.writes(USER, after=after) if w.startswith("delete ")]


class Scene:
    """An operator that dies at a write of its choice and is started again, over and over."""

    def __init__(self, proxy: FaultProxy, start: Callable[..., Operator], cluster: ControlPlane) -> None:
        self.proxy = proxy
        self.cluster = cluster
        self._start = start
        self.operator = start("mortal")

    def uninterrupted(self, namespace: str, change: Callable[[str], Object]) -> int:
        """Applies a change and waits until it is worked off; says how many writes that took."""
        before = len(self.proxy.writes())
        self._settle(namespace, change)
        return len(self.proxy.writes()) - before

    def killed(self, namespace: str, change: Callable[[str], Object], *, nth: int, after: bool) -> None:
        """The same, but the operator is killed at the nth write and started again."""
        path = f"/namespaces/{namespace}/(?!events)"
        with self.proxy.fault(Crash(self.operator.kill, after=after), verbs=WRITES, path=path, nth=nth) as rule:
            self.cluster.apply(change(namespace))
            wait_for(lambda: rule.hit, what=f"write {nth}", timeout=90)
        wait_for(lambda: self.operator.exit_code is not None, what="it is dead")
        self.operator = self._start("mortal")
        self._settle(namespace, change)

    def _settle(self, namespace: str, change: Callable[[str], Object]) -> None:
        self.cluster.apply(change(namespace))
        settled(self.cluster, namespace, timeout=90)
        quiet(self.operator, for_seconds=1.0)


def prepare(cluster: ControlPlane, namespace: str) -> None:
    """What profiles refer to."""
    cluster.apply(alertmanager(namespace), secret(namespace, pagerduty="key", slack="https://hooks.example.com/x"))


def points(writes: int, every: int) -> Iterator[tuple[int, bool]]:
    """Moments at which to die: write by write, before and after it."""
    return itertools.islice(itertools.product(range(1, writes + 1), (False, True)), 0, None, every)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("every", [pytest.param(9, id="some"), pytest.param(1, id="all", marks=pytest.mark.thorough)])
def test_killed_while_a_profile_is_set_up(
    every: int, proxy: FaultProxy, start_behind_proxy: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """Before and after each write: the same children, Secret and status as without, and nothing is ever deleted."""
    scene, start = Scene(proxy, start_behind_proxy, cluster), cluster.audit_position()
    prepare(cluster, namespace)
    writes = scene.uninterrupted(namespace, whole)
    expected = state(cluster, namespace)
    assert writes >= 11

    for nth, after in points(writes, every):
        with cluster.namespace("crash") as other:
            prepare(cluster, other)
            scene.killed(other, whole, nth=nth, after=after)

            assert expected == state(cluster, other), (nth, after)
    assert [] == deletes(cluster, start)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("every", [pytest.param(9, id="some"), pytest.param(1, id="all", marks=pytest.mark.thorough)])
def test_killed_while_a_profile_is_changed(
    every: int, proxy: FaultProxy, start_behind_proxy: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """Some children go and others change: the same end, and what stays in the profile is never deleted on the way."""
    scene, start = Scene(proxy, start_behind_proxy, cluster), cluster.audit_position()
    prepare(cluster, namespace)
    scene.uninterrupted(namespace, whole)
    writes = scene.uninterrupted(namespace, reduced)
    expected = state(cluster, namespace)
    stays = {o["metadata"]["name"] for o in children(cluster, namespace)} | {"routes"}
    assert writes >= 8

    for nth, after in points(writes, every):
        with cluster.namespace("crash") as other:
            prepare(cluster, other)
            scene.uninterrupted(other, whole)
            scene.killed(other, reduced, nth=nth, after=after)

            assert expected == state(cluster, other), (nth, after)
    assert stays.isdisjoint(deletes(cluster, start))


def test_an_upgrade_that_renders_otherwise_deletes_nothing(
    start_behind_proxy: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """Every child is changed where it is: the same objects, never gone, with the new content."""
    old = start_behind_proxy("old", "--prometheus-label=release=old")
    prepare(cluster, namespace)
    cluster.apply(whole(namespace))
    settled(cluster, namespace, timeout=90)
    before = {(o["kind"], o["metadata"]["name"]): o["metadata"]["uid"] for o in children(cluster, namespace)}
    start = cluster.audit_position()
    old.stop()
    new = start_behind_proxy("new", "--prometheus-label=release=new", "--grafana-url=https://grafana.example.com")
    quiet(new)

    after = children(cluster, namespace)
    assert before == {(o["kind"], o["metadata"]["name"]): o["metadata"]["uid"] for o in after}
    assert {"new"} == {o["metadata"]["labels"]["release"] for o in after if o["kind"] != "ConfigMap"}
    assert [] == deletes(cluster, start)
