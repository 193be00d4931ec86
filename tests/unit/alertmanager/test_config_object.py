"""The second mode means what the first one means: the same alerts reach the same people, through an object of the profile's own."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.bases import ALERTS, CONFIG
from harness.notifications import NAMES, NAMESPACES, every_kind, pagerduty, profile, receivers, ref, slack, slack_bot, times
from harness.prometheus_operator import STRATEGIES, merged
from harness.structural import problems_with
from monitoring_operator.alertmanager.accepted import refused
from monitoring_operator.alertmanager.config_object import ConfigInputs, config_object, inexpressible
from monitoring_operator.alertmanager.fragment import fragment
from monitoring_operator.alertmanager.routing import route
from monitoring_operator.alertmanager.whole import whole_problems
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.resources import ALERTMANAGER_CONFIGS

MODE = "AlertmanagerConfig"
SAMPLE = settings(max_examples=40, deadline=None)
BASE = yaml.safe_load(CONFIG)


def _object(built: Profile, **inputs: Any) -> dict[str, Any]:
    manifest = config_object(built, ConfigInputs(**inputs))
    assert manifest is not None
    return manifest.body


def _profile(namespace: str = "analytics", name: str = "ga4", **notifications: Any) -> Profile:
    return profile(namespace, name, mode=MODE, **notifications)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """A random profile of this mode, all of which can be said in it."""
    critical, warning = draw(st.lists(receivers(), max_size=2)), draw(st.lists(receivers(), max_size=2))
    muted = [draw(times("nights"))] if draw(st.booleans()) else []
    for named in muted:
        for interval in named["intervals"]:
            interval.pop("location", None)
    for told in (critical, warning):
        told[:] = [r for r in told if "botToken" not in r.get("slack", {}) and "basicAuth" not in r.get("webhook", {})]
    if not critical and not warning:
        warning = [slack()]
    return _profile(draw(NAMESPACES), draw(NAMES), critical=critical, warning=warning, muteTimes=muted)


def sets_of_profiles() -> st.SearchStrategy[list[Profile]]:
    """Different ones."""
    return st.lists(profiles(), max_size=3, unique_by=lambda p: (p.namespace, p.name))


@SAMPLE
@given(sets_of_profiles(), st.sampled_from(STRATEGIES))
def test_every_alert_reaches_its_own_profiles_receivers_and_no_others(found: list[Profile], strategy: str) -> None:
    """Under every strategy of the Alertmanager's; afterwards prometheus-operator lets an alert go on to the base's own routes."""
    config = merged(BASE, [_object(built) for built in found], strategy)
    text = json.dumps(config)
    assert list(whole_problems(config)) == []
    assert list(refused(config, "alertmanagerConfig", "")) == []
    for labels in ALERTS:
        assert route(text, labels) == route(CONFIG, labels)
    for built in found:
        notifications = built.spec.notifications
        assert notifications is not None
        prefix = f"{built.namespace}/{built.name}/"
        ways = {severity: bool(getattr(notifications, severity)) for severity in ("critical", "warning")}
        for severity in ("critical", "warning", "info"):
            labels = {"namespace": built.namespace, "profile": built.name, "severity": severity}
            told, *others = route(text, labels)
            own = severity if ways.get(severity) else "warning" if severity == "critical" and ways["warning"] else ""
            assert told == prefix + (f"{own}-receiver" if own else "nobody")
            # What the object has taken no longer falls to the first receiver.
            assert tuple(others) == tuple(name for name in route(CONFIG, labels) if name != "platform")


@SAMPLE
@given(profiles(), st.sampled_from(ALERTMANAGER_CONFIGS))
def test_prometheus_operators_schema_takes_every_object(built: Profile, resource: Any) -> None:
    """No field that it lacks, none of another type, none that it demands left out; both versions differ in one name."""
    spec = _object(built, resource=resource)["spec"]
    if "timeIntervals" in spec:
        assert resource.version == "v1beta1"
        spec = {**{k: v for k, v in spec.items() if k != "timeIntervals"}, "muteTimeIntervals": spec["timeIntervals"]}
    assert list(problems_with(spec, "alertmanagerconfigs", "v1alpha1")) == []


def test_one_object_as_a_whole() -> None:
    """Named as its profile, owned by it, with the labels that its Alertmanager selects by; credentials are references."""
    built = _profile(
        critical=[pagerduty()], warning=[every_kind()["email"]], muteTimes=[{"name": "n", "intervals": [{"daysOfMonth": ["1:5", "-1"]}]}]
    )
    body = _object(built, labels={"alertmanager": "main"})
    assert body["apiVersion"] == "monitoring.coreos.com/v1alpha1"
    assert body["metadata"]["name"] == "ga4"
    assert body["metadata"]["labels"]["alertmanager"] == "main"
    assert body["metadata"]["ownerReferences"][0]["uid"] == "u"
    spec = body["spec"]
    assert spec["route"]["matchers"] == [
        {"name": "namespace", "matchType": "=", "value": "analytics"},
        {"name": "profile", "matchType": "=", "value": "ga4"},
    ]
    assert [(r["receiver"], r["matchers"][0]["value"], r.get("muteTimeIntervals")) for r in spec["route"]["routes"]] == [
        ("critical-receiver", "critical", ["times.n"]),
        ("warning-receiver", "warning", ["times.n"]),
    ]
    assert spec["muteTimeIntervals"] == [
        {"name": "times.n", "timeIntervals": [{"daysOfMonth": [{"start": 1, "end": 5}, {"start": -1, "end": -1}]}]}
    ]
    nobody, critical, warning = spec["receivers"]
    assert nobody == {"name": "nobody"}
    (page,), (mail,) = critical["pagerdutyConfigs"], warning["emailConfigs"]
    assert page["routingKey"] == {"name": "notify", "key": "pagerduty"}
    assert [d["key"] for d in page["details"]] == ["firing", "resolved"]
    assert page["pagerDutyLinkConfigs"][0] == {"href": "{{ .CommonAnnotations.runbook_url }}", "alt": "Runbook"}
    assert page["sendResolved"] is True
    assert mail["authPassword"] == {"name": "notify", "key": "email"}
    assert (mail["requireTLS"], mail["authUsername"], mail["headers"][0]["key"]) == (True, "alerts", "Subject")


def test_a_receiver_without_its_credential_is_left_out() -> None:
    """prometheus-operator would pass over the whole object; critical alerts go to the warnings' receiver meanwhile."""
    body = _object(_profile(critical=[pagerduty()], warning=[slack()]), missing=frozenset({("notify", "pagerduty")}))
    assert [r["name"] for r in body["spec"]["receivers"]] == ["nobody", "warning-receiver"]
    assert [r["receiver"] for r in body["spec"]["route"]["routes"]] == ["warning-receiver", "warning-receiver"]


