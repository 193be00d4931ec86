"""What must not change from version to version."""

from typing import Any

from harness.notifications import pagerduty, part, slack
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.merge import merge


def test_matchers_and_group_labels_are_what_they_have_always_been() -> None:
    """Changing them orphans every open incident.

    Alertmanager makes a notification's group key from the matchers of the routes on its way and from the group labels, and
    PagerDuty's dedup_key is the hash of that. After an upgrade that changes a character here, the end of an alert is reported
    under a new key: the incident of the old one stays open for ever, and what still fires is paged a second time. If this
    test fails, change the code, not the test; if it has to be, say so in the changelog as a breaking change.
    """
    routes = load(merge([part("analytics", "ga4", critical=[pagerduty()], warning=[slack()])]).config)["route"]["routes"]
    assert [(r["matchers"], r["group_by"]) for r in routes] == [(['namespace="analytics"', 'profile="ga4"'], ["alertname", "namespace"])]
    assert [r["matchers"] for r in routes[0]["routes"]] == [['severity="critical"'], ['severity="warning"']]
    assert all("group_by" not in r for r in routes[0]["routes"])


def test_a_missing_credential_changes_no_matcher() -> None:
    """An incident stays the same while its receiver comes and goes: critical alerts keep a route of their own."""
    both: dict[str, Any] = {"critical": [pagerduty()], "warning": [slack()]}
    whole, without_pager = part(**both), part(values={"slack": "https://x"}, **both)
    assert [r["matchers"] for r in without_pager.route["routes"]] == [r["matchers"] for r in whole.route["routes"]]
