"""alertmanager.yml: who is told of critical alerts and of warnings, and when, becomes the profile's notifications."""

from collections.abc import Iterator, Mapping
from typing import Any

from monitoring_operator.alertmanager.matching import checked, parse_matchers
from monitoring_operator.migration import receivers, times
from monitoring_operator.migration.draft import Document, Draft, Json

_GROUPING = {"group_wait": "groupWait", "group_interval": "groupInterval", "repeat_interval": "repeatInterval"}
_NOT_TAKEN = {
    "inhibit_rules": "the operator has rules of its own: a critical alert mutes its warning, a service that is down its other alerts",
    "templates": "the operator has messages of its own",
}
_OWN = ("routes", "matchers", "match", "match_re", "continue", "mute_time_intervals", "active_time_intervals")
"""Fields of a route that those below it do not inherit."""
_TIMES = ("mute_time_intervals", "active_time_intervals")


def read(document: Document, draft: Draft) -> None:
    """Take over what alertmanager.yml says of critical alerts and of warnings, whatever else they are about."""
    config = document.value
    for field, why in _NOT_TAKEN.items():
        if config.get(field):
            draft.leave(document, field, f"{field}: {why}")
    named = {str(r.get("name")): (f"receivers[{i}]", r) for i, r in enumerate(config.get("receivers") or ())}
    ends = {severity: list(_routes(config["route"], "route", {}, severity)) for severity in ("critical", "warning")}
    for severity, routes in ends.items():
        for path, settings in routes:
            _grouping(document, path, settings, draft)
            if (name := str(settings.get("receiver"))) in named:
                receivers.read(document, severity, *named[name], draft)
    times.read(document, ends, draft)
    used = {path for routes in ends.values() for path, _ in routes}
    for path, node in _all(config["route"], "route"):
        if path not in used and not any(u.startswith(f"{path}.") for u in used):
            draft.leave(document, path, f"the route to {node.get('receiver', 'its parent')}: it does not decide by severity alone")


def _routes(node: Json, path: str, inherited: Json, severity: str) -> Iterator[tuple[str, Json]]:
    """The routes at which an alert of a severity ends that has no other label, with the settings that hold there."""
    settings = {**inherited, **{k: v for k, v in node.items() if k not in _OWN}}
    taken = False
    for index, child in enumerate(node.get("routes") or ()):
        if _matches(child, severity):
            taken = True
            yield from _routes(child, f"{path}.routes[{index}]", settings, severity)
            if not child.get("continue"):
                return
    if not taken:
        yield path, {**settings, **{k: node[k] for k in _TIMES if k in node}}


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
