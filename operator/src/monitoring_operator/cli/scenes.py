"""The alerts that `route` is asked about: labels from the command line, and those that a profile's own alerts carry."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitoring_operator.alertmanager.matching import parse_matchers
from monitoring_operator.api.names import ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE
from monitoring_operator.api.profile import Profile
from monitoring_operator.content.effective import effective
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules

ALERT_NAME = "alertname"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that fires. `unknown` are labels that it carries too, whose values only the running application decides."""

    labels: Mapping[str, str]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked: the alerts given by their labels, and those given by name with labels to add."""

    by_labels: Sequence[Mapping[str, str]] = ()
    by_name: Sequence[tuple[str, Mapping[str, str]]] = ()


def read_labels(text: str) -> dict[str, str]:
    """`a=b,c="d"` as labels. Raises ValueError with the reason."""
    found: dict[str, str] = {}
    for matcher in parse_matchers(text):
        if matcher.operator != "=":
            raise ValueError(f"{matcher} is a condition; an alert's labels have one value each: {matcher.label}=VALUE")
        if found.setdefault(matcher.label, matcher.value) != matcher.value:
            raise ValueError(f"{matcher.label} has two values: {found[matcher.label]} and {matcher.value}")
    return found


def read_alert(text: str) -> tuple[str, dict[str, str]]:
    """`NAME` or `NAME,a=b` as an alert's name and labels. Raises ValueError with the reason."""
    name, _, rest = text.partition(",")
    if not name or "=" in name:
        raise ValueError(f"{text!r} does not begin with the name of an alert")
    return name, read_labels(rest)


def scene(wanted: Wanted, profile: Profile | None) -> list[Alert]:
    """The alerts that fire at once. Those of a `profile` have its namespace and name, unless they say otherwise."""
    fence = {ALERT_LABEL_NAMESPACE: profile.namespace, ALERT_LABEL_PROFILE: profile.name} if profile else {}
    alerts = [Alert({**fence, **labels}) for labels in wanted.by_labels]
    if profile is not None:
        alerts += _of_profile(profile, wanted.by_name)
    return alerts


def _of_profile(profile: Profile, names: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[Alert]:
    carried = {e.alert.name: e.by for e in effective(profile)}
    for name, more in names:
        for labels in _rules(profile, name):
            fixed = {k: v for k, v in labels.items() if "{{" not in v}
            by = carried.get(name, ())
            if "job" in by:
                fixed["job"] = profile.name
            known = {ALERT_NAME: name, **more, **fixed}
            yield Alert(known, tuple(sorted({*labels, *by} - known.keys())))


def _rules(profile: Profile, name: str) -> Iterator[Mapping[str, str]]:
    """The labels of every rule of this name, as the PrometheusRules have them."""
    for manifest in render_prometheus_rules(profile, Inputs()):
        for group in manifest.body["spec"]["groups"]:
            yield from (rule["labels"] for rule in group["rules"] if rule.get("alert") == name)
