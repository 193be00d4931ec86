"""Shards of a Prometheus: each has a part of the targets and all rules, and what one of them holds nobody else knows."""

import asyncio

import pytest

from harness.live_world import POOL, Scene, prometheus, scene
from monitoring_operator.adoption import rules, targets
from monitoring_operator.adoption.expected import Prints, Rules, Scrape
from monitoring_operator.adoption.pages import Page
from monitoring_operator.adoption.replicas import replicas
from monitoring_operator.adoption.rules import File, Heard
from monitoring_operator.adoption.targets import Pool
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROMETHEUS, PROMETHEUS_RULE, SERVICE_MONITOR, THANOS_RULER

SHARDED = prometheus(shards=2, replicas=2)
PODS = replicas(SHARDED)
"""k8s-0, k8s-1, k8s-shard-1-0, k8s-shard-1-1."""
BY = Ref(PROMETHEUS, "monitoring", "k8s")
SCRAPE = Scrape(Ref(SERVICE_MONITOR, "shop", "web"), POOL, {}, "http", 15.0)
RULE = Rules(Ref(PROMETHEUS_RULE, "shop", "web-alerts"), 21, Prints("n", "s", "c"))
UID = "u"


def test_pods_of_shards_are_named_as_prometheus_operator_names_them() -> None:
    """The first shard's as if there were no other."""
    assert ["prometheus-k8s-0", "prometheus-k8s-1", "prometheus-k8s-shard-1-0", "prometheus-k8s-shard-1-1"] == [p.pod for p in PODS]
    assert [0, 0, 1, 1] == [p.shard for p in PODS]
    assert [] == replicas({**prometheus(mode="DaemonSet"), "kind": "PrometheusAgent"})


def scraped(*pools: Pool | None, overdue: bool = False) -> tuple[str, str, str]:
    """Status, reason and count of TargetsUp, with what each pod has; None does not answer."""
    pages = [Page(pod, None if pool is None else {POOL: pool}, "no connection") for pod, pool in zip(PODS, pools, strict=True)]
    counted = targets.judge(SCRAPE, {BY: pages}, None, overdue=overdue)
    return counted.fact.status, counted.fact.reason, counted.count


ONE, TWO, NONE = Pool(1, 1), Pool(2, 2), Pool()


@pytest.mark.parametrize(
    ("pools", "told"),
    [
        ((TWO, TWO, ONE, ONE), ("True", "TargetsUp", "3/3")),
        ((TWO, TWO, NONE, NONE), ("True", "TargetsUp", "2/2")),
        ((TWO, TWO, Pool(1, 0, errors={"u": "500"}), ONE), ("False", "TargetsDown", "2/3")),
        ((TWO, None, ONE, ONE), ("True", "TargetsUp", "3/3")),
        ((TWO, TWO, None, None), ("Unknown", "PrometheusUnreachable", "2/2")),
        ((NONE, NONE, None, None), ("Unknown", "PrometheusUnreachable", "0/0")),
        ((Pool(2, 1, errors={"u": "500"}), TWO, None, None), ("False", "TargetsDown", "1/2")),
        ((NONE, NONE, NONE, NONE), ("False", "NoTargets", "0/0")),
    ],
)
def test_targets_are_those_of_all_shards_together(pools: tuple[Pool | None, ...], told: tuple[str, str, str]) -> None:
    """Replicas stand for each other, shards do not: one that does not answer may have what the others lack."""
    assert told == scraped(*pools, overdue=True)


def loaded(*has: bool | None) -> tuple[str, str]:
    """Status and reason of Loaded, with whether each pod has the rule; None does not answer."""
    files = [None if there is None else {UID: File(RULE.prints)} if there else {} for there in has]
    heard = Heard([Page(pod, file, "no connection") for pod, file in zip(PODS, files, strict=True)])
    fact = rules.judge([RULE], {RULE.ref: UID}, {RULE.ref: {BY: heard}}, overdue=True)
    assert fact is not None
    return fact.status, fact.reason


@pytest.mark.parametrize(
    ("has", "told"),
    [
        ((True, True, True, True), ("True", "Loaded")),
        ((True, None, None, True), ("True", "Loaded")),
        ((True, True, True, False), ("False", "NotLoaded")),
        ((True, True, None, None), ("Unknown", "PrometheusUnreachable")),
        ((True, False, None, None), ("False", "NotLoaded")),
        ((None, None, None, None), ("Unknown", "PrometheusUnreachable")),
    ],
)
def test_rules_must_be_in_every_shard(has: tuple[bool | None, ...], told: tuple[str, str]) -> None:
    """One replica of each is enough, if those that answer agree."""
    assert told == loaded(*has)


@pytest.mark.parametrize(
    ("has", "taken"), [((True, None, None, None), True), ((False, False, True, False), True), ((False, None, None, False), False)]
)
def test_a_rule_that_runs_anywhere_was_accepted(has: tuple[bool | None, ...], taken: bool) -> None:  # noqa: FBT001
    """prometheus-operator gives all shards the same files: where one is behind or silent, that is no refusal."""
    files = [None if there is None else {UID: File(RULE.prints)} if there else {} for there in has]

    assert taken == Heard([Page(pod, file) for pod, file in zip(PODS, files, strict=True)]).has_taken(RULE, UID)


def ruler() -> Scene:
    """Rules go to a ThanosRuler, targets to a Prometheus that evaluates none."""
    metadata = {"namespace": "monitoring", "name": "global"}
    spec: dict[str, dict[str, str]] = {"ruleSelector": {}, "ruleNamespaceSelector": {}}
    thanos = {"apiVersion": THANOS_RULER.api_version, "kind": THANOS_RULER.kind, "metadata": metadata, "spec": spec}
    found = scene(thanos, routes=False)
    del found.cluster.objects[BY]["spec"]["ruleSelector"]
    return found


def test_rules_of_a_thanos_ruler_are_loaded_when_it_says_so() -> None:
    """It is asked for its rules, and never for series, which it has none of: what cannot be known of metrics is said so."""

    async def play() -> None:
        found = ruler()
        await found.settle()
        found.take_up()
        await found.look(after=1)

        assert ("True", "Live") == found.condition("Ready")[:2], found.status()
        assert ("Unknown", "NotVerified") == found.condition("MetricsPresent")[:2]
        assert "ThanosRuler monitoring/global evaluates" in found.condition("MetricsPresent")[2]
        asked = [url for url in found.monitoring.requests if "thanos-ruler-global-0.thanos-ruler-operated.monitoring.svc:10902" in url]
        assert asked
        assert all("/api/v1/rules" in url for url in asked)

    asyncio.run(play())


def test_a_thanos_ruler_that_does_not_answer_leaves_its_rules_unknown() -> None:
    """Whatever the Prometheus says, which has nothing to do with them."""

    async def play() -> None:
        found = ruler()
        found.monitoring.silent.add("thanos-ruler-global-0")
        await found.settle()
        found.take_up()
        await found.look(after=9)

        assert ("Unknown", "PrometheusUnreachable") == found.condition("Loaded")[:2]
        assert "thanos-ruler-global-0 does not answer" in found.condition("Loaded")[2]

    asyncio.run(play())
