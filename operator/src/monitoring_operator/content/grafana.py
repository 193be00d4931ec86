"""A dashboard's JSON as Grafana reads it: its panels, wherever they stand, and what it puts in the place of variables."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

BUILT_IN: Mapping[str, str] = {
    "__interval": "1m",
    "__interval_ms": "60000",
    "__rate_interval": "5m",
    "__rate_interval_ms": "300000",
    "__range": "1h",
    "__range_s": "3600",
    "__range_ms": "3600000",
    "__from": "1700000000000",
    "__to": "1700003600000",
}
"""Grafana's own variables that a query may hold, each with a value as Grafana would fill it in."""

ALL = "$__all"
"""What stands for every value of a variable."""

_REFERENCE = re.compile(r"\$(?P<plain>\w+)|\$\{(?P<braced>\w+)(?:\.[^:}]+)?(?::[^}]+)?\}|\[\[(?P<old>\w+?)(?::\w+)?\]\]")


def panels(dashboard: Json) -> Iterator[Json]:
    """Everything that shows something: at the top, in collapsed rows, and in the rows of dashboards older than Grafana 5."""
    for holder in (dashboard, *_objects(dashboard.get("rows"))):
        for panel in _objects(holder.get("panels")):
            if panel.get("type") == "row":
                yield from _objects(panel.get("panels"))
            else:
                yield panel


def targets(panel: Json) -> list[Json]:
    """The panel's queries."""
    return list(_objects(panel.get("targets")))


def variables(dashboard: Json) -> dict[str, Json]:
    """The dashboard's variables by name."""
    templating = dashboard.get("templating")
    found = _objects(templating.get("list") if isinstance(templating, dict) else None)
    return {str(variable.get("name")): variable for variable in found}


def query_of(variable: Json) -> str:
    """The query of a variable, whichever of the places it stands in that Grafana has had for it."""
    query = variable.get("query") or variable.get("definition") or ""
    return str(query.get("query") or "" if isinstance(query, dict) else query)


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with references to variables replaced, in all of Grafana's three spellings; unknown ones stay, as they do in Grafana."""

    def value(found: re.Match[str]) -> str:
        return values.get(found["plain"] or found["braced"] or found["old"], found[0])

    return _REFERENCE.sub(value, text)


def referred(text: str) -> str | None:
    """The variable that `text` is a reference to as a whole; None if it is none."""
    found = _REFERENCE.fullmatch(text)
    return (found["plain"] or found["braced"] or found["old"]) if found else None


def chosen(variable: Json) -> str | None:
    """The value that the dashboard opens with, several joined as in a regular expression; None if it says none."""
    current = variable.get("current")
    value = current.get("value") if isinstance(current, dict) else None
    options = [str(option["value"]) for option in _objects(variable.get("options")) if "value" in option]
    if value in (ALL, [ALL]):
        return str(variable.get("allValue") or "|".join(option for option in options if option != ALL) or ".*")
    if isinstance(value, list):
        return "|".join(map(str, value)) or None
    return str(value) if value not in (None, "") else next(iter(options), None)


def _objects(value: object) -> Iterator[Json]:
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()
