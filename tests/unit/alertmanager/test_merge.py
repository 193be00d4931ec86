"""All parts as one configuration: isolation, determinism, and the way back."""

from unittest.mock import patch

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.notifications import pagerduty, part, sets_of_parts, slack, slack_bot
from monitoring_operator.alertmanager import document
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import NOBODY, merge
from monitoring_operator.alertmanager.routing import route
from monitoring_operator.alertmanager.secret import SIZE_LIMIT, TooLarge, previous, render_secret
from monitoring_operator.alertmanager.target import Target

# Building random profiles is slow; routing and reading back do not depend on how many there are.
SAMPLE = settings(max_examples=40, deadline=None)
TARGET = Target("monitoring", "main", "alertmanager-main")


def _expected(fragment: Fragment, severity: str) -> str:
    names = [str(r["name"]) for r in fragment.receivers]
    own = f"{fragment.namespace}/{fragment.profile}/{severity}"
    fallback = f"{fragment.namespace}/{fragment.profile}/warning"
    if own in names:
        return own
    return fallback if severity == "critical" and fallback in names else NOBODY


@SAMPLE
@given(sets_of_parts(), st.randoms(use_true_random=False))
def test_the_order_of_profiles_changes_no_byte(fragments: list[Fragment], random: object) -> None:
    """Whatever order events came in, the same profiles give the same configuration, and thus no write."""
    shuffled = list(fragments)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = merge(fragments), merge(shuffled)
    assert one.config == other.config
    assert list(one.files.items()) == list(other.files.items())


@SAMPLE
@given(sets_of_parts())
def test_every_alert_reaches_its_own_profiles_receiver_and_no_other(fragments: list[Fragment]) -> None:
    """For each profile and severity, exactly one receiver, the profile's own; what belongs to no profile tells nobody."""
    config = merge(fragments).config
    for fragment in fragments:
        fence = {"namespace": fragment.namespace, "profile": fragment.profile}
        for severity in ("critical", "warning"):
            labels = {**fence, "severity": severity, "alertname": "X", "tenant_id": "t"}
            assert route(config, labels) == (_expected(fragment, severity),)
        assert route(config, {**fence, "severity": "info"}) == (NOBODY,)
        assert route(config, {"namespace": fragment.namespace, "severity": "critical"}) == (NOBODY,)
        assert route(config, {"profile": fragment.profile, "severity": "critical"}) == (NOBODY,)


@SAMPLE
@given(sets_of_parts())
def test_every_part_can_be_read_back(fragments: list[Fragment]) -> None:
    """The Secret is the memory of last good parts: what was merged comes out again, unchanged, and merges to the same bytes."""
    merged = merge(fragments)
    body = render_secret(TARGET, merged).body
    read = []
    for fragment in fragments:
        found = previous(body, fragment.namespace, fragment.profile)
        assert found == fragment
        read.append(found)
    again = merge(read)
    assert again == merged


@SAMPLE
@given(sets_of_parts(max_size=3))
def test_one_profile_leaving_changes_no_other_part(fragments: list[Fragment]) -> None:
    """Routes, receivers and files of the rest stay what they were, also where shared messages move."""
    for index in range(len(fragments)):
        rest = fragments[:index] + fragments[index + 1 :]
        body = render_secret(TARGET, merge(rest)).body
        assert [previous(body, f.namespace, f.profile) for f in rest] == rest
        assert previous(body, fragments[index].namespace, fragments[index].profile) is None


@SAMPLE
@given(sets_of_parts())
def test_nothing_looks_like_a_variable_of_the_config_reloader(fragments: list[Fragment]) -> None:
    """prometheus-operator's config-reloader expands $(NAME) and refuses to reload when there is no such variable."""
    assert "$(" not in merge(fragments).config


@SAMPLE
@given(sets_of_parts())
def test_a_channel_is_what_the_profile_says(fragments: list[Fragment]) -> None:
    """Whatever characters a channel holds, the YAML gives them back (as the template that renders to them)."""
    receivers = {r["name"]: r for r in load(merge(fragments).config)["receivers"]}
    for fragment in fragments:
        for receiver in fragment.receivers:
            assert receivers[receiver["name"]] == receiver


