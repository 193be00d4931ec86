"""One part by itself: what would be wrong with everybody's configuration is found beforehand."""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from harness.notifications import pagerduty, part, parts, slack, slack_bot
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.secret import previous, render_secret
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.alertmanager.validate import problems


def _damaged(damage: Callable[[dict[str, Any], list[dict[str, Any]]], object]) -> Fragment:
    good = part(critical=[pagerduty()], warning=[slack(), slack_bot()])
    route, receivers = copy.deepcopy(good.route), copy.deepcopy(list(good.receivers))
    damage(route, receivers)
    return dataclasses.replace(good, route=route, receivers=tuple(receivers))


@given(parts())
def test_what_we_build_has_no_problems(fragment: Fragment) -> None:
    """Every part that comes from a valid profile may be merged."""
    assert problems(fragment) == ()


DAMAGES: dict[str, tuple[Callable[[dict[str, Any], list[dict[str, Any]]], object], list[str]]] = {
    "no fence": (lambda route, _: route.pop("matchers"), ["route.matchers: must be "]),
    "another's fence": (lambda route, _: route.update(matchers=['namespace="b"']), ["route.matchers: must be "]),
    "continue": (lambda route, _: route.update({"continue": True}), ["route.continue: must not be set"]),
    "unknown field": (lambda route, _: route["routes"][0].update(labels={}), ["route.routes[0].labels: is not a field"]),
    "unknown field of a receiver": (
        lambda _, receivers: receivers[0]["pagerduty_configs"][0].update(timeout="1s"),
        ["receivers[0].pagerduty_configs[0].timeout: needs prometheus-operator 0.88; 0.85 is there"],
    ),
    "not a matcher": (lambda route, _: route["routes"][1].update(matchers=["a"]), ["route.routes[1].matchers[0]: not a matcher: 'a'"]),
    "not a pattern": (
        lambda route, _: route["routes"][1].update(matchers=['a=~"("']),
        ["route.routes[1].matchers[0]: not a regular expression: '('"],
    ),
    "unknown receiver": (
        lambda route, _: route["routes"][0].update(receiver="other/x/critical"),
        ["route.routes[0].receiver: 'other/x/critical' is not a receiver of the profile"],
    ),
    "another's name": (
        lambda route, receivers: (route["routes"].pop(0), receivers[0].update(name="other/x/critical")),
        ["receivers[0].name: 'other/x/critical' must start with analytics/ga4/"],
    ),
    "a name twice": (
        lambda route, receivers: (route["routes"].pop(0), receivers[0].update(name="analytics/ga4/warning")),
        ["receivers[1].name: 'analytics/ga4/warning' stands there twice"],
    ),
    "no duration": (lambda route, _: route.update(group_wait="soon"), ["route.group_wait: not a duration: 'soon'"]),
    "no number": (
        lambda route, _: route.update(group_wait=30),
        ["route.group_wait: must be text, not 30", "route.group_wait: not a duration: 30"],
    ),
    "no pause": (lambda route, _: route.update(repeat_interval="0s"), ["route.repeat_interval: must be longer than zero"]),
    "open credential": (
        lambda _, receivers: receivers[0]["pagerduty_configs"][0].update(routing_key="x"),
        ["receivers[0].pagerduty_configs[0].routing_key: holds a credential"],
    ),
    "another's file": (
        lambda _, receivers: receivers[0]["pagerduty_configs"][0].update(routing_key_file="/etc/b.c.critical.0"),
        ["receivers[0].pagerduty_configs[0].routing_key_file: /etc/b.c.critical.0 is not a file of the profile"],
    ),
    "no text": (
        lambda _, receivers: receivers[1]["slack_configs"][0].update(channel=None),
        ["receivers[1].slack_configs[0].channel: must be text, not None"],
    ),
    "no name": (
        lambda _, receivers: receivers[0]["pagerduty_configs"][0]["details"].update({1: "x"}),
        ["receivers[0].pagerduty_configs[0].details.1: is not the name of a field"],
    ),
    "variable": (
        lambda _, receivers: receivers[1]["slack_configs"][0].update(channel="$(HOME)"),
        ["receivers[1].slack_configs[0].channel: holds $("],
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named_with_its_path(name: str) -> None:
    """Each fault is found where it is, and nothing else is blamed."""
    damage, expected = DAMAGES[name]
    found = [str(problem) for problem in problems(_damaged(damage))]
    assert len(found) == len(expected)
    assert all(actual.startswith(words) for actual, words in zip(found, expected, strict=True)), found


def test_an_edited_part_is_no_last_good_part() -> None:
    """Somebody edited the live Secret while the profile was broken: the edit is not kept for ever."""
    merged = merge([_damaged(lambda route, _: route.update({"continue": True}))])
    assert load(merged.config)["route"]["routes"][0]["continue"] is True
    assert previous(render_secret(Target("m", "main", "s"), merged).body, "analytics", "ga4") is None
