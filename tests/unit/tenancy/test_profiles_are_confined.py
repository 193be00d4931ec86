"""What somebody tries who may edit one profile in one namespace, and nothing else: a test for each way to somebody else's things."""

import asyncio
import base64
from typing import Any

import pytest
import yaml

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import FakeWorld, drain, world_of
from harness.profiles import alertmanager, notifications
from monitoring_operator.alertmanager.routing import route
from monitoring_operator.api import names
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.profile import InvalidProfile, parse
from monitoring_operator.api.resources import ALERTMANAGER_CONFIGS, CONFIG_MAP, PROMETHEUS_RULE, SERVICE_MONITOR, Resource
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.world import Defaults
from monitoring_operator.render import Inputs, render
from monitoring_operator.store import secret_ref

ROUTES = secret_ref("monitoring", "routes")
EXTRA = {"alert": "Mine", "expr": "up == 0", "severity": "critical", "summary": "Down."}


def credentials(namespace: str, value: str = "") -> dict[str, Any]:
    """The Secret that notifications refer to."""
    data = {k: base64.b64encode((value or f"{namespace}-{k}").encode()).decode() for k in ("pagerduty", "slack")}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "notify", "namespace": namespace}, "data": data}


def settle(*objects: dict[str, Any], defaults: Defaults | None = None) -> tuple[FakeCluster, FakeWorld]:
    """A cluster with these objects, after an operator has settled there."""
    cluster = FakeCluster(alertmanager("monitoring"), *objects)
    world = world_of(cluster)
    world.defaults = defaults or Defaults()
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    return cluster, world


def victim() -> tuple[dict[str, Any], dict[str, Any]]:
    """A profile with routes, and its credentials."""
    return profile_body("victim", notifications=notifications("monitoring")), credentials("victim")


def configuration(cluster: FakeCluster) -> tuple[str, dict[str, str]]:
    """Alertmanager's configuration and the files beside it."""
    data = {k: base64.b64decode(v).decode() for k, v in cluster.objects[ROUTES]["data"].items()}
    return data.pop("alertmanager.yaml"), data


def refused(**spec: Any) -> str:
    """What is said about a spec that must not be taken."""
    with pytest.raises(InvalidProfile) as caught:
        parse(profile_body("attacker", **spec))
    return "; ".join(str(p) for p in caught.value.problems)


def rules(**spec: Any) -> list[dict[str, Any]]:
    """Every alerting rule that an attacker's spec becomes."""
    manifests = render(parse(profile_body("attacker", **spec)), Inputs())
    found = [m.body["spec"]["groups"] for m in manifests if m.ref.resource == PROMETHEUS_RULE]
    return [r for groups in found for g in groups for r in g["rules"]]


@pytest.mark.parametrize("name", ["../victim/notify", "../../victim/secrets/notify", "notify/", "notify?x", "notify#", "%2e%2e", ""])
def test_the_name_of_a_secret_is_no_path(name: str) -> None:
    """It becomes a part of a path of the API."""
    spec = notifications("monitoring")
    spec["warning"][0]["slack"]["apiUrl"]["secretKeyRef"] = {"name": name, "key": "slack"}

    assert "secretKeyRef" in refused(notifications=spec)


def test_secrets_are_read_in_the_profiles_namespace_only() -> None:
    """Whatever it refers to, a namespace has no place there; the one other Secret that is read is the operator's own configuration."""
    spec = notifications("monitoring")
    spec["warning"][0]["slack"]["apiUrl"]["secretKeyRef"] = {"name": "notify", "key": "slack", "namespace": "victim"}
    cluster, _ = settle(profile_body("attacker", notifications=spec), *victim())
    read = {c.removeprefix("get ") for c in cluster.calls if c.startswith("get Secret")}

    assert {"Secret attacker/notify", "Secret victim/notify", f"{ROUTES}"} == read
    assert "attacker" not in "".join(configuration(cluster)[1].values())


@pytest.mark.parametrize("label", sorted(names.RESERVED_ALERT_LABELS))
def test_the_labels_by_which_alerts_are_routed_cannot_be_set(label: str) -> None:
    """Neither for all alerts nor for one of the user's own."""
    assert "they decide who is told" in refused(alerts={"labels": {label: "victim"}})
    assert "they decide who is told" in refused(alerts={"extra": [{**EXTRA, "labels": {label: "victim"}}]})


