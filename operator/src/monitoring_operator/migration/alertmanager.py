"""alertmanager.yml: who is told of critical alerts and of warnings becomes the profile's notifications; credentials become references."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitoring_operator.alertmanager.matching import checked, parse_matchers
from monitoring_operator.migration.draft import Credential, Document, Draft, Json

_GROUPING = {"group_wait": "groupWait", "group_interval": "groupInterval", "repeat_interval": "repeatInterval"}
_NOT_TAKEN = {
    "inhibit_rules": "the operator has rules of its own: a critical alert mutes its warning, a service that is down its other alerts",
    "time_intervals": "times of day are not taken over",
    "mute_time_intervals": "times of day are not taken over",
    "templates": "the operator has messages of its own",
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Kind:
    """How a section of a receiver becomes a field of the profile's. The maps go from Alertmanager's names to ours.

    `credentials` are taken from the first that is there, else from `common` in the configuration's `global`; `kept` is copied.
    """

    name: str
    credentials: Mapping[str, str]
    kept: Mapping[str, str] = dataclasses.field(default_factory=dict)
    common: Mapping[str, str] = dataclasses.field(default_factory=dict)


_KINDS = {
    "pagerduty_configs": _Kind("pagerDuty", {"routing_key": "routingKey", "service_key": "serviceKey"}),
    "slack_configs": _Kind("slack", {"api_url": "apiUrl", "app_token": "botToken"}, {"channel": "channel"}, {"slack_api_url": "apiUrl"}),
    # Whoever knows the address of a webhook can use it.
    "webhook_configs": _Kind("webhook", {"url": "urlFrom"}, {"max_alerts": "maxAlerts"}),
    "msteams_configs": _Kind("msTeams", {"webhook_url": "webhookUrl"}),
    "msteamsv2_configs": _Kind("msTeams", {"webhook_url": "webhookUrl"}),
    "opsgenie_configs": _Kind("opsgenie", {"api_key": "apiKey"}, {"api_url": "apiUrl"}, {"opsgenie_api_key": "apiKey"}),
    "victorops_configs": _Kind("victorOps", {"api_key": "apiKey"}, {"routing_key": "routingKey"}, {"victorops_api_key": "apiKey"}),
    "telegram_configs": _Kind("telegram", {"bot_token": "botToken"}, {"chat_id": "chatId"}),
}
_ALWAYS_KEPT = {"send_resolved": "sendResolved"}
_POST_MESSAGE = "/chat.postMessage"
"""Slack's address for bots, whose token is in an authorization header."""


def read(document: Document, draft: Draft) -> None:
    """Take over what alertmanager.yml says of critical alerts and of warnings, whatever else they are about."""
    config = document.value
    for field, why in _NOT_TAKEN.items():
        if config.get(field):
            draft.leave(document, field, f"{field}: {why}")
    receivers = {str(r.get("name")): (f"receivers[{i}]", r) for i, r in enumerate(config.get("receivers") or ())}
    used: set[str] = set()
    for severity in ("critical", "warning"):
        for path, settings, name in _routes(config["route"], "route", {}, severity):
            used.add(path)
            _grouping(document, path, settings, draft)
            if name in receivers:
                _receiver(document, severity, *receivers[name], draft)
    for path, node in _all(config["route"], "route"):
        if path not in used and not any(u.startswith(f"{path}.") for u in used):
            draft.leave(document, path, f"the route to {node.get('receiver', 'its parent')}: it does not decide by severity alone")


