"""The stand-in for PagerDuty and Slack refuses what they refuse: a notification that passes here would arrive there."""

import copy
from typing import Any

import pytest

from harness.stand_in import pagerduty_problems, slack_problems, webhook_problems

EVENT: dict[str, Any] = {
    "routing_key": "0123456789abcdef0123456789abcdef",
    "event_action": "trigger",
    "dedup_key": "x",
    "payload": {"summary": "s", "source": "a/b", "severity": "critical", "component": "b", "custom_details": {"firing": "x"}},
    "links": [{"href": "https://runbooks.example.com", "text": "Runbook"}],
}
MESSAGE: dict[str, Any] = {
    "channel": "#a",
    "attachments": [{"title": "t", "text": "x", "fallback": "t", "color": "danger", "mrkdwn_in": ["text"]}],
}
HOOK: dict[str, Any] = {"version": "4", "alerts": [], "groupKey": "g", "status": "firing", "receiver": "r", "commonLabels": {}}


def test_what_is_right_is_taken() -> None:
    """A full event of each action, a message, a webhook."""
    assert [] == [*pagerduty_problems(EVENT), *slack_problems(MESSAGE), *webhook_problems(HOOK)]
    assert [] == [*pagerduty_problems({k: EVENT[k] for k in ("routing_key", "dedup_key")} | {"event_action": "resolve"})]
    assert [] == [*slack_problems({"text": "x"})]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"routing_key": "short"}, "routing_key"),
        ({"event_action": "open"}, "event_action"),
        ({"event_action": "resolve", "dedup_key": None}, "'dedup_key' is missing"),
        ({"dedup_key": "x" * 256}, "dedup_key"),
        ({"payload": None}, "'payload' is missing"),
        ({"payload": {**EVENT["payload"], "summary": "x" * 1025}}, "summary"),
        ({"payload": {**EVENT["payload"], "summary": ""}}, "summary"),
        ({"payload": {**EVENT["payload"], "source": ""}}, "source"),
        ({"payload": {**EVENT["payload"], "severity": "page"}}, "severity"),
        ({"payload": {**EVENT["payload"], "custom_details": "x"}}, "custom_details"),
        ({"links": ["https://x"]}, "links"),
        ({"links": [{"text": "no address"}]}, "links"),
        ({"images": {}}, "images"),
    ],
)
def test_an_event_that_pagerduty_refuses_is_refused(change: dict[str, Any], words: str) -> None:
    """Each demand of the Events API v2."""
    (problem,) = pagerduty_problems({**copy.deepcopy(EVENT), **change})
    assert words in problem


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ([], "invalid_payload"),
        ({"channel": "#a"}, "no_text"),
        ({"attachments": "x"}, "invalid_attachments"),
        ({"attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"text": "x" * 50_000}, "msg_too_long"),
        ({"attachments": [{"text": "x", "color": "red"}]}, "invalid color"),
        ({"attachments": [{"text": "x", "titel": "t"}]}, "unknown field titel"),
        ({"attachments": [{"title": "t"}]}, "no_text in an attachment"),
        ({"attachments": [{"text": "x", "title_link": "grafana"}]}, "invalid title_link"),
        ({"attachments": [{"text": "x", "mrkdwn_in": ["all"]}]}, "invalid mrkdwn_in"),
    ],
)
def test_a_message_that_slack_refuses_is_refused(message: Any, words: str) -> None:
    """With Slack's own words, where it has some."""
    (problem,) = slack_problems(message)
    assert words in problem


@pytest.mark.parametrize("field", HOOK)
def test_a_webhook_without_a_field_is_refused(field: str) -> None:
    """Alertmanager always sends them."""
    assert [*webhook_problems({k: v for k, v in HOOK.items() if k != field})]