def test_every_rule_says_whose_it_is() -> None:
    """Labels of a rule replace those that its expression yields, so that label_replace in the expression changes nothing."""
    posing = 'label_replace(label_replace(up, "namespace", "victim", "", ""), "profile", "web", "", "")'
    found = rules(alerts={"extra": [{**EXTRA, "expr": posing, "labels": {"team": "a"}}]})

    assert len(found) > 10
    assert {("attacker", "web")} == {(r["labels"]["namespace"], r["labels"]["profile"]) for r in found}


def test_labels_for_all_alerts_are_text_and_no_templates() -> None:
    """A template could ask Prometheus for anything, and would turn one alert into many."""
    found = rules(alerts={"labels": {"team": '{{ query "secret" }}'}})

    assert {'{{ "{{" }} query "secret" }}'} == {r["labels"]["team"] for r in found}


def test_nobody_elses_alerts_are_caught() -> None:
    """With or without the attacker's profile, in both orders of names, the victim's alerts take the same way."""
    greedy = {**notifications("monitoring"), "groupBy": ["alertname"], "groupWait": "0s"}
    for attacker in ("attacker", "zz-attacker"):
        alone, _ = settle(*victim())
        beside, _ = settle(*victim(), profile_body(attacker, notifications=greedy), credentials(attacker))
        for severity in ("critical", "warning", "info"):
            labels = {"namespace": "victim", "profile": "web", "severity": severity, "alertname": "Down"}
            assert route(configuration(alone)[0], labels) == route(configuration(beside)[0], labels)
        assert f"{attacker}/web/critical" in configuration(beside)[0]


def test_nobody_elses_alerts_are_muted() -> None:
    """Every rule of inhibition asks for the same namespace and profile on both sides."""
    config = yaml.safe_load(configuration(settle(*victim())[0])[0])

    assert config["inhibit_rules"]
    assert [] == [r for r in config["inhibit_rules"] if not {"namespace", "profile"} <= set(r["equal"])]


@pytest.mark.parametrize(
    "channel", ['#a"\nroute: {receiver: x}', "#a\n---\nreceivers: []", "{{ template }}", "$(HOME)", "*anchor", "&a", "!!python/x"]
)
def test_a_channel_is_text_and_nothing_else(channel: str) -> None:
    """No YAML, no template and no variable gets into the configuration by it."""
    spec = notifications("monitoring")
    spec["warning"][0]["slack"]["channel"] = channel
    cluster, _ = settle(*victim(), profile_body("attacker", notifications=spec), credentials("attacker"))
    config = yaml.safe_load(configuration(cluster)[0])
    mine = next(r for r in config["receivers"] if r["name"] == "attacker/web/warning")

    assert {"global", "route", "receivers", "inhibit_rules"} >= config.keys() - {"templates"}
    assert channel == mine["slack_configs"][0]["channel"].replace('{{ "{" }}', "{").replace('{{ "$" }}', "$")


def test_a_huge_credential_does_not_take_everybodys_place() -> None:
    """All profiles share one Secret of at most a mebibyte; the attacker's own receivers are left out, and nobody else's."""
    attacker = (profile_body("attacker", notifications=notifications("monitoring")), credentials("attacker", "x" * 900_000))
    cluster, _ = settle(*victim(), *attacker)
    config, files = configuration(cluster)

    assert "victim/web/critical" in config
    assert {"victim"} == {name.partition(".")[0] for name in files}


