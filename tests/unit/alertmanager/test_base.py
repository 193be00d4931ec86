"""The user's own configuration: what goes on working beside the profiles', what is refused, and what is never said of it."""

import base64
import textwrap

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.bases import ALERTS, CONFIG
from harness.notifications import pagerduty, part, sets_of_parts, slack
from monitoring_operator.alertmanager.accepted import Readers, refused
from monitoring_operator.alertmanager.base import InvalidBase, base_of, last_base, parse_base
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import clashes, merge
from monitoring_operator.alertmanager.routing import route
from monitoring_operator.alertmanager.secret import previous, render_secret
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.alertmanager.whole import whole_problems

TARGET = Target("monitoring", "main", "routes")
BASE = base_of(CONFIG, {})


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@settings(max_examples=25, deadline=None)
@given(sets_of_parts(max_size=3))
def test_both_are_told_as_before(fragments: list[Fragment]) -> None:
    """What is nobody's profile goes the base's ways, what is a profile's goes the profile's, and the whole holds together."""
    alone, merged = merge(fragments).config, merge(fragments, BASE).config
    for labels in ALERTS:
        assert route(merged, labels) == route(CONFIG, labels)
    for fragment in fragments:
        for severity in ("critical", "warning", "info"):
            labels = {"namespace": fragment.namespace, "profile": fragment.profile, "severity": severity}
            assert route(merged, labels) == tuple("platform" if told == "null" else told for told in route(alone, labels))
    config = load(merged)
    assert list(whole_problems(config)) == []
    assert list(refused(config, "alertmanagerConfig", "")) == []


def test_an_alert_that_its_profile_tells_nobody_of_reaches_the_fallback() -> None:
    """Somebody hears of it: the base's first receiver, and not one that a route of the base would choose."""
    merged = merge([part(values={}, critical=[pagerduty()], warning=[slack()])], BASE).config
    assert route(merged, {"namespace": "analytics", "profile": "ga4", "severity": "critical"}) == ("platform",)


def _scalars(node: yaml.Node) -> list[tuple[str, str]]:
    """Every word of a document with whether it is quoted, mappings sorted by key."""
    if isinstance(node, yaml.MappingNode):
        pairs = sorted((_scalars(key), _scalars(value)) for key, value in node.value)
        return [word for key, value in pairs for word in (*key, *value)]
    if isinstance(node, yaml.SequenceNode):
        return [word for value in node.value for word in _scalars(value)]
    return [(str(node.value), node.tag)]


def test_every_word_stays_as_it_was_written() -> None:
    """Alertmanager's YAML reads `off`, `17:00` and `1_0` in ways of its own: what is plain stays plain, what is quoted stays a text."""
    merged = merge([], BASE).config
    for section in ("global", "receivers", "time_intervals", "templates"):
        ours, theirs = (_section(text, section) for text in (merged, CONFIG))
        assert _scalars(ours) == _scalars(theirs)


def _section(text: str, name: str) -> yaml.Node:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    found: yaml.Node = next(value for key, value in root.value if key.value == name)
    return found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [PLANTED", "alertmanager.yaml: is not YAML (line "),
        ("PLANTED", "alertmanager.yaml: is not a mapping of fields"),
        ("route: !PLANTED {receiver: x}", "alertmanager.yaml: is not YAML (line 1, column 8)"),
        ("route: &r {receiver: x, routes: [*r]}\nreceivers: [{name: x}]", "alertmanager.yaml: holds itself"),
        ("route: {receiver: x, routes: {receiver: x}}\nreceivers: [{name: x}]", "alertmanager.yaml: has not the shape"),
        ("receivers: []", "route: must have a receiver: it is the one for everything that nobody else takes"),
        ("route: {receiver: x}\nreceivers: []", "route.receiver: there is no receiver 'x'"),
        ("route: {receiver: x, matchers: [PLANTED]}\nreceivers: [{name: x}]", "route.matchers: must not stand on the first route"),
        (
            "route: {receiver: x, routes: [{matchers: ['PLANTED!']}]}\nreceivers: [{name: x}]",
            "route.routes[0].matchers[0]: is not a matcher",
        ),
        ("route: {receiver: x, group_wait: PLANTED}\nreceivers: [{name: x}]", "route.group_wait: is not a duration"),
        ("route: {receiver: x}\nreceivers: [{name: x}, {name: x}]", "receivers: 'x' stands there 2 times"),
        (
            "route: {receiver: x, routes: [{active_time_intervals: [y]}]}\nreceivers: [{name: x}]",
            "route.routes[0].active_time_intervals: there is no time interval 'y'",
        ),
        (
            "route: {receiver: x}\nreceivers: [{name: x, slack_configs: [{app_token: PLANTED}]}]",
            "receivers[0].slack_configs[0].app_token: needs prometheus-operator 0.88; 0.85 is there",
        ),
        (
            "route: {receiver: x}\nreceivers: [{name: x, labels: {a: PLANTED}}]",
            "receivers[0].labels: is not a field that prometheus-operator accepts",
        ),
        ("route: {receiver: x}\nreceivers: PLANTED", "receivers: must be a mapping of fields"),
    ],
)
def test_a_bad_base_is_refused_where_it_is_bad(text: str, problem: str) -> None:
    """Alertmanager or prometheus-operator would refuse everybody's configuration for it. No value of it is repeated."""
    with pytest.raises(InvalidBase) as raised:
        base_of(text, {})
    assert str(raised.value).startswith(problem)
    assert "PLANTED" not in f"{raised.value!r} {raised.value}"


