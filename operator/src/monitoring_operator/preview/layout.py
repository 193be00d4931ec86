"""A dashboard's JSON laid out as Grafana does when it is opened: rows with their panels, repeated ones once for each value."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.content import grafana
from monitoring_operator.content.grafana import Json
from monitoring_operator.preview.source import Source


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading, which is empty for those above the first."""

    title: str
    collapsed: bool
    panels: tuple[Json, ...]


def rows(dashboard: Json, source: Source) -> Iterator[Row]:
    """The rows of `dashboard`; `source` knows the values of the variables by which a row is repeated."""
    variables = grafana.variables(dashboard)
    for heading, panels in _grouped(dashboard):
        if not panels:
            continue
        repeated = variables.get(str(heading.get("repeat")))
        values = source.values(grafana.query_of(repeated)) if repeated is not None else []
        # Without a value to repeat it for, a row is there once.
        for chosen in [{str(heading["repeat"]): value} for value in values] or [{}]:
            title = grafana.fill(str(heading.get("title") or ""), chosen)
            yield Row(title, bool(heading.get("collapsed")), tuple(_with(panel, chosen) for panel in panels))


def _grouped(dashboard: Json) -> Iterator[tuple[Json, list[Json]]]:
    """Every row's heading with its panels, whether they stand in it or after it."""
    heading: Json = {}
    panels: list[Json] = []
    for panel in (p for p in dashboard.get("panels") or () if isinstance(p, dict)):
        if panel.get("type") != "row":
            panels.append(panel)
            continue
        yield heading, panels
        heading, panels = panel, [p for p in panel.get("panels") or () if isinstance(p, dict)]
    yield heading, panels


def _with(panel: Json, chosen: Mapping[str, str]) -> Json:
    if not chosen:
        return panel
    targets = [{**target, "expr": grafana.fill(str(target.get("expr", "")), chosen)} for target in grafana.targets(panel)]
    filled: dict[str, Any] = json.loads(json.dumps({**panel, "targets": targets}))
    return {**filled, "title": grafana.fill(str(panel.get("title") or ""), chosen)}
