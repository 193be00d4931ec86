"""The CRD in a real API server: taken as it is, readable, and of one mind with the operator about what is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from harness import generate
from harness.cluster import KubectlFailed, Object
from harness.controlplane import ControlPlane
from harness.profiles import profile
from monitoring_operator.api.model import Model, Rule
from monitoring_operator.api.profile import InvalidProfile, ProfileSpec, parse

CRD = "monitoringprofiles.monitoring-operator.dev"
SECRET = {"secretKeyRef": {"name": "notify", "key": "key"}}
SLACK = {"slack": {"apiUrl": SECRET, "channel": "#alerts"}}


def scrape(**fields: Any) -> dict[str, Any]:
    """A spec whose scrape section has `fields` beside or instead of the least that it needs; None takes a field out."""
    section = {"selector": {"matchLabels": {"app": "web"}}, "port": "http", **fields}
    return {"scrape": {k: v for k, v in section.items() if v is not None}}


def extra(**fields: Any) -> dict[str, Any]:
    """A spec with one extra alert."""
    return {"alerts": {"extra": [{"alert": "Mine", "expr": "up == 0", "severity": "warning", "summary": "It is.", **fields}]}}


def asserted(assertion: dict[str, Any]) -> dict[str, Any]:
    """A spec with one assertion about who is told."""
    return {"notifications": {"warning": [SLACK], "assertions": [assertion]}}


BROKEN_RULES = {
    "port is a number": (scrape(port="8000"), "port is the NAME of a Service port"),
    "timeout over interval": (scrape(timeout="20s"), "timeout must not be longer than interval"),
    "interval under a second": (scrape(interval="500ms"), "interval must be at least 1s"),
    "empty selector": (scrape(selector={}), "an empty selector would scrape every Service"),
    "In without values": (
        scrape(selector={"matchExpressions": [{"key": "app", "operator": "In"}]}),
        "values are needed for In and NotIn",
    ),
    "Exists with values": (
        scrape(selector={"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["a"]}]}),
        "must be empty for Exists and DoesNotExist",
    ),
    "reserved label on all alerts": ({"alerts": {"labels": {"severity": "none"}}}, "labels must not set alertname, namespace"),
    "reserved label on an extra alert": (extra(labels={"profile": "other"}), "labels of an extra alert must not set"),
    "two keys for PagerDuty": (
        {"notifications": {"critical": [{"pagerDuty": {"routingKey": SECRET, "serviceKey": SECRET}}]}},
        "give exactly one of routingKey and serviceKey",
    ),
    "no key for PagerDuty": ({"notifications": {"critical": [{"pagerDuty": {}}]}}, "give exactly one of routingKey and serviceKey"),
    "no URL for Slack": ({"notifications": {"warning": [{"slack": {"channel": "#a"}}]}}, "give exactly one of apiUrl and botToken"),
    "two ways in one receiver": (
        {"notifications": {"warning": [{**SLACK, "pagerDuty": {"routingKey": SECRET}}]}},
        "give exactly one of pagerDuty, slack, webhook, ",
    ),
    "no way in a receiver": ({"notifications": {"warning": [{}]}}, "give exactly one of pagerDuty, slack, webhook, "),
    "nobody to tell": ({"notifications": {"groupWait": "1m"}}, "notifications without a receiver tell nobody"),
    "two addresses of a webhook": (
        {"notifications": {"warning": [{"webhook": {"url": "https://a.example", "urlFrom": SECRET}}]}},
        "give exactly one of url and urlFrom",
    ),
    "two ways to log in": (
        {
            "notifications": {
                "warning": [
                    {"webhook": {"url": "https://a.example", "authorization": SECRET, "basicAuth": {"username": "a", "password": SECRET}}}
                ]
            }
        },
        "give at most one of authorization and basicAuth",
    ),
    "no chat": ({"notifications": {"warning": [{"telegram": {"botToken": SECRET, "chatId": 0}}]}}, "chatId must not be 0"),
    "a day that ends before it begins": (
        {
            "notifications": {
                "warning": [SLACK],
                "muteTimes": [{"name": "a", "intervals": [{"times": [{"startTime": "10:00", "endTime": "09:00"}]}]}],
            }
        },
        "startTime must be before endTime",
    ),
    "one name for two times": (
        {
            "notifications": {
                "warning": [SLACK],
                "muteTimes": [{"name": "a", "intervals": [{}]}],
                "activeTimes": [{"name": "a", "intervals": [{}]}],
            }
        },
        "a name stands only once among muteTimes and activeTimes",
    ),
    "neither receivers nor nobody": (asserted({"labels": {"a": "b"}}), "give exactly one of receivers and nobody: true"),
    "receivers and nobody": (
        asserted({"labels": {"a": "b"}, "receivers": ["slack"], "nobody": True}),
        "give exactly one of receivers and nobody: true",
    ),
    "assertion about another profile": (
        asserted({"labels": {"profile": "other"}, "nobody": True}),
        "labels of an assertion must not set namespace or profile",
    ),
    "never repeated": ({"notifications": {"warning": [SLACK], "repeatInterval": "0s"}}, "must be longer than zero"),
}
"""By name: what to add to a good spec, and the words that both sides must refuse it with."""

BAD_FIELDS = {
    "number for text": (scrape(port=8080), "spec.scrape.port"),
    "text for number": (scrape(sampleLimit="5"), "spec.scrape.sampleLimit"),
    "fraction for integer": (scrape(sampleLimit=1.5), "spec.scrape.sampleLimit"),
    "below the minimum": (scrape(sampleLimit=0), "spec.scrape.sampleLimit"),
    "above the maximum": (scrape(sampleLimit=10_000_001), "spec.scrape.sampleLimit"),
    "no duration": (scrape(interval="15"), "spec.scrape.interval"),
    "empty duration": (scrape(interval=""), "spec.scrape.interval"),
    "relative path": (scrape(path="metrics"), "spec.scrape.path"),
    "unknown scheme": (scrape(scheme="ftp"), "spec.scrape.scheme"),
    "no port": (scrape(port=None), "spec.scrape.port"),
    "no selector": (scrape(selector=None), "spec.scrape.selector"),
    "bad label value": (scrape(selector={"matchLabels": {"app": "a b"}}), "spec.scrape.selector.matchLabels.app"),
    "bad label key": (scrape(selector={"matchLabels": {"a b": "c"}}), "spec.scrape.selector.matchLabels"),
    "selector is text": (scrape(selector="app=web"), "spec.scrape.selector"),
    "unknown pack": ({"packs": ["ga5"]}, "spec.packs[0]"),
    "no packs": ({"packs": []}, "spec.packs"),
    "pack twice": ({"packs": ["ga4", "sse", "ga4"]}, "spec.packs"),
    "label twice": ({"notifications": {"warning": [SLACK], "groupBy": ["a", "a"]}}, "spec.notifications.groupBy"),
    "negative threshold": ({"alerts": {"rules": {"CpuHigh": {"threshold": -1}}}}, "spec.alerts.rules.CpuHigh.threshold"),
    "text threshold": ({"alerts": {"rules": {"CpuHigh": {"threshold": "80"}}}}, "spec.alerts.rules.CpuHigh.threshold"),
    "unknown severity": (extra(severity="fatal"), "spec.alerts.extra[0].severity"),
    "bad label name": (extra(labels={"a-b": "c"}), "spec.alerts.extra[0].labels"),
    "no expression": (extra(expr=""), "spec.alerts.extra[0].expr"),
    "no URL": ({"alerts": {"runbookBaseUrl": "runbooks"}}, "spec.alerts.runbookBaseUrl"),
    "no Secret key": (scrape(authorization={"secretKeyRef": {"name": "a"}}), "spec.scrape.authorization.secretKeyRef.key"),
    "ratio over one": ({"sentry": {"dsn": SECRET, "tracesSampleRate": 1.5}}, "spec.sentry.tracesSampleRate"),
    "no labels for Grafana": ({"dashboards": {"labels": {}}}, "spec.dashboards.labels"),
    "variable in a user's name": (
        {"notifications": {"warning": [{"webhook": {"url": "https://a.example", "basicAuth": {"username": "$(A)", "password": SECRET}}}]}},
        "spec.notifications.warning[0].webhook.basicAuth.username",
    ),
    "bad namespace": ({"dashboards": {"namespace": "A"}}, "spec.dashboards.namespace"),
}
"""By name: what to add to a good spec, and the path that both sides must complain about."""


def refusal(cluster: ControlPlane, body: Object) -> str:
    """The API server's words against `body`; empty if it takes it. Nothing is stored."""
    try:
        cluster.kubectl("create", "--dry-run=server", "--filename=-", input=json.dumps(body))
    except KubectlFailed as failed:
        return str(failed)
    return ""


