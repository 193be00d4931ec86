"""Nothing that a profile is called, and no text in it, means anything beyond that profile."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fake_cluster import profile_body
from harness.notifications import every_kind, pagerduty, ref, slack
from monitoring_operator.adoption.expected import expect
from monitoring_operator.alertmanager.config_object import ConfigInputs, config_object, generated_receivers
from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.fragment import fragment
from monitoring_operator.api.profile import InvalidProfile, Profile, parse
from monitoring_operator.api.resources import PROMETHEUS_RULE
from monitoring_operator.content.user_dashboards import take
from monitoring_operator.render import Inputs, render

# What children are called after their profile, as a part of another profile's name; dots and hyphens join the parts.
NAMESPACES = st.sampled_from(["a", "a-b", "b", "grafana"])
NAMES = st.sampled_from(
    ["b", "web", "web-alerts", "web-extra", "web-sentry", "web-system-overview", "a.web", "b.web", "web.system-overview", "web.critical.0"]
)
MUTED = [{"name": "night", "intervals": [{"weekdays": ["saturday"]}]}]
OWN = {"configMapKeyRef": {"name": "boards", "key": "mine.json"}}
DASHBOARD = json.dumps({"title": "Mine", "uid": "mine", "schemaVersion": 39, "panels": []})

HOSTILE = '{{ template "theirs" . }}$(HOME)'
WITHOUT_SPACES = "{{.CommonLabels}}$(HOME)"
"""The same in a place where spaces are refused."""
RECEIVERS = {"pagerduty": pagerduty(), "slack": slack(), **every_kind()}


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """A profile with everything that becomes a name."""
    told = {"critical": [slack()], "warning": [slack(), pagerduty()], "muteTimes": MUTED}
    return parse(
        profile_body(
            draw(NAMESPACES),
            draw(NAMES),
            alerts={"extra": [{"alert": "A", "expr": "up == 0", "severity": "info", "summary": "s"}]},
            dashboards={"extra": [OWN]} | draw(st.sampled_from([{}, {"namespace": "grafana"}])),
            notifications={**told, "mode": draw(st.sampled_from(["Secret", "AlertmanagerConfig"]))},
            sentry={"dsn": ref("dsn")},
        )
    )


def claims(profile: Profile) -> Iterator[tuple[object, ...]]:
    """All by which others tell what is the profile's from what is another one's."""
    own = take(profile, {("boards", "mine.json"): DASHBOARD}).texts
    config = config_object(profile, ConfigInputs())
    manifests = [*render(profile, Inputs(own_dashboards=own)), *([config] if config else [])]
    yield from (("object", m.ref) for m in manifests)
    for board in expect(manifests).boards:
        yield "uid", board.uid
        yield "title", board.title
    yield from (("group", g["name"]) for m in manifests if m.ref.resource == PROMETHEUS_RULE for g in m.body["spec"]["groups"])
    part = fragment(profile, dict.fromkeys(wanted(profile), "x"))
    if part is not None:
        yield from (("receiver", r["name"]) for r in part.receivers)
        yield from (("times", t["name"]) for t in part.time_intervals)
        yield from (("file", key) for key in part.files)
    if config is not None:
        yield from (("receiver", name) for name in generated_receivers(config))


@given(profiles(), profiles())
def test_no_two_profiles_share_a_name(one: Profile, other: Profile) -> None:
    """No object, no dashboard, no group of rules, no receiver, no time and no credential's key, however the two are called."""
    if (one.namespace, one.name) != (other.namespace, other.name):
        assert set() == set(claims(one)) & set(claims(other))


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text in JSON-shaped data, with its place."""
    if isinstance(value, str):
        yield path, value
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ():
        yield from leaves(inner, (*path, key))


def replaced(receiver: dict[str, Any], path: tuple[str | int, ...], text: str) -> dict[str, Any]:
    """The receiver with another text at a place."""
    changed: Any = copy.deepcopy(receiver)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = text
    return dict(changed)


def written(receiver: dict[str, Any], mode: str) -> dict[str, str] | None:
    """What Alertmanager is told of a profile with this receiver, by place; None if such a profile is refused."""
    try:
        profile = parse(profile_body(notifications={"critical": [receiver], "mode": mode}))
    except InvalidProfile:
        return None
    config = config_object(profile, ConfigInputs())
    part = fragment(profile, dict.fromkeys(wanted(profile), "x"))
    told = config.body["spec"]["receivers"] if config is not None else part.receivers if part is not None else ()
    return {"/".join(map(str, path)): text for path, text in leaves(list(told))}


@pytest.mark.parametrize("mode", ["Secret", "AlertmanagerConfig"])
@pytest.mark.parametrize("kind", sorted(RECEIVERS))
def test_a_text_of_a_receiver_is_no_template_and_no_variable(kind: str, mode: str) -> None:
    """In whatever field it stands: it is refused, or written so that it comes out as it is. Names of users are no templates."""
    receiver = RECEIVERS[kind]
    ours = written(receiver, mode)
    assert ours
    for path, text in leaves(receiver):
        for hostile in (HOSTILE, f"{text}{HOSTILE}", WITHOUT_SPACES, f"{text}{WITHOUT_SPACES}"):
            found = written(replaced(receiver, path, hostile), mode) or {}
            signs = ("$(HOME)",) if path[-1] == "username" else ("{{ t", "{{.", "$(HOME)")
            alive = {k: v for k, v in found.items() if v != ours.get(k) and any(sign in v for sign in signs)}

            assert {} == alive, path


def test_texts_are_tried_that_are_taken() -> None:
    """The test before tries something: there are fields that take any text."""
    taken = {
        kind
        for kind, receiver in RECEIVERS.items()
        for path, _ in leaves(receiver)
        if (found := written(replaced(receiver, path, HOSTILE), "Secret")) and any("theirs" in text for text in found.values())
    }

    assert {"slack", "opsgenie"} <= taken