@given(st.data())
def test_no_edit_of_a_base_ends_in_anything_but_a_refusal(data: st.DataObject) -> None:
    """Whatever people type: it can be merged and read again, or it is refused in words of ours."""
    text = CONFIG
    for _ in range(data.draw(st.integers(1, 3))):
        start, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 20))
        inserted = data.draw(st.sampled_from(["", "{", "- ", "\n", ": ", "[]", "1", "&a ", "*a", "null", "'", "  ", "? ", "!x ", "|\n"]))
        text = text[:start] + inserted + text[start + length :]
    try:
        base = base_of(text, {})
    except InvalidBase:
        return
    assert isinstance(load(merge([], base).config), dict)


def test_what_newer_versions_accept_is_merged_where_they_are() -> None:
    """The same base on a cluster that can read it."""
    text = "route: {receiver: x}\nreceivers: [{name: x, slack_configs: [{app_token: t}]}]"
    assert base_of(text, {}, Readers((0, 88), (0, 30))).text == text


def test_templates_come_along_and_the_base_can_be_read_back() -> None:
    """The Secret remembers the base that it was merged from, in bytes of the same order."""
    data = {"alertmanager.yaml": _encoded(CONFIG), "b.tmpl": _encoded("b"), "a.tmpl": base64.b64encode(b"\xff").decode()}
    base = parse_base(data)
    fragments = [part(critical=[pagerduty()], warning=[slack()])]
    written = render_secret(TARGET, merge(fragments, base)).body
    assert {k: written["data"][k] for k in ("a.tmpl", "b.tmpl")} == {k: data[k] for k in ("a.tmpl", "b.tmpl")}
    again = last_base(written["data"])
    assert again == base
    assert render_secret(TARGET, merge(fragments, again)).body == written
    assert previous(written, "analytics", "ga4") == fragments[0]
    assert last_base(render_secret(TARGET, merge(fragments)).body["data"]) is None


@pytest.mark.parametrize("key", ["monitoring-operator.base.yaml", "analytics.ga4.critical.0.routing_key"])
def test_a_key_of_ours_is_not_the_bases(key: str) -> None:
    """A key of the base's Secret could otherwise replace a profile's credential."""
    with pytest.raises(InvalidBase, match="is a key that the operator writes itself"):
        parse_base({"alertmanager.yaml": _encoded(CONFIG), key: ""})
    with pytest.raises(InvalidBase, match=r"alertmanager\.yaml: is not a key of the Secret"):
        parse_base({})


def test_a_name_that_both_have_is_found() -> None:
    """Alertmanager refuses a configuration that has a receiver, or a time interval, twice."""
    ours = part(warning=[slack()], muteTimes=[{"name": "nights", "intervals": [{}]}])
    assert clashes(ours, BASE) == ""
    for text in (
        "route: {receiver: analytics/ga4/warning}\nreceivers: [{name: analytics/ga4/warning}]",
        "route: {receiver: x}\nreceivers: [{name: x}]\nmute_time_intervals: [{name: analytics/ga4/nights}]",
    ):
        assert "of the base configuration has analytics/ga4/" in clashes(ours, base_of(textwrap.dedent(text), {}))


def test_nothing_of_a_base_is_shown_by_accident() -> None:
    """Its author may have put credentials into it."""
    base = base_of(CONFIG, {"a": "UExBTlRFRA=="})
    assert "PLANTED" not in f"{base!r} {merge([], base)!r} {render_secret(TARGET, merge([], base))!r}"