def test_a_profile_has_one_mode() -> None:
    """A part of the Secret, or an object of its own."""
    assert fragment(_profile(warning=[slack()]), {("notify", "slack"): "x"}) is None
    assert config_object(profile(warning=[slack()]), ConfigInputs()) is None
    assert config_object(profile(), ConfigInputs()) is None


def test_inhibition_stays_within_the_profile() -> None:
    """The rules stand in everybody's configuration, also where prometheus-operator adds no namespace to them."""
    for rule in _object(_profile(warning=[slack()]))["spec"]["inhibitRules"]:
        for side in ("sourceMatch", "targetMatch"):
            exact = {m["name"]: m["value"] for m in rule[side] if m["matchType"] == "="}
            assert {"namespace": "analytics", "profile": "ga4"}.items() <= exact.items()
            assert {"name": "signal", "matchType": "=~", "value": ".+"} in rule[side]


def test_what_cannot_be_said_is_refused_with_its_path() -> None:
    """An AlertmanagerConfig has no field for it."""
    login = {"webhook": {"url": "https://a.example", "basicAuth": {"username": "u", "password": ref("p")}}}
    zone = [{"name": "n", "intervals": [{}, {"location": "Europe/Zurich"}]}]
    found = inexpressible(_profile(critical=[login], warning=[slack(), slack_bot()], muteTimes=zone))
    assert [p.path for p in found] == [
        "spec.notifications.critical[0].webhook.basicAuth",
        "spec.notifications.warning[1].slack.botToken",
        "spec.notifications.muteTimes[0].intervals[1].location",
    ]
    assert list(inexpressible(profile(critical=[login], warning=[slack_bot()], muteTimes=zone))) == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_group_keys_stay_what_they_are(strategy: str) -> None:
    """The matchers of the ways through the object are in the keys of open incidents."""
    body = _object(_profile(critical=[pagerduty()], warning=[slack()]))
    way = merged(BASE, [body], strategy)["route"]["routes"][0]
    front = ['namespace="analytics"'] if strategy != "None" else []
    assert way["matchers"] == [*front, 'namespace="analytics"', 'profile="ga4"']
    assert [r["matchers"] for r in way["routes"]] == [['severity="critical"'], ['severity="warning"']]
