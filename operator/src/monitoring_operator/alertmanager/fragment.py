"""One profile's part of an Alertmanager configuration: its fenced route, its receivers and its credentials.

Built from that profile alone, so that nothing another profile says can change it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring_operator.alertmanager.credentials import Credentials
from monitoring_operator.alertmanager.matchers import fence, of_severity
from monitoring_operator.alertmanager.receivers import DIRECTORY, entry
from monitoring_operator.alertmanager.times import time_intervals, times_of
from monitoring_operator.api.assertions import Assertion
from monitoring_operator.api.notifications import Notifications
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.receivers import Receiver


@dataclass(frozen=True, slots=True)
class Fragment:
    """One profile's part. Its repr shows no credential.

    `route` is fenced to the profile's alerts; `files` maps keys of the configuration Secret to credentials; `missing` are the
    (Secret, key) pairs that were not there, whose receivers are left out. Two fragments are equal if they configure the same:
    `missing` is news about the cluster and is not compared. `assertions` are what must be true of it among everything else.
    """

    namespace: str
    profile: str
    route: dict[str, Any]
    receivers: tuple[dict[str, Any], ...]
    time_intervals: tuple[dict[str, Any], ...]
    files: Mapping[str, str] = field(repr=False)
    missing: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    assertions: tuple[Assertion, ...] = ()


def fragment(profile: Profile, credentials: Credentials) -> Fragment | None:
    """The part of `profile`; None if it has none: no notifications, or those of an AlertmanagerConfig object.

    A receiver whose credential is absent or blank is left out. Critical alerts that are left without any receiver go to the
    warnings' receivers, since a critical alert mutes its warning twin and would otherwise make both vanish.
    """
    notifications = profile.spec.notifications
    if notifications is None or notifications.mode != "Secret":
        return None
    files: dict[str, str] = {}
    missing: set[tuple[str, str]] = set()
    receivers = {}
    for severity, wanted in (("critical", notifications.critical), ("warning", notifications.warning)):
        receiver = _receiver(f"{profile.namespace}.{profile.name}.{severity}", wanted, credentials, files, missing)
        if receiver:
            receivers[severity] = {"name": receiver_name(profile.namespace, profile.name, severity), **receiver}
    told = {severity: receiver["name"] for severity, receiver in receivers.items()}
    if "warning" in told:
        told = {"critical": told["warning"], **told}
    return Fragment(
        namespace=profile.namespace,
        profile=profile.name,
        route=_route(profile, notifications, told),
        receivers=tuple(receivers.values()),
        time_intervals=tuple(time_intervals(profile.namespace, profile.name, notifications)),
        files=files,
        missing=tuple(sorted(missing)),
        assertions=notifications.assertions,
    )


def receiver_name(namespace: str, profile: str, severity: str) -> str:
    """The name under which Alertmanager knows those who are told of a profile's alerts of one severity."""
    return f"{namespace}/{profile}/{severity}"


def _route(profile: Profile, notifications: Notifications, told: Mapping[str, str]) -> dict[str, Any]:
    route: dict[str, Any] = {
        "matchers": fence(profile.namespace, profile.name),
        "group_by": list(notifications.group_by),
        "group_wait": notifications.group_wait,
        "group_interval": notifications.group_interval,
        "repeat_interval": notifications.repeat_interval,
    }
    if told:
        # Routes do not pass their times on to the routes below them.
        route["routes"] = [
            {"matchers": of_severity(severity), "receiver": receiver, **times_of(profile.namespace, profile.name, notifications, severity)}
            for severity, receiver in told.items()
        ]
    return route


def _receiver(
    key_prefix: str, wanted: Iterable[Receiver], credentials: Credentials, files: dict[str, str], missing: set[tuple[str, str]]
) -> dict[str, Any]:
    """The receiver's lists of configurations; credentials go to `files`, absent ones to `missing`.

    Keys are unambiguous, because neither a namespace nor the last three parts hold a dot, and fit into the 253 characters of a
    Secret's key, because a namespace and a profile have at most 63 each.
    """
    sections: dict[str, list[dict[str, Any]]] = {}
    for index, receiver in enumerate(wanted):
        described = entry(receiver)
        refs = {name: (source.secret_key_ref.name, source.secret_key_ref.key) for name, source in described.credentials.items()}
        values = {name: credentials.get(ref, "") for name, ref in refs.items()}
        absent = {refs[name] for name, value in values.items() if not value.strip()}
        missing |= absent
        if absent:
            continue
        keys = {name: f"{key_prefix}.{index}.{name}" for name in values}
        files.update({keys[name]: value for name, value in values.items()})
        sections.setdefault(described.section, []).append(described.config({name: f"{DIRECTORY}/{key}" for name, key in keys.items()}))
    return dict(sorted(sections.items()))