def _routes(node: Json, path: str, inherited: Json, severity: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The routes at which an alert of a severity ends that has no other label, with the settings that hold there."""
    settings = {**inherited, **{k: v for k, v in node.items() if k not in ("routes", "matchers", "match", "match_re", "continue")}}
    taken = False
    for index, child in enumerate(node.get("routes") or ()):
        if _matches(child, severity):
            taken = True
            yield from _routes(child, f"{path}.routes[{index}]", settings, severity)
            if not child.get("continue"):
                return
    if not taken:
        yield path, settings, str(settings.get("receiver"))


def _matches(node: Json, severity: str) -> bool:
    labels = {"severity": severity}
    try:
        given = [matcher for text in node.get("matchers") or () for matcher in parse_matchers(str(text))]
        given += [checked(k, "=", str(v)) for k, v in (node.get("match") or {}).items()]
        given += [checked(k, "=~", str(v)) for k, v in (node.get("match_re") or {}).items()]
    except ValueError:
        return False
    return all(matcher.matches(labels) for matcher in given)


def _all(node: Json, path: str) -> Iterator[tuple[str, Json]]:
    yield path, node
    for index, child in enumerate(node.get("routes") or ()):
        yield from _all(child, f"{path}.routes[{index}]")


def _grouping(document: Document, path: str, settings: Mapping[str, Any], draft: Draft) -> None:
    wanted = {ours: str(settings[theirs]) for theirs, ours in _GROUPING.items() if theirs in settings}
    group_by = [str(label) for label in settings.get("group_by") or ()]
    if "..." in group_by:
        draft.leave(document, path, "group_by '...': name the labels that make one notification")
    elif group_by:
        wanted["groupBy"] = group_by  # type: ignore[assignment]
    draft.places.setdefault("spec.notifications", (document, path))
    for field, value in wanted.items():
        if draft.notifications.setdefault(field, value) != value:
            draft.leave(document, path, f"{field} {value}: a profile has one for all severities, {draft.notifications[field]}")


def _receiver(document: Document, severity: str, path: str, receiver: Json, draft: Draft) -> None:
    for section, entries in receiver.items():
        if section == "name":
            continue
        for index, entry in enumerate(entries or ()):
            where = f"{path}.{section}[{index}]"
            if section not in _KINDS:
                draft.leave(document, where, f"{section} of {receiver['name']}: write it into the profile's notifications by hand")
            else:
                _entry(document, where, entry, draft, severity=severity, section=section, receiver=str(receiver["name"]))


def _entry(document: Document, path: str, entry: Json, draft: Draft, *, severity: str, section: str, receiver: str) -> None:
    kind = _KINDS[section]
    source = _source(document, path, kind, entry)
    if source is None:
        draft.leave(document, path, f"{section} of {receiver}: its credential is not one that a profile can refer to")
        return
    field, place = source
    number = path.rpartition("[")[2].removesuffix("]")
    parts = [kind.name.lower(), field.lower(), receiver, *([number] if number != "0" else [])]
    secret, key = f"{draft.name or 'profile'}-notify", re.sub(r"[^-._a-zA-Z0-9]", "-", "-".join(parts))
    credential = Credential(secret, key, document.file, document.line(place), place)
    if credential not in draft.credentials:
        draft.credentials.append(credential)
    taken: dict[str, Any] = {field: {"secretKeyRef": {"name": secret, "key": key}}}
    kept = {**_ALWAYS_KEPT, **kind.kept}
    taken |= {ours: entry[theirs] for theirs, ours in kept.items() if theirs in entry}
    told = draft.notifications.setdefault(severity, [])
    draft.places[f"spec.notifications.{severity}[{len(told)}]"] = (document, path)
    told.append({kind.name: taken})
    draft.take(document, path, f"{section} of {receiver} as notifications.{severity}")
    known = {*kept, *(f for name in kind.credentials for f in (name, f"{name}_file"))}
    for rest in sorted(entry.keys() - known):
        if not place.startswith(f"{path}.{rest}"):
            draft.leave(document, f"{path}.{rest}", f"{rest} of {receiver}: messages and connections are the operator's own")


def _source(document: Document, path: str, kind: _Kind, entry: Json) -> tuple[str, str] | None:
    """The profile's field for the credential, and the path where its value stands."""
    if kind.name == "slack" and str(entry.get("api_url", "")).endswith(_POST_MESSAGE):
        return ("botToken", f"{path}.http_config") if entry.get("http_config") else None
    for theirs, ours in kind.credentials.items():
        for name in (theirs, f"{theirs}_file"):
            if entry.get(name):
                return ours, f"{path}.{name}"
    for theirs, ours in kind.common.items():
        for name in (theirs, f"{theirs}_file"):
            if (document.value.get("global") or {}).get(name):
                return ours, f"global.{name}"
    return None