def problems(body: Object) -> list[str]:
    """The operator's words against `body`."""
    try:
        parse(body)
    except InvalidProfile as invalid:
        return list(map(str, invalid.problems))
    return []


def rules(model: type[Model]) -> Iterator[Rule]:
    """Every rule of the models of the spec."""
    for subclass in model.__subclasses__():
        if subclass.__module__.startswith("monitoring_operator."):
            yield from subclass.rules_
        yield from rules(subclass)


def test_the_crd_is_taken_as_it_is(cluster: ControlPlane) -> None:
    """Established, its names accepted, and no NonStructuralSchema: unknown fields are pruned, defaults are filled in."""
    crd = cluster.find("customresourcedefinitions", CRD)
    assert crd is not None
    conditions = {c["type"]: c["status"] for c in crd["status"]["conditions"]}

    assert {"Established": "True", "NamesAccepted": "True"} == conditions
    assert yaml.safe_load(generate.CRDS[0].read_text())["spec"]["versions"][0]["schema"] == crd["spec"]["versions"][0]["schema"]


@pytest.mark.parametrize("example", generate.examples(), ids=lambda path: path.stem)
def test_every_example_is_taken(cluster: ControlPlane, namespace: str, example: Any) -> None:
    """What we show to others works, with unknown fields refused."""
    for body in yaml.safe_load_all(example.read_text()):
        body["metadata"]["namespace"] = namespace

        assert "" == refusal(cluster, body)


