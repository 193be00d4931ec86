"""All alerts of a profile, each with the tests that prove it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.profile import Profile
from monitoring_operator.content.effective import effective
from monitoring_operator.proof import cases
from monitoring_operator.proof.cases import Test
from monitoring_operator.proof.conditions import CONDITIONS, condition_cases
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules


@dataclass(frozen=True)
class Suite:
    """One alert: its rule as rendered but for the annotations, and its tests. `path` is where the profile speaks of it."""

    alert: str
    path: str
    rule: dict[str, Any]
    tests: tuple[Test, ...]


def suites(profile: Profile) -> tuple[Suite, ...]:
    """The catalogue's alerts that the profile has, then its own, which have no tests but those that their author writes."""
    return (*(of_catalogue(profile, alert.alert.name) for alert in effective(profile)), *_own(profile))


def groups(profile: Profile) -> list[dict[str, Any]]:
    """The rule groups of the profile without annotations, which promtool would want repeated in every test."""
    return [
        {**group, "rules": [without_annotations(rule) for rule in group["rules"]]}
        for manifest in render_prometheus_rules(profile, Inputs())
        for group in manifest.body["spec"]["groups"]
    ]


def without_annotations(rule: dict[str, Any]) -> dict[str, Any]:
    """`rule` as promtool compares it where a test says nothing of texts."""
    return {key: value for key, value in rule.items() if key != "annotations"}


def of_catalogue(profile: Profile, name: str) -> Suite:
    """The suite of the catalogue's alert `name`, which the profile must have."""
    s = cases.subject(profile, name)
    tests = tuple(condition_cases(s) if name in CONDITIONS else cases.all_cases(s))
    return Suite(name, f"spec.alerts.rules.{name}", cases.rule(profile, name), tests)


def _own(profile: Profile) -> Iterator[Suite]:
    extra = profile.spec.alerts.extra if profile.spec.alerts.enabled else ()
    rules = [rule for group in groups(profile) for rule in group["rules"]][-len(extra) :] if extra else []
    for index, (own, rule) in enumerate(zip(extra, rules, strict=True)):
        yield Suite(own.alert, f"spec.alerts.extra[{index}]", rule, ())
