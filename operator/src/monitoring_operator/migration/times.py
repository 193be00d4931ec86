"""Time intervals of alertmanager.yml: those by which a route is muted or active become the profile's muteTimes and activeTimes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitoring_operator.migration.draft import Document, Draft, Json, Told

_FIELDS = {"mute_time_intervals": "muteTimes", "active_time_intervals": "activeTimes"}
_DEFINED_IN = ("time_intervals", "mute_time_intervals")
"""Where intervals are defined; the second is how Alertmanager before 0.24 calls it."""
_BOTH = 2
_RANGES = {"weekdays": "weekdays", "days_of_month": "daysOfMonth", "months": "months", "years": "years"}

Leaves = Sequence[tuple[str, Json]]
"""The routes at which a severity's alerts end: path and settings."""


def read(document: Document, leaves: Mapping[str, Leaves], draft: Draft) -> None:
    """Take over the times at which a severity's notifications are held back; name those that no such route refers to."""
    defined = dict(_defined(document.value))
    used: dict[tuple[str, str], list[str]] = {}
    for severity, routes in leaves.items():
        for theirs in _FIELDS:
            for name in _of_all(document, routes, theirs, draft):
                if name in defined:
                    used.setdefault((theirs, name), []).append(severity)
    for (theirs, name), severities in used.items():
        where, definition = defined[name]
        whose = {} if len(severities) == _BOTH else {"severities": severities}
        intervals = [_interval(i) for i in definition.get("time_intervals") or ()]
        times = {"name": _free_name(name, draft), **whose, "intervals": intervals}
        draft.add_told(_FIELDS[theirs], Told(document, where, f"the time interval {name} ({', '.join(severities)})"), times)
    for name in defined.keys() - {name for _, name in used}:
        draft.leave(document, defined[name][0], f"the time interval {name}: no route for all alerts of a severity refers to it")


def _defined(config: Json) -> Iterator[tuple[str, tuple[str, Json]]]:
    for field in _DEFINED_IN:
        for index, definition in enumerate(config.get(field) or ()):
            yield str(definition.get("name")), (f"{field}[{index}]", definition)


def _of_all(document: Document, routes: Leaves, field: str, draft: Draft) -> list[str]:
    """The names that all of a severity's routes refer to. The others are reported: a profile holds back all of a severity or nothing."""
    named = [[str(n) for n in settings.get(field) or ()] for _, settings in routes]
    for (path, _), names in zip(routes, named, strict=True):
        for name in names:
            if not all(name in other for other in named):
                draft.leave(document, path, f"{field} {name}: only one of the routes of its severity has it; a profile has times for all")
    return [name for name in (named[0] if named else []) if all(name in other for other in named)]


def _free_name(name: str, draft: Draft) -> str:
    """`name` as a profile may have it, and has not yet."""
    wanted = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50].strip("-") or "times"
    taken = {times["name"] for field in _FIELDS.values() for times in draft.notifications.get(field, ())}
    return next(n for n in (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))) if n not in taken)


def _interval(given: Json) -> dict[str, Any]:
    """An interval in the profile's words. Alertmanager takes days and months in any case."""
    found: dict[str, Any] = {}
    if given.get("times"):
        found["times"] = [{"startTime": t.get("start_time"), "endTime": t.get("end_time")} for t in given["times"]]
    for theirs, ours in _RANGES.items():
        if given.get(theirs):
            found[ours] = [str(value).lower().replace(" ", "") for value in given[theirs]]
    if given.get("location"):
        found["location"] = given["location"]
    return found
