"""What stands in a profile's way is said before it is stored, in the words of the status that it would get; and only what is new."""

import asyncio
from typing import Any

import pytest

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import FakeWorld, drain, world_of
from harness.profiles import alertmanager, notifications
from monitoring_operator.api.cluster import Forbidden, Unavailable
from monitoring_operator.api.foreseen import Foreseen
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.profile import parse
from monitoring_operator.api.resources import ALERTMANAGER_CONFIGS, CONFIG_MAP, PROFILE, PROMETHEUS, PROMETHEUS_RULE
from monitoring_operator.reconcile.foresight import foresee
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.scope import Scope
from monitoring_operator.reconcile.world import Defaults

Body = dict[str, Any]

RULES: Body = {
    "apiVersion": PROMETHEUS_RULE.api_version,
    "kind": PROMETHEUS_RULE.kind,
    "metadata": {"name": "web-alerts", "namespace": "shop"},
    "spec": {"groups": []},
}
"""Somebody's, of the name that the profile `web` gives to its own."""
LOOKS_BACK = {"alert": "A", "expr": "absent_over_time(x[26h])", "severity": "info", "summary": "s"}


def settled(*objects: Body, defaults: Defaults | None = None, scope: Scope | None = None) -> tuple[FakeCluster, FakeWorld]:
    """A cluster with these objects, and an operator that has looked at them."""
    cluster = FakeCluster(*objects)
    world = world_of(cluster)
    world.defaults, world.scope = defaults or Defaults(), scope or Scope()
    settle(world)
    return cluster, world


def settle(world: FakeWorld) -> None:
    """Everything is listed, and worked off."""
    asyncio.run(resync(world))
    asyncio.run(drain(world))


def look(world: FakeWorld, body: Body, before: Body | None = None) -> Foreseen:
    """What is foreseen of a profile."""
    return asyncio.run(foresee(world, parse(body), parse(before) if before is not None else None))


def status(cluster: FakeCluster, world: FakeWorld, body: Body) -> list[str]:
    """The messages of the profile's conditions, once it is stored."""
    cluster.put(body)
    settle(world)
    conditions = cluster.objects[Ref(PROFILE, body["metadata"]["namespace"], body["metadata"]["name"])]["status"]["conditions"]
    return [c["message"] for c in conditions]


def board(*objects: Body) -> Body:
    """A ConfigMap of somebody else's with a dashboard that the profile `web` has too."""
    cluster, _ = settled(profile_body(), *objects)
    ours = cluster.objects[Ref(CONFIG_MAP, "shop", "web-system-overview")]
    return {**ours, "metadata": {"name": "theirs", "namespace": "grafana", "labels": {"grafana_dashboard": "1"}}}


def prometheus(retention: str) -> Body:
    """A Prometheus that takes all rules."""
    spec = {"ruleSelector": {}, "ruleNamespaceSelector": {}, "retention": retention}
    return {"apiVersion": PROMETHEUS.api_version, "kind": PROMETHEUS.kind, "metadata": {"name": "k8s", "namespace": "m"}, "spec": spec}


def foreign_routes() -> Body:
    """The Alertmanager's configuration Secret, made by somebody."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "routes", "namespace": "monitoring"}, "data": {}}


def in_mode(mode: str) -> Body:
    """Notifications."""
    return {**notifications("monitoring"), "mode": mode}


CONFIG: Body = {
    "apiVersion": ALERTMANAGER_CONFIGS[0].api_version,
    "kind": ALERTMANAGER_CONFIGS[0].kind,
    "metadata": {"name": "web", "namespace": "shop"},
}


@pytest.mark.parametrize(
    ("there", "body", "names"),
    [
        ([RULES], profile_body(), "PrometheusRule shop/web-alerts: an object of this name exists"),
        (
            [alertmanager("monitoring"), CONFIG],
            profile_body(notifications=in_mode("AlertmanagerConfig")),
            "AlertmanagerConfig shop/web: an",
        ),
        # Somebody listed the dashboards of others before: whoever has a profile already.
        ([profile_body("other"), board()], profile_body(), "which the one in ConfigMap grafana/theirs has already"),
        ([prometheus("1d")], profile_body(alerts={"extra": [LOOKS_BACK]}), "looks back 1d2h, and Prometheus keeps 1d"),
        (
            [alertmanager("monitoring"), foreign_routes(), profile_body("other", notifications=in_mode("Secret"))],
            profile_body(notifications=in_mode("Secret")),
            "Secret monitoring/routes is not the operator's",
        ),
    ],
    ids=["name", "name of its AlertmanagerConfig", "dashboard", "retention", "Alertmanager's Secret"],
)
def test_what_is_warned_of_is_what_the_status_says(there: list[Body], body: Body, names: str) -> None:
    """It may be about to go, so nothing is refused; whoever applies the profile reads it at once, and later in the status."""
    cluster, world = settled(*there)
    foreseen = look(world, body)

    assert () == foreseen.refused
    (warning,) = foreseen.warnings
    assert names in warning
    assert warning in status(cluster, world, body)


def test_a_namespace_for_dashboards_that_is_not_allowed_is_refused() -> None:
    """That is a setting of the operator's, and no state that passes. A profile that was there before may be changed all the same."""
    cluster, world = settled(defaults=Defaults(dashboard_namespaces=frozenset({"grafana"})))
    body = profile_body(dashboards={"namespace": "kube-system"})
    (problem,) = look(world, body).refused

    assert "spec.dashboards.namespace" == problem.path
    assert any(problem.message in words for words in status(cluster, world, body))
    assert Foreseen() == look(world, {**body, "spec": {**body["spec"], "packs": ["http"]}}, before=body)