@pytest.mark.parametrize(("spec", "words"), BROKEN_RULES.values(), ids=BROKEN_RULES.keys())
def test_a_broken_rule_is_refused_by_both_with_the_same_words(cluster: ControlPlane, spec: dict[str, Any], words: str) -> None:
    """CEL in the API server and Python in the operator say the same about the same spec, at the same place."""
    body = profile("default", **spec)
    refused = refusal(cluster, body)
    found = [p.partition(": ") for p in problems(body)]
    paths = [path for path, _, message in found if words in message]

    assert paths, found
    assert words in refused
    assert all(path in refused for path in paths), (paths, refused)


def test_every_rule_is_tried() -> None:
    """A rule without a spec that breaks it is a rule that nobody has seen at work."""
    untried = {rule.message for rule in rules(Model)} - {
        m for m in (r.message for r in rules(Model)) for _, w in BROKEN_RULES.values() if w in m
    }

    assert ProfileSpec in Model.__subclasses__()
    assert set() == untried


@pytest.mark.parametrize(("spec", "path"), BAD_FIELDS.values(), ids=BAD_FIELDS.keys())
def test_a_bad_field_is_refused_by_both_at_the_same_path(cluster: ControlPlane, spec: dict[str, Any], path: str) -> None:
    """Whoever reads the refusal finds the line to change."""
    body = profile("default", **spec)
    refused = refusal(cluster, body)

    assert path in refused
    assert [p for p in problems(body) if p.startswith(path)], problems(body)


def test_unknown_alerts_are_refused_with_those_that_exist(cluster: ControlPlane) -> None:
    """The message names the unknown alert and lists what could have been meant."""
    refused = refusal(cluster, profile("default", alerts={"rules": {"CpuHihg": {}, "CpuHigh": {}}}))

    assert "spec.alerts.rules: Invalid value" in refused
    assert "no such alert: CpuHihg; the alerts are: ConnectionPoolExhaustionImminent, " in refused


