"""One profile's part: who is told of what, and with which credential."""

import dataclasses

import pytest

from harness.notifications import pagerduty, part, profile, ref, slack, slack_bot
from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.fragment import fragment
from monitoring_operator.alertmanager.receivers import DIRECTORY, SLACK_POST_MESSAGE


def _told(route: dict) -> dict[str, str]:  # type: ignore[type-arg]
    return {r["matchers"][0]: r["receiver"] for r in route.get("routes", [])}


def test_a_profile_without_notifications_has_no_part() -> None:
    """No notifications section, no part: the profile does not appear in the configuration at all."""
    assert fragment(profile(), {}) is None
    assert wanted(profile()) == ()


def test_each_severity_goes_to_its_own_receiver() -> None:
    """Critical and warning are told apart inside the profile's fence."""
    built = part(critical=[pagerduty()], warning=[slack()])
    assert _told(built.route) == {'severity="critical"': "analytics/ga4/critical", 'severity="warning"': "analytics/ga4/warning"}
    assert [r["name"] for r in built.receivers] == ["analytics/ga4/critical", "analytics/ga4/warning"]


def test_several_ways_to_be_told_are_one_receiver() -> None:
    """All receivers of a severity are told, in one Alertmanager receiver with several configurations."""
    built = part(critical=[pagerduty("p1"), slack(), pagerduty("p2")])
    (receiver,) = built.receivers
    assert {field: len(value) for field, value in receiver.items() if field != "name"} == {"pagerduty_configs": 2, "slack_configs": 1}


@pytest.mark.parametrize(
    ("receiver", "section", "field", "key"),
    [
        (pagerduty(), "pagerduty_configs", "routing_key_file", "analytics.ga4.critical.0.routing_key"),
        ({"pagerDuty": {"serviceKey": ref("k")}}, "pagerduty_configs", "service_key_file", "analytics.ga4.critical.0.service_key"),
        (slack(), "slack_configs", "api_url_file", "analytics.ga4.critical.0.api_url"),
    ],
)
def test_a_credential_is_a_file(receiver: dict[str, object], section: str, field: str, key: str) -> None:
    """The configuration names the file that prometheus-operator mounts, never the credential."""
    built = part(critical=[receiver])
    assert built.receivers[0][section][0][field] == f"{DIRECTORY}/{key}"
    assert list(built.files) == [key]


def test_a_bot_token_is_an_authorization_header() -> None:
    """A Slack app's token goes through http_config, which every supported version of Alertmanager and prometheus-operator reads."""
    (config,) = part(warning=[slack_bot()]).receivers[0]["slack_configs"]
    assert config["api_url"] == SLACK_POST_MESSAGE
    assert config["http_config"] == {
        "authorization": {"type": "Bearer", "credentials_file": f"{DIRECTORY}/analytics.ga4.warning.0.bot_token"}
    }


@pytest.mark.parametrize("absent", [{}, {"pagerduty": " \n"}], ids=["absent", "blank"])
def test_a_receiver_without_its_credential_is_left_out_and_named(absent: dict[str, str]) -> None:
    """Alertmanager could not send with it; the others of the same severity are told all the same."""
    built = part(values={"slack": "https://hooks.example.com/x", **absent}, critical=[pagerduty(), slack()])
    assert built.missing == (("notify", "pagerduty"),)
    assert list(built.receivers[0]) == ["name", "slack_configs"]
    assert list(built.files) == ["analytics.ga4.critical.1.api_url"]


def test_critical_alerts_without_a_receiver_go_to_the_warnings_receiver() -> None:
    """A firing critical mutes its warning twin: if it told nobody, the problem would vanish at the moment it got worse."""
    expected = {'severity="critical"': "analytics/ga4/warning", 'severity="warning"': "analytics/ga4/warning"}
    assert _told(part(warning=[slack()]).route) == expected
    assert _told(part(values={"slack": "https://x"}, critical=[pagerduty()], warning=[slack()]).route) == expected


def test_warnings_without_a_receiver_page_nobody() -> None:
    """Who asked for critical alerts only is not woken by warnings."""
    assert _told(part(critical=[pagerduty()]).route) == {'severity="critical"': "analytics/ga4/critical"}


def test_with_all_credentials_missing_only_the_fence_is_left() -> None:
    """The profile's alerts are still kept from everybody else's receivers."""
    built = part(values={}, critical=[pagerduty()], warning=[slack()])
    assert built.missing == (("notify", "pagerduty"), ("notify", "slack"))
    assert built.receivers == ()
    assert "routes" not in built.route
    assert built.route["matchers"] == ['namespace="analytics"', 'profile="ga4"']


def test_timing_is_the_profiles() -> None:
    """group_wait, group_interval and repeat_interval stand on the fence, for both severities."""
    route = part(warning=[slack()], groupWait="1s", groupInterval="2m", repeatInterval="1d12h").route
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("1s", "2m", "1d12h")


def test_send_resolved_is_always_explicit() -> None:
    """Alertmanager's own defaults differ from receiver to receiver."""
    built = part(critical=[pagerduty(), pagerduty(sendResolved=False)], warning=[slack(), slack(sendResolved=False)])
    by_section = {section: [c["send_resolved"] for c in r[section]] for r in built.receivers for section in r if section != "name"}
    assert by_section == {"pagerduty_configs": [True, False], "slack_configs": [True, False]}


def test_the_longest_names_fit_into_a_key() -> None:
    """A Secret's key has at most 253 characters."""
    built = part("n" * 63, "p" * 63, critical=[slack("x", str(i)) for i in range(16)])
    assert max(map(len, built.files)) <= 253


def test_names_with_dots_do_not_share_keys() -> None:
    """A profile's name may look like the end of another's key."""
    one = part("a", "b", warning=[slack()])
    other = part("a", "b.warning.0", warning=[slack()])
    assert not one.files.keys() & other.files.keys()


def test_wanted_names_every_reference_once_and_sorted() -> None:
    """What the caller has to read from the cluster."""
    built = profile(critical=[pagerduty("z"), slack("a")], warning=[slack("a"), slack_bot("b")])
    assert wanted(built) == (("notify", "a"), ("notify", "b"), ("notify", "z"))


def test_parts_that_configure_the_same_are_equal_whatever_is_missing() -> None:
    """`missing` is news about the cluster, not configuration: a part read back from a Secret cannot know it."""
    built = part(warning=[slack()])
    assert dataclasses.replace(built, missing=(("s", "k"),)) == built
    assert dataclasses.replace(built, files={**built.files, "k": "v"}) != built