@SAMPLE
@given(sets_of_parts())
def test_both_of_pyyamls_emitters_write_the_same_bytes(fragments: list[Fragment]) -> None:
    """An operator built without libyaml does not rewrite what one with it wrote."""
    fast = merge(fragments).config
    with patch.object(document, "_Emitter", yaml.SafeDumper):
        assert merge(fragments).config == fast


def test_credentials_stand_in_files_and_nowhere_else() -> None:
    """A planted value is found among the files and in the Secret's data, and in no text that might be shown or logged."""
    planted = {"pagerduty": "PLANTED-1", "slack": "PLANTED-2", "bot": "PLANTED-3"}
    fragment = part(values=planted, critical=[pagerduty(), slack_bot()], warning=[slack()])
    merged = merge([fragment])
    manifest = render_secret(TARGET, merged)
    assert sorted(merged.files.values()) == ["PLANTED-1", "PLANTED-2", "PLANTED-3"]
    shown = [merged.config, repr(fragment), repr(merged), repr(manifest), str(manifest.ref), repr(fragment.receivers), repr(fragment.route)]
    assert not [text for text in shown if "PLANTED" in text]
    with pytest.raises(TooLarge) as raised:
        render_secret(TARGET, merge([part(values={"slack": "PLANTED" * SIZE_LIMIT}, warning=[slack()])]))
    assert "PLANTED" not in f"{raised.value} {raised.value!r}"


def test_the_same_profile_twice_is_refused() -> None:
    """Two parts under one fence would be a bug of the caller: the second could never be reached."""
    with pytest.raises(ValueError, match="two parts for profile analytics/ga4"):
        merge([part(warning=[slack()]), part(critical=[pagerduty()])])


def test_receivers_are_sorted_after_the_one_that_tells_nobody() -> None:
    """Alertmanager's list is read by people too."""
    config = load(merge([part("b", "a", warning=[slack()]), part("a", "b", critical=[pagerduty()], warning=[slack()])]).config)
    assert [r["name"] for r in config["receivers"]] == ["null", "a/b/critical", "a/b/warning", "b/a/warning"]
    assert [r["matchers"] for r in config["route"]["routes"]] == [['namespace="a"', 'profile="b"'], ['namespace="b"', 'profile="a"']]


def test_without_profiles_there_is_still_a_whole_configuration() -> None:
    """The last profile's end must not leave Alertmanager without a root route: it would refuse the file."""
    config = load(merge([]).config)
    assert config["route"] == {"receiver": "null", "routes": []}
    assert config["receivers"] == [{"name": "null"}]


def test_no_route_continues() -> None:
    """An alert that its profile has taken goes nowhere else."""
    assert "continue" not in merge([part(critical=[pagerduty()], warning=[slack()])]).config


def test_a_thousand_profiles_fit_into_one_secret() -> None:
    """Two receivers each, with names and credentials of usual length: the messages stand in the configuration only once."""
    key, url = "0123456789abcdef0123456789abcdef", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
    notifications = {"critical": [pagerduty()], "warning": [slack()]}
    fragments = [
        part(f"team-{i % 100:02}", f"service-{i:04}", values={"pagerduty": key, "slack": url}, **notifications) for i in range(1000)
    ]
    merged = merge(fragments)
    assert render_secret(TARGET, merged).body["data"].keys() == {"alertmanager.yaml", *merged.files}


def test_a_configuration_over_the_limit_is_refused_with_its_size() -> None:
    """Kubernetes would refuse the Secret with a message about something else."""
    merged = merge([part(values={"slack": "x" * SIZE_LIMIT}, warning=[slack()])])
    with pytest.raises(TooLarge, match=rf"is \d+ bytes large; a Secret takes {SIZE_LIMIT}") as raised:
        render_secret(TARGET, merged)
    assert raised.value.size > SIZE_LIMIT