@pytest.mark.parametrize("labels", [{}, names.child_labels("web", "attacker", "attacker-web")], ids=["bare", "with our labels"])
@pytest.mark.parametrize(
    ("resource", "namespace", "name"),
    [
        (SERVICE_MONITOR, "attacker", "web"),
        (PROMETHEUS_RULE, "attacker", "web-alerts"),
        (CONFIG_MAP, "attacker", "web-sentry"),
        (ALERTMANAGER_CONFIGS[0], "attacker", "web"),
        (CONFIG_MAP, "grafana", "attacker.web.ga4-health"),
    ],
    ids=["ServiceMonitor", "PrometheusRule", "Sentry", "AlertmanagerConfig", "dashboard elsewhere"],
)
def test_an_object_of_somebody_else_is_not_overwritten(resource: Resource, namespace: str, name: str, labels: dict[str, str]) -> None:
    """It stays as it is, also where it poses as ours and when the profile wants it no more, and the profile says NameConflict."""
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    foreign = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "data": {"k": "theirs"}}
    told = {**notifications("monitoring"), "mode": "AlertmanagerConfig"}
    whole = profile_body(
        "attacker",
        dashboards={"namespace": "grafana"},
        notifications=told,
        sentry={"dsn": {"secretKeyRef": {"name": "notify", "key": "dsn"}}},
    )
    cluster, world = settle(whole, foreign)
    ref = Ref(resource, namespace, name)
    before = cluster.objects[ref]
    (profile,) = world.store.profiles.values()
    assert "NameConflict" in {c["reason"] for c in profile["status"]["conditions"]}
    cluster.put(profile_body("attacker", generation=2, alerts={"enabled": False}, dashboards={"enabled": False}))
    asyncio.run(resync(world))
    asyncio.run(drain(world))

    assert {"k": "theirs"} == cluster.objects[ref]["data"]
    assert before == cluster.objects[ref]


@pytest.mark.parametrize("name", ["../victim/boards", "boards/", "boards?x", "%2e%2e", ""])
def test_the_name_of_a_config_map_is_no_path(name: str) -> None:
    """It becomes a part of a path of the API."""
    assert "configMapKeyRef" in refused(dashboards={"extra": [{"configMapKeyRef": {"name": name, "key": "a.json"}}]})


def test_dashboards_are_taken_from_the_profiles_namespace_only() -> None:
    """A namespace has no place in a reference: the victim's ConfigMap of that name is not read."""
    mine = {"configMapKeyRef": {"name": "boards", "key": "a.json", "namespace": "victim"}}
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "boards", "namespace": "victim"}, "data": {"a.json": "{}"}}
    cluster, _ = settle(profile_body("attacker", dashboards={"extra": [mine]}), theirs)

    assert "get ConfigMap attacker/boards" in cluster.calls
    assert [] == [c for c in cluster.calls if "ConfigMap victim/" in c]


def test_dashboards_go_where_the_operators_settings_allow() -> None:
    """A namespace that is not on the list gets nothing, and the condition says which are."""
    defaults = Defaults(dashboard_namespaces=frozenset({"grafana"}))
    cluster, world = settle(profile_body("attacker", dashboards={"namespace": "kube-system"}), defaults=defaults)
    allowed, _ = settle(profile_body("friend", dashboards={"namespace": "grafana"}), defaults=defaults)

    assert [] == [r for r in cluster.objects if r.namespace == "kube-system"]
    assert [r for r in allowed.objects if r.namespace == "grafana"]
    (profile,) = world.store.profiles.values()
    said = next(c for c in profile["status"]["conditions"] if c["type"] == "Applied")
    assert ("Forbidden", True) == (said["reason"], "beside their own: grafana" in said["message"])


@pytest.mark.parametrize("folder", ["/etc/grafana", "../../etc", "a/../../b", "a//b", "a/", "a\\..\\b", ".", "..", "a\nb", ".ssh"])
def test_a_folder_does_not_lead_out_of_grafanas_own(folder: str) -> None:
    """To the sidecar it is a path in its container."""
    assert "folder" in refused(dashboards={"folder": folder})


@pytest.mark.parametrize("folder", ["GA4 Analytics", "Team A/GA4", "Öffentlich (v1.2)"])
def test_ordinary_folders_are_taken(folder: str) -> None:
    """Also nested ones."""
    assert folder == parse(profile_body("a", dashboards={"folder": folder})).spec.dashboards.folder


@pytest.mark.parametrize("section", ["dashboards", "prometheus"])
def test_labels_that_say_whose_a_child_is_cannot_be_replaced(section: str) -> None:
    """They are ours, and come last."""
    ours = names.child_labels("web", "attacker", "attacker-web")
    spoofed = dict.fromkeys(ours, "victim")
    spec: dict[str, Any] = {section: {"labels": spoofed}}
    manifests = render(parse(profile_body("attacker", **spec)), Inputs())

    assert [ours] * len(manifests) == [{k: m.body["metadata"]["labels"][k] for k in ours} for m in manifests]
