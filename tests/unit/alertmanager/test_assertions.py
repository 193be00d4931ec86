"""A profile's assertions about who is told: they hold, or say what would happen instead."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.notifications import pagerduty, part, profile, receivers, slack, slack_bot
from monitoring_operator.alertmanager.assertions import failed_assertions, failed_beside
from monitoring_operator.alertmanager.base import base_of
from monitoring_operator.api.profile import InvalidProfile

CRITICAL, WARNING, INFO = ({"severity": severity} for severity in ("critical", "warning", "info"))
BOTH: dict[str, Any] = {"critical": [pagerduty(), slack(channel="#pages")], "warning": [slack()]}


def _failures(assertion: dict[str, Any], **notifications: Any) -> list[str]:
    return [str(problem) for problem in failed_assertions(profile(**(notifications or BOTH), assertions=[assertion]))]


@pytest.mark.parametrize(
    "assertion",
    [
        {"labels": CRITICAL, "receivers": ["critical"]},
        {"labels": CRITICAL, "receivers": ["pagerDuty", "slack"]},
        {"labels": CRITICAL, "receivers": ["pagerDuty", "critical"]},
        {"labels": {**WARNING, "tenant_id": "acme"}, "receivers": ["slack"]},
        {"labels": INFO, "nobody": True},
        {"labels": {"severity": "Critical"}, "nobody": True},
    ],
)
def test_what_is_so_holds(assertion: dict[str, Any]) -> None:
    """By list, by kind, and for alerts that nobody hears of."""
    assert _failures(assertion) == []


@pytest.mark.parametrize(
    ("assertion", "instead"),
    [
        (
            {"labels": WARNING, "receivers": ["pagerDuty"]},
            'expected pagerDuty to be told of {severity="warning"}; it would be Slack #alerts of warning',
        ),
        (
            {"labels": CRITICAL, "receivers": ["pagerDuty"]},
            'expected pagerDuty to be told of {severity="critical"}; it would be PagerDuty of critical and Slack #pages of critical',
        ),
        (
            {"labels": {**WARNING, "tenant_id": "a"}, "nobody": True},
            'expected nobody to be told of {severity="warning", tenant_id="a"}; it would be Slack #alerts of warning',
        ),
        ({"labels": INFO, "receivers": ["warning"]}, 'expected warning to be told of {severity="info"}; it would be nobody'),
    ],
)
def test_what_is_not_so_says_what_would_be(assertion: dict[str, Any], instead: str) -> None:
    """Path, what was expected, and who would be told in its place."""
    assert _failures(assertion) == [f"spec.notifications.assertions[0]: {instead}"]


def test_an_alertmanagerconfig_object_is_asked_the_same() -> None:
    """Whichever way the routes take to Alertmanager, they mean the same."""
    mode: dict[str, Any] = {**BOTH, "mode": "AlertmanagerConfig"}
    assert _failures({"labels": CRITICAL, "receivers": ["pagerDuty", "slack"]}, **mode) == []
    assert len(_failures({"labels": CRITICAL, "receivers": ["slack"]}, **mode)) == 1


def test_each_failure_has_its_own_place() -> None:
    """Those that hold are not named."""
    wrong = {"labels": INFO, "receivers": ["slack"]}
    found = failed_assertions(profile(**BOTH, assertions=[wrong, {"labels": INFO, "nobody": True}, wrong]))
    assert [problem.path for problem in found] == ["spec.notifications.assertions[0]", "spec.notifications.assertions[2]"]


def test_critical_alerts_without_receivers_of_their_own_go_to_the_warnings() -> None:
    """The assertion sees what the routes do, not what the lists are called."""
    assert _failures({"labels": CRITICAL, "receivers": ["warning"]}, warning=[slack_bot()]) == []
    assert _failures({"labels": CRITICAL, "receivers": ["critical"]}, warning=[slack_bot()]) != []


BASE = """
route: {receiver: ops, routes: [{receiver: page, matchers: [severity="critical"]}]}
receivers: [{name: ops, webhook_configs: [{url: 'http://ops.example.com'}]}, {name: page}]
"""


def _beside(base: str, assertion: dict[str, Any], **notifications: Any) -> list[str]:
    return [str(p) for p in failed_beside(part(**(notifications or BOTH), assertions=[assertion]), base_of(base, {}))]


def test_a_base_cannot_take_an_alert_away() -> None:
    """The profiles' routes stand before those of the base, whatever these match."""
    assert _beside(BASE, {"labels": CRITICAL, "receivers": ["pagerDuty", "slack"]}) == []


def test_what_the_base_tells_besides_breaks_only_nobody() -> None:
    """An alert that the profile tells nobody of ends at the base's first receiver: whoever asserted that nobody hears of it is told."""
    assert _beside(BASE, {"labels": INFO, "nobody": True}) == [
        'spec.notifications.assertions[0]: expected nobody to be told of {severity="info"}; it would be webhook of ops'
    ]
    assert _beside(BASE.replace("receiver: ops", "receiver: page"), {"labels": INFO, "nobody": True}) == []


def test_a_missing_credential_breaks_no_assertion() -> None:
    """Its condition names the Secret already, and the assertion holds again as soon as that is there."""
    wanted: dict[str, Any] = {
        "critical": [pagerduty()],
        "warning": [slack()],
        "assertions": [{"labels": CRITICAL, "receivers": ["pagerDuty"]}],
    }
    assert failed_beside(part(values={"slack": "x"}, **wanted), base_of(BASE, {})) == ()


@given(st.lists(receivers(), min_size=1, max_size=3), st.lists(receivers(), min_size=1, max_size=3))
def test_each_list_is_told_of_its_own_severity(critical: list[dict[str, Any]], warning: list[dict[str, Any]]) -> None:
    """Whatever kinds of receivers there are, by list as by kind."""
    kinds = sorted({kind for receiver in critical for kind in receiver})
    for asserted in (["critical"], kinds):
        assert _failures({"labels": CRITICAL, "receivers": asserted}, critical=critical, warning=warning) == []
    assert _failures({"labels": WARNING, "receivers": ["warning"]}, critical=critical, warning=warning) == []


@pytest.mark.parametrize(
    ("assertion", "words"),
    [
        ({"labels": CRITICAL}, "give exactly one of receivers and nobody: true"),
        ({"labels": CRITICAL, "receivers": ["critical"], "nobody": True}, "give exactly one of receivers and nobody: true"),
        ({"labels": {}, "nobody": True}, "at least 1 item"),
        ({"labels": {"namespace": "other"}, "nobody": True}, "must not set namespace or profile"),
        ({"labels": CRITICAL, "receivers": ["email-ops"]}, "must be 'critical', 'warning'"),
    ],
)
def test_an_assertion_that_says_nothing_clear_is_refused(assertion: dict[str, Any], words: str) -> None:
    """By the schema, with the field."""
    with pytest.raises(InvalidProfile, match=words):
        profile(**BOTH, assertions=[assertion])
