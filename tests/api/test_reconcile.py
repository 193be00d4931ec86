"""The operator against a real API server, with the chart's rights: children, drift, pruning, restarts, conflicts."""

import json

import pytest

from harness.cluster import Cluster, Object
from harness.controlplane import ControlPlane
from harness.operator import USER, Operator
from harness.profiles import child as child_of
from harness.profiles import children, condition, get, profile, quiet, settled, versions
from harness.wait import wait_for


def _with_limit(cluster: Cluster, namespace: str, limit: int) -> Object:
    monitor = child_of(cluster, "servicemonitors", "web", namespace)
    assert limit == monitor["spec"]["sampleLimit"]
    return monitor


def names(cluster: Cluster, namespace: str) -> set[str]:
    """Kind and name of the profile's children."""
    return set(versions(children(cluster, namespace)))


def test_a_minimal_profile_becomes_its_children(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """Scrape alone gives a ServiceMonitor, the catalogue's alerts and the dashboards; the status names each and counts the alerts."""
    cluster.apply(profile(namespace))
    status = settled(cluster, namespace)["status"]

    found = names(cluster, namespace)
    assert {"ServiceMonitor/web", "PrometheusRule/web-alerts", "ConfigMap/web-system-overview", "ConfigMap/web-database-health"} <= found
    assert found == {f"{c['kind']}/{c['name']}" for c in status["children"]}
    rules = child_of(cluster, "prometheusrules", "web-alerts", namespace)
    assert sum("alert" in r for g in rules["spec"]["groups"] for r in g["rules"]) == status["alerts"]


def test_no_change_no_write(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """After everything is in place, one write per child and one of the status are all that was ever written."""
    start = cluster.audit_position()
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    quiet(operator)

    writes = [w for w in cluster.writes(USER, after=start) if f" {namespace}/" in w and " events " not in w]
    assert len(writes) == len(set(writes)) == len(names(cluster, namespace)) + 1


@pytest.mark.parametrize("child", ["servicemonitors web", "prometheusrules web-alerts", "configmaps web-system-overview"])
def test_a_deleted_child_comes_back(operator: Operator, cluster: ControlPlane, namespace: str, child: str) -> None:
    """Deleted by hand, the same content is there again."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    kind, name = child.split()
    before = child_of(cluster, kind, name, namespace)
    cluster.kubectl("delete", kind, name, f"--namespace={namespace}")

    after = wait_for(lambda: child_of(cluster, kind, name, namespace), what=f"{child} is back", timeout=5)
    assert before["metadata"]["uid"] != after["metadata"]["uid"]
    assert {k: before.get(k) for k in ("spec", "data")} == {k: after.get(k) for k in ("spec", "data")}


def test_an_edit_is_undone_and_a_foreign_label_is_kept(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """What is ours is put right within moments; what is not ours never was drift."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    edit = {"metadata": {"labels": {"theirs": "kept"}}, "spec": {"sampleLimit": 1}}
    cluster.kubectl("patch", "servicemonitor", "web", f"--namespace={namespace}", "--type=merge", f"--patch={json.dumps(edit)}")

    healed = wait_for(
        lambda: _with_limit(cluster, namespace, 50000),
        what="the limit is back",
        timeout=5,
    )
    assert "kept" == healed["metadata"]["labels"]["theirs"]


def test_removing_our_labels_is_an_edit_too(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """A child that slipped out of the watch's selector is still ours, by its owner, and gets its labels back."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    label = "monitoring-operator.dev/role"
    cluster.kubectl("label", "prometheusrule", "web-alerts", f"--namespace={namespace}", f"{label}-")

    wait_for(
        lambda: label in child_of(cluster, "prometheusrules", "web-alerts", namespace)["metadata"]["labels"],
        what="the label is back",
        timeout=5,
    )
    assert "True" == condition(get(cluster, namespace), "Applied")["status"]


def test_a_section_that_is_switched_off_takes_exactly_its_children_along(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """Sentry, then dashboards, then alerts: each time exactly its objects go, and what has nothing to do with it is not even written."""
    sentry = {"dsn": {"secretKeyRef": {"name": "s", "key": "dsn"}}}
    cluster.apply(profile(namespace, sentry=sentry))
    settled(cluster, namespace)
    everything = versions(children(cluster, namespace))
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    without_sentry = versions(children(cluster, namespace))
    cluster.apply(profile(namespace, dashboards={"enabled": False}))
    settled(cluster, namespace)
    without_dashboards = versions(children(cluster, namespace))
    cluster.apply(profile(namespace, dashboards={"enabled": False}, alerts={"enabled": False}))
    settled(cluster, namespace)

    assert {k: v for k, v in everything.items() if k != "ConfigMap/web-sentry"} == without_sentry
    assert {k for k in everything if not k.startswith("ConfigMap/")} == without_dashboards.keys()
    assert {"ServiceMonitor/web": everything["ServiceMonitor/web"]} == versions(children(cluster, namespace))


def test_an_object_of_the_same_name_that_is_not_ours_is_never_touched(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """NameConflict names it; the other children are applied; when it goes away, ours takes its place."""
    foreign = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"selector": {}, "endpoints": [{"port": "other"}]},
    }
    cluster.apply(foreign)
    before = cluster.find("servicemonitors", "web", namespace)
    cluster.apply(profile(namespace))

    blocked = settled(cluster, namespace, ready="False", reason="NameConflict")
    assert f"ServiceMonitor {namespace}/web" in condition(blocked, "Applied")["message"]
    assert condition(blocked, "Stalled")
    assert before == cluster.find("servicemonitors", "web", namespace)
    assert "PrometheusRule/web-alerts" in names(cluster, namespace)
    cluster.kubectl("delete", "servicemonitor", "web", f"--namespace={namespace}")
    settled(cluster, namespace, timeout=60)


def test_a_copy_with_our_labels_is_not_deleted(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """`kubectl get -o yaml | sed | kubectl apply` carries our labels along; the copy is its maker's."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    original = child_of(cluster, "configmaps", "web-system-overview", namespace)
    copied = {**original, "metadata": {"name": "mine", "namespace": namespace, "labels": original["metadata"]["labels"]}}
    cluster.apply(copied)
    cluster.apply(profile(namespace, alerts={"rules": {"CpuHigh": {"threshold": 70}}}))
    settled(cluster, namespace)
    quiet(operator)

    assert cluster.find("configmaps", "mine", namespace) is not None


def test_invalid_content_keeps_the_last_good_children_and_heals(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """PromQL that CEL cannot judge: Valid=False with path and the parser's words, nothing is lost, the mended spec is ready again."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    before = versions(children(cluster, namespace))
    broken = {"alert": "Broken", "expr": "sum(rate(x[5m])", "severity": "warning", "summary": "Broken."}
    cluster.apply(profile(namespace, alerts={"extra": [broken]}))

    invalid = settled(cluster, namespace, ready="False", reason="InvalidSpec")
    assert "spec.alerts.extra[0].expr" in condition(invalid, "Valid")["message"]
    assert before == versions(children(cluster, namespace))
    assert "True" == condition(invalid, "Applied")["status"]
    cluster.apply(profile(namespace))
    settled(cluster, namespace)


def test_one_event_for_each_reason(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """Ready, InvalidSpec, Ready: two Events within ten minutes, however often the profile was looked at in between."""
    broken = {"alert": "Broken", "expr": "1 +", "severity": "warning", "summary": "Broken."}
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    cluster.apply(profile(namespace, alerts={"extra": [broken]}))
    settled(cluster, namespace, ready="False")
    cluster.apply(profile(namespace, alerts={"extra": [broken], "labels": {"team": "a"}}))
    settled(cluster, namespace, ready="False")
    cluster.apply(profile(namespace))
    settled(cluster, namespace)

    wait_for(lambda: len(cluster.list("events", namespace)) >= 2, what="the Events are there", timeout=10)
    quiet(operator)
    events = cluster.list("events", namespace)
    assert ["InvalidSpec", "Ready"] == sorted(e["reason"] for e in events)
    assert {"MonitoringProfile"} == {e["involvedObject"]["kind"] for e in events}


def test_dashboards_elsewhere_are_swept_with_their_profile(operator: Operator, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """A ConfigMap in Grafana's namespace cannot have an owner; it goes all the same, also when the profile went while we were down."""
    cluster.apply(profile(namespace, dashboards={"namespace": pair}))
    settled(cluster, namespace)
    elsewhere = children(cluster, pair, owner_namespace=namespace)
    assert elsewhere
    assert [] == [o for o in elsewhere if o["metadata"].get("ownerReferences")]
    cluster.kubectl("delete", "monitoringprofile", "web", f"--namespace={namespace}")

    wait_for(lambda: not children(cluster, pair, owner_namespace=namespace), what="the dashboards are gone", timeout=10)


def test_labels_are_derived_from_the_prometheus_that_selects(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """A Prometheus object appears: its labels arrive on monitor and rules; the profile's own word comes first."""
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    cluster.apply(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "Prometheus",
            "metadata": {"name": "k8s", "namespace": namespace},
            "spec": {
                "ruleSelector": {"matchLabels": {"release": namespace}},
                "serviceMonitorSelector": {"matchLabels": {"release": namespace}},
            },
        }
    )
    try:
        for kind, name in (("servicemonitors", "web"), ("prometheusrules", "web-alerts")):
            wait_for(
                lambda kind=kind, name=name: child_of(cluster, kind, name, namespace)["metadata"]["labels"].get("release") == namespace,  # type: ignore[misc]
                what=f"{kind} carries the label",
                timeout=10,
            )
        cluster.apply(profile(namespace, prometheus={"labels": {"role": "mine"}}))
        wait_for(
            lambda: {"role"} == {"role", "release"} & child_of(cluster, "servicemonitors", "web", namespace)["metadata"]["labels"].keys(),
            what="the profile's own label",
            timeout=10,
        )
    finally:
        cluster.kubectl("delete", "prometheus", "k8s", f"--namespace={namespace}")


def test_many_profiles_of_which_one_is_broken(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """99 of 100 are ready; the broken one harms only itself."""
    broken = {"alert": "Broken", "expr": "1 +", "severity": "warning", "summary": "Broken."}
    cluster.apply(*(profile(namespace, f"p{i:02}", alerts={"extra": [broken] if i == 42 else []}) for i in range(100)))

    def verdicts() -> dict[str, str]:
        return {p["metadata"]["name"]: condition(p, "Ready").get("status", "") for p in cluster.list("monitoringprofiles", namespace)}

    wait_for(lambda: all(verdicts().values()) and len(verdicts()) == 100, what="every profile has a verdict", timeout=60, interval=0.5)
    assert {"p42"} == {name for name, verdict in verdicts().items() if verdict != "True"}