def test_unknown_dashboards_are_refused_with_those_that_exist(cluster: ControlPlane) -> None:
    """The message names the unknown dashboard, its index, and lists what exists."""
    refused = refusal(cluster, profile("default", dashboards={"include": ["system-overview", "sytem"]}))

    assert 'spec.dashboards.include[1]: Unsupported value: "sytem": supported values: "database-health"' in refused


def test_a_misspelt_field_is_refused(cluster: ControlPlane) -> None:
    """Whoever uses kubectl gets strict validation: a typo is an error, not a default."""
    assert 'unknown field "spec.scrape.intervall"' in refusal(cluster, profile("default", **scrape(intervall="15s")))


def test_a_name_that_fits_into_no_label_is_refused(cluster: ControlPlane) -> None:
    """Children are found by labels with the profile's name, which hold 63 characters."""
    fits, too_long = profile("default"), profile("default")
    fits["metadata"]["name"], too_long["metadata"]["name"] = "a" * 63, "a" * 64

    assert ("", []) == (refusal(cluster, fits), problems(fits))
    assert "metadata.name: Too long: may not be more than 63" in refusal(cluster, too_long)
    assert ["metadata.name: is 64 characters long; at most 63 fit into a label"] == problems(too_long)


def test_the_api_servers_defaults_are_the_operators(cluster: ControlPlane) -> None:
    """Whether a profile comes from a file or from the cluster, it means the same."""
    body = profile("default", notifications={"warning": [SLACK]}, sentry={"dsn": SECRET}, alerts={"rules": {"CpuHigh": {}}}, dashboards={})
    answer = cluster.kubectl("create", "--dry-run=server", "--output=json", "--filename=-", input=json.dumps(body))
    stored = json.loads(answer)

    assert body["spec"] != stored["spec"]
    assert parse(body).spec == parse(stored).spec
    assert "packs" not in stored["spec"]


def test_nulls_are_fields_that_are_not_there(cluster: ControlPlane) -> None:
    """A section whose lines are all commented out is a section left out, as the command line takes it too."""
    body = profile("default", alerts=None, **scrape(interval=None))
    body["spec"]["scrape"]["timeout"] = None

    assert "" == refusal(cluster, body)


def test_the_status_survives(cluster: ControlPlane, namespace: str) -> None:
    """Every field of the status is in the schema: nothing that the operator writes is pruned."""
    status = {
        "observedGeneration": 1,
        "conditions": [
            {"type": t, "status": "True", "reason": "Live", "message": "3/3 targets up", "lastTransitionTime": "2026-11-23T22:00:00Z"}
            for t in ("Ready", "Valid")
        ],
        "children": [{"apiVersion": "v1", "kind": "ConfigMap", "namespace": namespace, "name": "web"}],
        "targets": "3/3",
        "alerts": 19,
    }
    cluster.apply(profile(namespace))
    patch = json.dumps({"status": status})
    cluster.kubectl("patch", "mprof", "web", f"--namespace={namespace}", "--subresource=status", "--type=merge", f"--patch={patch}")
    stored = cluster.find("mprof", "web", namespace)

    assert stored is not None
    assert status == stored["status"]
    row = cluster.kubectl("get", "monitoring", f"--namespace={namespace}").splitlines()
    assert ["NAME", "READY", "REASON", "TARGETS", "ALERTS", "AGE"] == row[0].split()
    assert ["web", "True", "Live", "3/3", "19"] == row[1].split()[:5]
    assert "3/3 targets up" in cluster.kubectl("get", "mprof", "--output=wide", f"--namespace={namespace}")


def test_explain_reads_well(cluster: ControlPlane) -> None:
    """`kubectl explain` is the reference that is always at hand: purpose, fields, which are needed, and their defaults."""
    text = " ".join(cluster.kubectl("explain", "monitoringprofile.spec.scrape").split())

    assert "What to scrape: becomes one ServiceMonitor." in text
    assert "selector <Object> -required- The Services of the application, in the profile's namespace." in text
    assert "interval <string> Time between two scrapes. Default: 15s." in text
    assert "scheme <string> enum: http, https Protocol of the metrics endpoint. Default: http." in text
