"""Status tells what is live: each fault by name, each mend, nothing that flickers, and one question for all profiles."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.fake_cluster import profile_body
from harness.fake_world import drain
from harness.live_world import KEY, POOL, PROFILE_REF, Scene, endpoints, live, prometheus, scene, service
from monitoring_operator.adoption import runtime
from monitoring_operator.adoption.replicas import Way
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROMETHEUS_RULE, SERVICE
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.world import Verification


def run(test: Callable[[], Any]) -> None:
    """Plays a test's coroutine through."""
    asyncio.run(test())


def test_a_profile_becomes_ready_as_it_is_taken_up() -> None:
    """Pending with what is waited for, then Live with what there is."""

    async def play() -> None:
        found = scene()
        await found.settle()
        assert ("Unknown", "Pending") == found.condition("Ready")[:2]
        assert "True" == found.condition("Selected")[0]
        found.take_up()
        await found.look(after=1)

        assert ("True", "Live") == found.condition("Ready")[:2]
        assert "1/1 targets up" in found.condition("Ready")[2]
        assert {"True"} == {c["status"] for c in found.status()["conditions"] if c["type"] != "MetricsPresent"}

    run(play)


def test_questions_are_counted_by_whom_they_went_to() -> None:
    """Answered or failed: what the alert on an observer that sees nothing is made of."""

    async def play() -> None:
        found = await live()
        found.monitoring.silent.add("prometheus-k8s-0")
        found.world.journal.results.clear()
        await found.look(after=1)
        results = found.world.journal.results

        assert results["Prometheus failed"] > 0 == results["Prometheus answered"]
        assert results["Alertmanager answered"] > 0 == results["Alertmanager failed"]

    run(play)


def test_nothing_changes_nothing_is_written() -> None:
    """Looks, a restart, and looks after it."""

    async def play() -> None:
        found = await live()
        for _ in range(5):
            await found.look(after=10)
        found.restart()
        await found.settle()
        await found.look(after=10)

        assert [] == found.writes()

    run(play)


def test_nothing_is_said_before_everybody_was_asked_once() -> None:
    """A new process has not seen anything; what the status says stands until it has."""

    async def play() -> None:
        found = await live()
        found.restart()
        await resync(found.world)
        key = found.world.queue.pop()
        while key is not None and key != KEY:
            key = found.world.queue.pop()

        assert ("True", "Live") == found.condition("Ready")[:2]
        assert [] == found.writes()

    run(play)


