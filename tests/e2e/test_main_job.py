"""The main job on a whole cluster: a profile becomes children, and a real Prometheus and Alertmanager take them up."""

import json
from typing import Any

import pytest

from harness.cluster import Object
from harness.stack import Monitoring, Stack
from harness.wait import wait_for

pytestmark = pytest.mark.e2e


def test_a_profile_is_scraped_loaded_and_routed(stack: Stack, monitoring: Monitoring) -> None:
    """Children carry the labels that Prometheus selects; target, rules and routes are live, and the status says so."""
    profile = stack.applied()

    monitor, rule = stack.child("servicemonitors", stack.name), stack.child("prometheusrules", f"{stack.name}-alerts")
    assert "monitoring" == monitor["metadata"]["labels"]["release"] == rule["metadata"]["labels"]["release"]
    kinds = sorted({c["kind"] for c in profile["status"]["children"]})
    assert ["ConfigMap", "PrometheusRule", "ServiceMonitor"] == kinds

    pool = f"serviceMonitor/{stack.namespace}/{stack.name}/0"
    wait_for(lambda: [t for t in monitoring.targets(pool) if t["health"] == "up"], what="the target is up", timeout=150)
    wait_for(lambda: monitoring.query(f'up{{namespace="{stack.namespace}",job="{stack.name}"}} == 1'), what="up is 1", timeout=60)

    file = f"{stack.namespace}-{stack.name}-alerts-{rule['metadata']['uid']}.yaml"
    groups = wait_for(lambda: [g for g in monitoring.rule_groups() if g["file"].endswith(file)], what="the rules are loaded", timeout=240)
    loaded = {r["name"] for g in groups for r in g["rules"] if r["type"] == "alerting"}
    assert {r["alert"] for g in rule["spec"]["groups"] for r in g["rules"] if "alert" in r} == loaded
    wait_for(lambda: {r["health"] for r in monitoring.rules_in(file)} == {"ok"}, what="every rule is healthy", timeout=60)

    receivers = wait_for(
        lambda: f"{stack.namespace}/{stack.name}/critical" in monitoring.alertmanager_config(),
        what="Alertmanager runs the configuration",
        timeout=240,
    )
    assert receivers
    status = stack.live()["status"]
    assert "1/1" == status["targets"]
    assert {"True"} == {c["status"] for c in status["conditions"] if c["type"] != "MetricsPresent"}


def test_the_applications_endpoint_label_arrives_as_it_is(stack: Stack, monitoring: Monitoring) -> None:
    """prometheus-operator's own target label `endpoint` is dropped, so nothing is pushed aside to `exported_endpoint`."""
    stack.applied()
    selector = f'namespace="{stack.namespace}",job="{stack.name}"'
    found = wait_for(lambda: monitoring.query(f"http_requests_total{{{selector}}}"), what="HTTP metrics are scraped", timeout=180)

    labels: list[dict[str, Any]] = [series["metric"] for series in found]
    assert all(m["endpoint"].startswith("/") or m["endpoint"].startswith("__") for m in labels)
    assert not [m for m in labels if "exported_endpoint" in m or "exported_job" in m]


def test_a_section_that_is_switched_off_takes_exactly_its_children_along(stack: Stack) -> None:
    """Dashboards and Sentry off: their ConfigMaps go, the rest stays, and the ServiceMonitor is not even written."""
    stack.applied()
    before = stack.child("servicemonitors", stack.name)
    stack.patch({"spec": {"dashboards": {"enabled": False}, "sentry": None}})

    wait_for(lambda: not stack.children("configmaps"), what="the ConfigMaps are gone", timeout=20)
    assert before == stack.child("servicemonitors", stack.name)
    assert {f"{stack.name}-alerts", f"{stack.name}-extra"} == {o["metadata"]["name"] for o in stack.children("prometheusrules")}


def test_a_deleted_profile_leaves_nothing_behind(stack: Stack, monitoring: Monitoring, second_namespace: str) -> None:
    """Children go with their owner; dashboards in another namespace and the route in the shared Secret go too; the Secret stays."""
    stack.patch({"spec": {"dashboards": {"namespace": second_namespace}}})
    wait_for(lambda: stack.children("configmaps", second_namespace), what="dashboards are in the other namespace", timeout=30)
    receiver = f"{stack.namespace}/{stack.name}/critical"
    wait_for(lambda: receiver in monitoring.written_config(), what="the route is written", timeout=30)
    stack.cluster.kubectl("delete", "monitoringprofile", stack.name, f"--namespace={stack.namespace}", "--wait=false")

    def rest() -> list[Object]:
        return [*stack.all_children(), *stack.children("configmaps", second_namespace)]

    wait_for(lambda: not rest(), what="all children are gone", timeout=60)
    wait_for(lambda: receiver not in monitoring.written_config(), what="the route is gone", timeout=30)
    assert "receiver" in monitoring.written_config()


def test_status_and_columns_read_well(stack: Stack) -> None:
    """`kubectl get mprof` shows the verdict at a glance; the status names every child."""
    profile = stack.applied()
    line = stack.cluster.kubectl("get", "mprof", stack.name, f"--namespace={stack.namespace}")

    assert ["NAME", "READY", "REASON", "TARGETS", "ALERTS", "AGE"] == line.splitlines()[0].split()
    assert profile["metadata"]["generation"] == profile["status"]["observedGeneration"]
    named = {(c["kind"], c["name"]) for c in profile["status"]["children"]}
    live = {(o["kind"], o["metadata"]["name"]) for o in stack.all_children()}
    assert live == named


def test_no_credential_is_in_sight(stack: Stack, monitoring: Monitoring) -> None:
    """What stands in the referenced Secrets appears in its key of the Alertmanager's Secret, and in no log, event, status or child."""
    stack.applied()
    wait_for(lambda: f"{stack.namespace}/{stack.name}/warning" in monitoring.written_config(), what="the route is written", timeout=30)
    places = {
        "log": stack.operator_log(),
        "events": stack.cluster.kubectl("get", "events", "--all-namespaces", "--output=json"),
        "profiles": stack.cluster.kubectl("get", "monitoringprofiles", "--all-namespaces", "--output=json"),
        "children": json.dumps(stack.all_children()),
        "configuration": monitoring.written_config(),
    }

    assert {} == {place: secret for place, text in places.items() for secret in stack.secrets if secret in text}
    assert all(secret in monitoring.secret_values() for secret in stack.secrets)
