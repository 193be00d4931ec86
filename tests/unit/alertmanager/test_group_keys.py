"""What must not change from version to version: the keys under which PagerDuty and others know open incidents."""

import hashlib
from typing import Any

import pytest

from harness.bases import CONFIG
from harness.group_keys import group_key
from harness.notifications import every_kind, pagerduty, part, slack
from monitoring_operator.alertmanager.base import base_of
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import merge

KEYS = {
    "critical": (
        '{}/{namespace="analytics",profile="ga4"}/{severity="critical"}:{alertname="Ga4QuotaHigh", namespace="analytics"}',
        "6a3c68d5c13890845aa97011f4edca362e52c7b0ef0e8fb9d17d41474bed17c7",
    ),
    "warning": (
        '{}/{namespace="analytics",profile="ga4"}/{severity="warning"}:{alertname="Ga4QuotaHigh", namespace="analytics"}',
        "8ce0650c1205f5fa7fe871f5d330a28a29ff3de782a1ed7a8ba3e10894e74d6c",
    ),
}
"""By severity: the group key of an alert as it was in every version that was released, and PagerDuty's dedup_key, its hash."""

ORPHANS = """
An upgrade would orphan every open incident: Alertmanager makes a notification's group key from the matchers of the routes on its way and
from the group labels, and PagerDuty's dedup_key is the hash of that. The end of an alert would be reported under a new key, the incident
of the old one would stay open for ever, and what still fires would be paged a second time. Change the code, not this test; if it has to
be, say so in the changelog as a breaking change."""

NIGHTS = {"name": "nights", "intervals": [{"weekdays": ["sunday"]}]}
SHAPES: dict[str, Fragment] = {
    "two receivers": part(critical=[pagerduty()], warning=[slack()]),
    "every kind of receiver": part(critical=[pagerduty(), *every_kind().values()], warning=[slack()]),
    "no credential": part(values={"slack": "https://x"}, critical=[pagerduty()], warning=[slack()]),
    "times": part(critical=[pagerduty()], warning=[slack()], muteTimes=[NIGHTS]),
    "other timing": part(critical=[pagerduty()], warning=[slack()], groupWait="1s", groupInterval="1m", repeatInterval="1h"),
}


@pytest.mark.parametrize("based", [False, True], ids=["alone", "with a base"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("severity", KEYS)
def test_incidents_keep_their_keys(severity: str, shape: str, based: bool) -> None:  # noqa: FBT001 -- a table
    """Whatever else a profile says, who shares its Alertmanager, and whether a credential is there at the moment."""
    others = [part("a", "a", critical=[pagerduty()]), part("z", "z", warning=[slack()])]
    config = load(merge([*others, SHAPES[shape]], base_of(CONFIG, {}) if based else None).config)
    labels = {"alertname": "Ga4QuotaHigh", "namespace": "analytics", "profile": "ga4", "severity": severity, "tenant_id": "acme"}
    key = group_key(config, labels)
    assert (key, hashlib.sha256(key.encode()).hexdigest()) == KEYS[severity], ORPHANS


def test_the_labels_that_group_are_the_profiles() -> None:
    """A profile that changes `groupBy` changes its keys, and no other thing does."""
    chosen: dict[str, Any] = {"critical": [pagerduty()], "groupBy": ["tenant_id"]}
    labels = {"alertname": "X", "namespace": "analytics", "profile": "ga4", "severity": "critical", "tenant_id": "acme"}
    key = group_key(load(merge([part(**chosen)]).config), labels)
    assert key == '{}/{namespace="analytics",profile="ga4"}/{severity="critical"}:{tenant_id="acme"}', ORPHANS