FAULTS: dict[str, tuple[Callable[[Scene], object], Callable[[Scene], object], str, str, str]] = {
    "application answers 500": (
        lambda s: s.monitoring.targets.update({POOL: [("down", "server returned HTTP status 500")]}),
        lambda s: s.monitoring.targets.update({POOL: [("up", "")]}),
        *("TargetsUp", "TargetsDown", "1 of 1 targets cannot be scraped: http://10.0.0.0:8000/metrics: server returned HTTP status 500"),
    ),
    "Service deleted": (
        lambda s: (s.monitoring.targets.pop(POOL), s.cluster.objects.pop(Ref(SERVICE, "shop", "web"))),
        lambda s: (s.monitoring.targets.update({POOL: [("up", "")]}), s.cluster.put(service())),
        *("TargetsUp", "ServiceMissing", "app=web"),
    ),
    "port renamed": (
        lambda s: (s.monitoring.targets.pop(POOL), s.cluster.put(service("web"))),
        lambda s: (s.monitoring.targets.update({POOL: [("up", "")]}), s.cluster.put(service())),
        *("TargetsUp", "PortNotFound", "web has web"),
    ),
    "Prometheus down": (
        lambda s: s.monitoring.silent.add("prometheus-k8s-0"),
        lambda s: s.monitoring.silent.clear(),
        *("Loaded", "PrometheusUnreachable", "Prometheus monitoring/prometheus-k8s-0 does not answer (directly: no connection)"),
    ),
    "rule cannot be evaluated": (
        lambda s: s.monitoring.failing.update({"ServiceDown": "many-to-many matching"}),
        lambda s: s.monitoring.failing.clear(),
        *("Loaded", "RuleFails", "ServiceDown: many-to-many matching"),
    ),
    "Alertmanager down": (
        lambda s: s.monitoring.silent.add("alertmanager-main-0"),
        lambda s: s.monitoring.silent.clear(),
        *("RoutesLive", "AlertmanagerUnreachable", "alertmanager-main-0"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_within_thirty_seconds_and_gone_after_its_mend(fault: str) -> None:
    """With reason and words, written once for as long as it lasts."""
    plant, mend, type_, reason, words = FAULTS[fault]

    async def play() -> None:
        found = await live()
        plant(found)
        await found.look(after=10)
        await found.look(after=9)
        assert reason == found.condition(type_)[1] == found.condition("Ready")[1], found.status()
        assert words in found.condition(type_)[2]
        assert ["status MonitoringProfile shop/web"] == found.writes()
        await found.look(after=10)
        assert [] == found.writes()
        mend(found)
        await found.look(after=10)

        assert ("True", "Live") == found.condition("Ready")[:2]
        assert ["status MonitoringProfile shop/web"] == found.writes()

    run(play)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_lasts_a_moment_only_is_not_written(fault: str) -> None:
    """One failed scrape, one lost answer."""
    plant, mend, *_ = FAULTS[fault]

    async def play() -> None:
        found = await live()
        for _ in range(3):
            plant(found)
            await found.look(after=10)
            mend(found)
            await found.look(after=2)

        assert [] == found.writes()

    run(play)


def test_a_refusal_of_prometheus_operator_is_passed_on() -> None:
    """An Event about the rule as it is now; once the rule is another one, it no longer counts."""

    async def play() -> None:
        extra = {"alert": "Odd", "expr": "up == 0", "severity": "warning", "summary": "Odd."}
        found = await live(alerts={"extra": [extra]})
        rule = found.cluster.objects[Ref(PROMETHEUS_RULE, "shop", "web-extra")]
        changed = profile_body(generation=2, notifications=found.cluster.objects[PROFILE_REF]["spec"]["notifications"])
        changed["spec"]["alerts"] = {"extra": [{**extra, "expr": "up == 1"}]}
        found.cluster.put({**changed, "status": found.status()})
        await found.settle()
        rule = found.cluster.objects[Ref(PROMETHEUS_RULE, "shop", "web-extra")]
        about = {"uid": rule["metadata"]["uid"], "resourceVersion": rule["metadata"]["resourceVersion"]}
        event = {"apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "shop", "name": "e"}, "involvedObject": about}
        found.cluster.put({**event, "reason": "InvalidConfiguration", "message": "unknown function"})
        found.monitoring.rules = [r for r in found.monitoring.rules if r["metadata"]["name"] != "web-extra"]
        await found.look(after=1)

        assert ("False", "NotAccepted") == found.condition("Ready")[:2]
        assert "PrometheusRule shop/web-extra: unknown function" in found.condition("Accepted")[2]

    run(play)


def test_selection_is_judged_without_asking_anybody() -> None:
    """Also where verification is switched off, and then nothing is asked of anybody."""

    async def play() -> None:
        found = scene(routes=False, prometheus={"labels": {"release": "wrong"}})
        found.verification = Verification(Way.OFF)
        found.restart()
        await resync(found.world)
        await drain(found.world)

        assert ("False", "NotSelected") == found.condition("Ready")[:2]
        assert "release=kps does not hold" in found.condition("Selected")[2]
        assert [] == found.monitoring.requests

    run(play)


def test_a_namespace_that_is_not_selected_is_named_and_labelled_it_is_selected() -> None:
    """The labels of namespaces are read only where somebody selects by them."""

    async def play() -> None:
        picky = prometheus(ruleNamespaceSelector={"matchLabels": {"team": "a"}})
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {}}}
        found = scene(picky, space)
        await found.settle()
        assert ("False", "NamespaceNotSelected") == found.condition("Ready")[:2]
        found.cluster.put({**space, "metadata": {"name": "shop", "labels": {"team": "a"}}})
        await found.look(after=1)

        assert "True" == found.condition("Selected")[0]

    run(play)


def test_what_is_never_taken_up_is_said_to_be_wrong() -> None:
    """After five minutes in which it should have been."""

    async def play() -> None:
        found = scene()
        await found.settle()
        found.take_up()
        found.monitoring.rules = []
        await found.look(after=290)
        assert ("Unknown", "Pending") == found.condition("Loaded")[:2]
        await found.look(after=11)
        await found.look(after=9)

        assert ("False", "NotLoaded") == found.condition("Ready")[:2]
        found.writes()
        found.restart()
        await found.settle()
        assert [] == found.writes()

    run(play)


def test_a_thousand_profiles_cost_one_question_each_kind() -> None:
    """However many profiles there are."""

    async def play() -> None:
        things = [t for n in (f"n{i}" for i in range(30)) for t in (profile_body(n, "web"), service(namespace=n), endpoints(namespace=n))]
        found = scene(*things, routes=False)
        await found.settle()
        found.take_up()
        await found.look(after=61)
        found.monitoring.requests.clear()
        found.cluster.calls.clear()
        await found.look(after=10)

        asked = sorted(r.partition("svc:9090")[2].partition("?")[0] for r in found.monitoring.requests)
        # The small one comes where the page of rules took long to read, which is the machine's business.
        assert ["/api/v1/rules", "/api/v1/targets"] == [path for path in asked if path != runtime.PATH]
        assert [] == found.cluster.calls

    run(play)


def test_replicas_that_answer_are_enough_to_be_live() -> None:
    """One of two may be restarting; none at all is not known."""

    async def play() -> None:
        found = scene(prometheus(replicas=2))
        found.monitoring.silent.add("prometheus-k8s-1")
        await found.settle()
        found.take_up()
        await found.look(after=1)
        assert ("True", "Live") == found.condition("Ready")[:2]
        found.cluster.put(prometheus(replicas=0))
        await found.settle()
        await found.look(after=9)

        assert ("Unknown", "PrometheusUnreachable") == found.condition("Ready")[:2]
        assert "has no replicas" in found.condition("Loaded")[2]

    run(play)


def test_alerts_that_have_nothing_to_look_at_are_named_when_there_was_time() -> None:
    """Not right after the start, and without taking readiness away; what was seen once is known."""

    async def play() -> None:
        found = await live(packs=["http"])
        assert ("Unknown", "Pending") == found.condition("MetricsPresent")[:2]
        await found.look(after=301)
        await found.look(after=9)
        assert ("False", "MetricsMissing") == found.condition("MetricsPresent")[:2]
        assert "HttpHighServerErrorRate" in found.condition("MetricsPresent")[2]
        assert "http_requests_total" in found.condition("MetricsPresent")[2]
        assert "True" == found.condition("Ready")[0]
        found.monitoring.metrics = [{"namespace": "shop", "job": "web", "__name__": "http_requests_total"}]
        await found.look(after=61)
        assert "True" == found.condition("MetricsPresent")[0]
        found.monitoring.metrics = []
        await found.look(after=61)
        await found.look(after=61)

        assert "True" == found.condition("MetricsPresent")[0]

    run(play)


def test_a_way_that_fails_is_left_for_one_that_works() -> None:
    """Where pods cannot be reached the API server passes the question on; what fails by both names both."""

    async def play() -> None:
        found = scene(routes=False)
        found.verification = replace(found.verification, way=Way.AUTO)
        found.restart()
        found.monitoring.silent.add("prometheus-k8s-0")
        await found.settle()
        assert "directly: no connection; through the API server: there is no pod prometheus-k8s-0" in found.condition("Loaded")[2]
        found.take_up()
        pod = "monitoring/prometheus-k8s-0:9090"
        for path in ("/api/v1/rules?exclude_alerts=true", "/api/v1/targets?state=active"):
            found.cluster.pods[pod + path] = found.monitoring.answer(path)
        await found.look(after=1)

        assert ("True", "Live") == found.condition("Ready")[:2]

    run(play)
