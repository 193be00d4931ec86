"""A profile's notifications as an AlertmanagerConfig object, for those who may not touch the Secret that all profiles share.

It says what a part of the Secret says, in prometheus-operator's words. Credentials are only referred to; prometheus-operator reads
them, and writes them into the configuration that it generates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from monitoring_operator.alertmanager.config_fields import converted, matchers, section_name
from monitoring_operator.alertmanager.inhibition import inhibit_rules
from monitoring_operator.alertmanager.matchers import fence, of_severity
from monitoring_operator.alertmanager.receivers import entry
from monitoring_operator.api.child import child
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.notifications import Notifications
from monitoring_operator.api.profile import Problem, Profile
from monitoring_operator.api.receivers import Receiver
from monitoring_operator.api.resources import ALERTMANAGER_CONFIGS, Resource
from monitoring_operator.api.time_intervals import Interval, Times

MODE = "AlertmanagerConfig"
NOBODY = "nobody"
"""prometheus-operator demands a receiver on the first route; this one tells nobody."""

# Not the names that a part of the Secret has: while a profile changes its mode, both are in one configuration for a moment.
_RECEIVER = "{}-receiver"
_TIMES = "times.{}"


@dataclass(frozen=True, slots=True)
class ConfigInputs:
    """What the object depends on besides its profile: the version that the cluster serves, the labels by which its Alertmanager selects
    such objects, and which (Secret, key) pairs are not there.
    """

    resource: Resource = ALERTMANAGER_CONFIGS[-1]
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    missing: frozenset[tuple[str, str]] = frozenset()


def config_object(profile: Profile, inputs: ConfigInputs) -> Manifest | None:
    """The AlertmanagerConfig of `profile`, named as it is; None if it notifies otherwise, or not at all.

    A receiver whose credential is missing is left out, because prometheus-operator would pass over the whole object. Critical alerts
    without a receiver go to the warnings', as in the Secret.
    """
    wanted = profile.spec.notifications
    if wanted is None or wanted.mode != MODE:
        return None
    receivers = {}
    for severity, told in (("critical", wanted.critical), ("warning", wanted.warning)):
        sections = _sections(told, inputs.missing)
        if sections:
            receivers[severity] = {"name": _RECEIVER.format(severity), **sections}
    told_by = {severity: str(receiver["name"]) for severity, receiver in receivers.items()}
    if "warning" in told_by:
        told_by = {"critical": told_by["warning"], **told_by}
    spec: dict[str, Any] = {
        "route": _route(profile, wanted, told_by),
        "receivers": [{"name": NOBODY}, *receivers.values()],
        "inhibitRules": [_inhibit_rule(profile, rule) for rule in inhibit_rules()],
    }
    times = sorted((*wanted.mute_times, *wanted.active_times), key=lambda t: t.name)
    if times:
        field_ = "muteTimeIntervals" if inputs.resource.version == "v1alpha1" else "timeIntervals"
        spec[field_] = [{"name": _TIMES.format(t.name), "timeIntervals": [_interval(i) for i in t.intervals]} for t in times]
    return child(profile, inputs.resource, profile.name, {"spec": spec}, labels=inputs.labels)


def generated_receivers(config: Manifest) -> frozenset[str]:
    """The names that prometheus-operator gives to the receivers of an AlertmanagerConfig in the configuration that it makes."""
    names = (r["name"] for r in config.body["spec"]["receivers"])
    return frozenset(f"{config.ref.namespace}/{config.ref.name}/{name}" for name in names if name != NOBODY)


def inexpressible(profile: Profile) -> Iterator[Problem]:
    """What an AlertmanagerConfig has no field for, by the profile's paths."""
    wanted = profile.spec.notifications
    if wanted is None or wanted.mode != MODE:
        return
    why = "cannot be said in an AlertmanagerConfig; use mode Secret, or "
    for severity, told in (("critical", wanted.critical), ("warning", wanted.warning)):
        for index, receiver in enumerate(told):
            path = f"spec.notifications.{severity}[{index}]"
            if receiver.slack is not None and receiver.slack.bot_token is not None:
                yield Problem(f"{path}.slack.botToken", f"{why}an incoming webhook (apiUrl)")
            if receiver.webhook is not None and receiver.webhook.basic_auth is not None:
                yield Problem(f"{path}.webhook.basicAuth", f"{why}a bearer token (authorization)")
    for field_, times in (("muteTimes", wanted.mute_times), ("activeTimes", wanted.active_times)):
        for index, named in enumerate(times):
            for number, interval in enumerate(named.intervals):
                if interval.location != "UTC":
                    yield Problem(f"spec.notifications.{field_}[{index}].intervals[{number}].location", f"{why}UTC")


def _sections(told: tuple[Receiver, ...], missing: frozenset[tuple[str, str]]) -> dict[str, Any]:
    sections: dict[str, list[Any]] = {}
    for receiver in told:
        described = entry(receiver)
        refs = {name: source.secret_key_ref for name, source in described.credentials.items()}
        if any((ref.name, ref.key) in missing for ref in refs.values()):
            continue
        config = described.config({name: {"name": ref.name, "key": ref.key} for name, ref in refs.items()})
        sections.setdefault(section_name(described.section), []).append(converted(config))
    return dict(sorted(sections.items()))


def _route(profile: Profile, wanted: Notifications, told_by: Mapping[str, str]) -> dict[str, Any]:
    route: dict[str, Any] = {
        "receiver": NOBODY,
        "matchers": matchers(fence(profile.namespace, profile.name)),
        "groupBy": list(wanted.group_by),
        "groupWait": wanted.group_wait,
        "groupInterval": wanted.group_interval,
        "repeatInterval": wanted.repeat_interval,
    }
    if told_by:
        route["routes"] = [
            {"receiver": receiver, "matchers": matchers(of_severity(severity)), **_times_of(wanted, severity)}
            for severity, receiver in told_by.items()
        ]
    return route


def _times_of(wanted: Notifications, severity: str) -> dict[str, Any]:
    def names(times: tuple[Times, ...]) -> list[str]:
        return sorted(_TIMES.format(t.name) for t in times if severity in t.severities)

    found = {"muteTimeIntervals": names(wanted.mute_times), "activeTimeIntervals": names(wanted.active_times)}
    return {field_: named for field_, named in found.items() if named}


def _interval(interval: Interval) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if interval.times:
        found["times"] = [{"startTime": t.start_time, "endTime": t.end_time} for t in interval.times]
    if interval.days_of_month:
        ranges = ((begin, end or begin) for begin, _, end in (days.partition(":") for days in interval.days_of_month))
        found["daysOfMonth"] = [{"start": int(begin), "end": int(end)} for begin, end in ranges]
    for field_ in ("weekdays", "months", "years"):
        ranges_of = getattr(interval, field_)
        if ranges_of:
            found[field_] = list(ranges_of)
    return found


def _inhibit_rule(profile: Profile, rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule for this profile's alerts alone: it stands in everybody's configuration."""

    def fenced(given: list[str]) -> list[dict[str, str]]:
        exact = matchers(fence(profile.namespace, profile.name))
        return [*exact, *(m for m in matchers(given) if m["name"] not in {e["name"] for e in exact})]

    return {
        "sourceMatch": fenced(rule["source_matchers"]),
        "targetMatch": fenced(rule["target_matchers"]),
        "equal": rule["equal"],
    }