@pytest.mark.parametrize("change", [{"packs": ["http"]}, {"alerts": {"labels": {"team": "shop"}}}])
def test_what_stood_in_the_way_before_is_not_said_again(change: Body) -> None:
    """Neither of names nor of dashboards: the profile can be edited."""
    _, world = settled(RULES, board(), profile_body())

    assert Foreseen() == look(world, profile_body(**change), before=profile_body())


def test_a_name_that_is_new_is_looked_at() -> None:
    """An update may switch on what is in somebody's way."""
    _, world = settled(RULES, profile_body(alerts={"enabled": False}))
    foreseen = look(world, profile_body(), before=profile_body(alerts={"enabled": False}))

    assert ["PrometheusRule shop/web-alerts"] == [words.partition(":")[0] for words in foreseen.warnings]


def test_a_profile_that_comes_back_finds_its_own_children() -> None:
    """Deleted and made anew at once, before Kubernetes has collected what it had."""
    cluster, world = settled(profile_body())
    cluster.calls.clear()
    body = profile_body()
    del body["metadata"]["uid"]

    assert (Foreseen(), []) == (look(world, body), cluster.calls)


def test_a_copy_with_our_labels_is_somebody_elses() -> None:
    """Whoever copies a child along with its labels has made an object of his own."""
    cluster, _ = settled(profile_body())
    ours = cluster.objects[Ref(PROMETHEUS_RULE, "shop", "web-alerts")]
    copied = {k: v for k, v in ours["metadata"].items() if k in ("name", "namespace", "labels")}
    _, world = settled({**ours, "metadata": copied})

    assert ["PrometheusRule shop/web-alerts"] == [words.partition(":")[0] for words in look(world, profile_body()).warnings]


def test_what_goes_is_not_in_the_way() -> None:
    """An object that waits for a finalizer is nobody's for long."""
    going = {**RULES, "metadata": {**RULES["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}

    assert Foreseen() == look(settled(going)[1], profile_body())


@pytest.mark.parametrize("error", [Unavailable(503, "overloaded"), TimeoutError()])
def test_a_cluster_that_does_not_answer_is_no_reason_for_words(error: Exception) -> None:
    """Whatever cannot be read counts as free."""
    cluster, world = settled(RULES)
    cluster.fault = lambda verb, _target: error if verb == "get" else None

    assert Foreseen() == look(world, profile_body())


def test_an_object_that_may_not_be_read_keeps_no_other_from_being_named() -> None:
    """As in namespaces where the operator has no Role."""
    cluster, world = settled(RULES)
    cluster.fault = lambda verb, target: Forbidden(403, "no") if (verb, "ConfigMap" in target) == ("get", True) else None

    assert 1 == len(look(world, profile_body()).warnings)


@pytest.mark.parametrize("scope", [Scope(namespaces=("other",)), Scope(selector="shard=a", shard="a"), Scope(assembles=True)])
def test_who_looks_after_other_profiles_says_nothing(scope: Scope) -> None:
    """It is somebody else's to know."""
    assert Foreseen() == look(settled(RULES, scope=scope)[1], profile_body())
