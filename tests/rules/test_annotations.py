"""What people read at night: the texts of every alert as Prometheus fills them in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.content import promtool, written_availability, written_ga4
from harness.content.profiles import NAME, NAMESPACE, profile
from monitoring_operator.content import ALERT_NAMES
from monitoring_operator.content.links import dashboard_uid
from monitoring_operator.proof import cases
from monitoring_operator.proof.stimuli import INSTANCE, STIMULI, Moment
from monitoring_operator.render.inputs import Inputs

INPUTS = Inputs(runbook_base_url="https://runbooks.example.com/", grafana_url="https://grafana.example.com/")
WHO = f"{NAMESPACE}/{NAME}"

TEXTS = {
    "Ga4ApiHighErrorRate": (
        f"6% of the GA4 API calls of {WHO} failed over the last 5m (limit 5 %). Reports are missing or stale"
        " for the tenants behind these calls."
    ),
    "Ga4QuotaExhaustionImminent": (
        f"97% of today's core tokens of property p1 (tenant t1, {WHO}) are used (limit 95 %). When they are gone, every call"
        " for this property fails until midnight Pacific time."
    ),
    "Ga4QuotaHigh": f"92.5% of today's core tokens of property p1 (tenant t1, {WHO}) are used (limit 90 %).",
    "Ga4ApiHighLatency": f"One in twenty runReport calls of {WHO} to GA4 took longer than 6s over the last 5m (limit 5 s).",
    "VectorSearchHighLatency": f"One in twenty hybrid searches of {WHO} took longer than 2s over the last 5m (limit 1 s).",
    "SseConnectionsNearLimit": (
        f"Instance {INSTANCE} of {WHO} holds 1000 server-sent event connections (limit 950). New subscribers will be refused."
    ),
    "SseConnectionsHigh": f"Instance {INSTANCE} of {WHO} holds 920 server-sent event connections (limit 900).",
    "HttpHighServerErrorRate": (
        f"50% of the HTTP requests to {WHO} were answered with a server error (5xx) over the last 5m (limit 5 %). Health checks and scrapes"
        " are not counted."
    ),
    "ConnectionPoolExhaustionImminent": (
        f"100% of the primary pool of {INSTANCE} ({WHO}) is in use (limit 90 %). Requests will soon wait for a connection, then time out."
    ),
    "ConnectionPoolHigh": f"85% of the primary pool of {INSTANCE} ({WHO}) is in use (limit 80 %).",
    "CpuSaturated": f"{INSTANCE} of {WHO} uses 98 % of its CPU (limit 95 %). Requests queue up, and probes may start to fail.",
    "CpuHigh": f"{INSTANCE} of {WHO} uses 88 % of its CPU (limit 80 %).",
    "Ga4TenantHighErrorRate": (
        f"50% of the GA4 API calls for tenant t1 of {WHO} failed over the last 5m (limit 20 %). One tenant alone points at its credentials,"
        " its permissions or its quota."
    ),
    "MetricLabelsNearLimit": (
        f"The label tenant_id of {WHO} has 90 values (limit 80). Beyond 98, unless the application sets another bound, values are"
        " folded into __other__ and can no longer be told apart."
    ),
    "HighMemoryUsage": f"{INSTANCE} of {WHO} has 87.5% of its memory limit resident (limit 85 %). At 100 % the kernel kills it.",
}
VALUES = {
    "Ga4TenantHighErrorRate": 0.5,
    "MetricLabelsNearLimit": 90.0,
    "Ga4ApiHighErrorRate": 0.06,
    "Ga4QuotaExhaustionImminent": 0.97,
    "Ga4QuotaHigh": 0.925,
    "Ga4ApiHighLatency": 6.0,
    "VectorSearchHighLatency": 2.0,
    "SseConnectionsNearLimit": 1000.0,
    "SseConnectionsHigh": 920.0,
    "HttpHighServerErrorRate": 0.5,
    "ConnectionPoolExhaustionImminent": 1.0,
    "ConnectionPoolHigh": 0.85,
    "CpuSaturated": 98.0,
    "CpuHigh": 88.0,
    "HighMemoryUsage": 0.875,
}
DASHBOARD_VARIABLES = {"instance": "var-instance", "tenant_id": "var-tenant"}


def full_rule(name: str) -> dict[str, Any]:
    """The rendered rule with all it has."""
    return cases.rendered(profile(), name, INPUTS)


@pytest.mark.parametrize("name", STIMULI)
def test_texts(name: str, tmp_path: Path) -> None:
    """Prometheus fills in value, subject and limit in words, and the links lead to runbook and dashboard."""
    s = cases.subject(profile(), name)
    shown = s.alert.alert.dashboard
    filled = "".join(
        f"&{variable}={s.stimulus.subject[label].replace(':', '%3A')}"
        for label, variable in DASHBOARD_VARIABLES.items()
        if label in s.stimulus.subject
    )
    rule = full_rule(name)
    expected = {
        "summary": rule["annotations"]["summary"],
        "description": TEXTS[name],
        "runbook_url": f"https://runbooks.example.com/{name}",
        "dashboard_url": (
            f"https://grafana.example.com/d/{dashboard_uid(s.profile, shown)}?var-namespace={NAMESPACE}&var-job={NAME}{filled}"
        ),
    }
    end = s.stimulus.warm_up + s.wait + 1
    test = s.test("texts", list(s.stimulus.series(s.at, [Moment(VALUES[name])] * (end + 1))), {end: True})
    test["alert_rule_test"][0]["exp_alerts"][0]["exp_annotations"] = expected

    passed, words = promtool.prove(tmp_path, cases.groups(rule), [test], interval="15s")

    assert passed, words


def test_user_text_is_not_a_template(tmp_path: Path) -> None:
    """Braces in a label that the profile adds to every alert arrive as they were written."""
    s = cases.subject(profile(), "CpuHigh")
    odd = '{{ $labels.instance }} "x" \\ }} {{'
    rule = cases.rule(profile(alerts={"labels": {"team": odd}}), "CpuHigh")
    end = s.wait + 1
    test = s.test("labels", list(s.stimulus.series(s.at, [Moment(88.0)] * (end + 1))), {end: True})
    test["alert_rule_test"][0]["exp_alerts"][0]["exp_labels"]["team"] = odd

    passed, words = promtool.prove(tmp_path, cases.groups(rule), [test], interval="15s")

    assert passed, words


WRITTEN = (*written_availability.CASES, *written_ga4.CASES)
WRITTEN_TEXTS = {
    "ServiceDown": (
        f"Prometheus reaches no instance of {WHO}: either every scrape fails or there is nothing left to scrape. All other alerts of this"
        " service are blind until it is back."
    ),
    "InstanceDown": f"Prometheus cannot scrape {INSTANCE} of {WHO}, and with it one share of the capacity may be gone.",
    "InstrumentationMissing": (
        f"{WHO} is scraped, but there is not one series of the pack ga4: its alerts cannot fire. Either the service has not used it"
        " since it started, or it is not instrumented; then leave the pack out of spec.packs."
    ),
    "Ga4ApiAllCallsFailing": (
        f"All 6 GA4 API calls of {WHO} in the last hour failed. There are too few of them for the error ratio's alert."
    ),
    "Ga4TrafficVanished": (
        f"{WHO} has made no GA4 API call for 10m; an hour before it made 120 in the same time. Calls that hang, or fail before they are"
        " counted, look like this."
    ),
    "Ga4QuotaPaceTooHigh": (
        f"At the pace of the last hour, the core tokens of property p1 (tenant t1, {WHO}) are gone in 1h 23m 20s, before the refill at"
        " midnight Pacific time."
    ),
}
TIMES = {"Ga4ApiAllCallsFailing": "75m"}


@pytest.mark.parametrize("name", WRITTEN_TEXTS)
def test_texts_of_alerts_without_a_threshold(name: str, tmp_path: Path) -> None:
    """They say what is wrong just as well; looked at in the first case of each that fires."""
    case = next(c for c in WRITTEN if c.alert == name and any(c.fires.values()))
    at = TIMES.get(name) or next(time for time, subjects in case.fires.items() if subjects)
    rule = cases.rendered(case.profile(), name)
    rule["annotations"] = {"description": rule["annotations"]["description"]}
    test = replace(case, fires={at: case.fires[at]}).test(rule, {"description": WRITTEN_TEXTS[name]})

    passed, words = promtool.prove(tmp_path, cases.groups(rule), [test], interval=case.profile().spec.scrape.interval)

    assert passed, words


def test_every_alert_has_its_text_tested() -> None:
    """No description is filled in for the first time at night."""
    assert set(ALERT_NAMES) == {*TEXTS, *WRITTEN_TEXTS}
