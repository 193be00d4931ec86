"""From a dashboard's data to Grafana's classic JSON, the one form that Grafana 11 to 13 all load from files.

Schema version 2 is what newer Grafanas save, but their file provisioning refuses it. The result is text, not a dict: most panels
are the same for all profiles, and writing them anew would be most of the cost of rendering a profile.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from monitoring_operator.api.profile import Profile
from monitoring_operator.content import links
from monitoring_operator.content.dashboards.frame import annotations, dashboard_links, variables
from monitoring_operator.content.dashboards.model import Dashboard, Panel, Row
from monitoring_operator.content.dashboards.panel import Mark, panel_json
from monitoring_operator.content.effective import Effective

SCHEMA_VERSION = 39
GRID_WIDTH = 24
_CACHED_PANELS = 4096

_NO_PANELS = '"panels":[]'


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a dashboard is drawn for: the profile, its alerts by name, and where an alert's runbook is."""

    profile: Profile
    alerts: Mapping[str, Effective]
    runbook_url: Callable[[str], str]

    def marks(self, panel: Panel) -> tuple[Mark, ...]:
        """The panel's alerts, without those that the profile does not have."""
        found = []
        for name in (*panel.alerts, *panel.related):
            alert = self.alerts.get(name)
            if alert is not None:
                threshold = alert.threshold if name in panel.alerts else None
                found.append(Mark(name, threshold, alert.severity, self.runbook_url(name)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around the panels: whose dashboard it is, its uid in Grafana, and what stands above the graphs and in them."""

    owner: str
    uid: str
    annotations: Sequence[Mapping[str, Any]]
    variables: Sequence[Mapping[str, Any]]


def draw(dashboard: Dashboard, drawing: Drawing) -> str:
    """The dashboard of a profile as Grafana reads it: minified JSON with sorted keys."""
    profile = drawing.profile
    frame = Frame(
        owner=f"{profile.namespace}/{profile.name}",
        uid=links.dashboard_uid(profile, dashboard.name),
        annotations=annotations(profile),
        variables=variables(profile, tenant=dashboard.tenant),
    )
    rows = [row for row in dashboard.rows if row.pack is None or row.pack in profile.spec.packs]
    return framed(dashboard, rows, frame, drawing.marks)


def framed(dashboard: Dashboard, rows: Sequence[Row], around: Frame, marks: Callable[[Panel], tuple[Mark, ...]]) -> str:
    """Some rows of a dashboard within a frame; `marks` says what to draw of alerts into a panel."""
    frame = {
        "annotations": {"list": around.annotations},
        "description": dashboard.description,
        "editable": False,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": dashboard_links(around.owner),
        "panels": [],
        "refresh": "30s",
        "schemaVersion": SCHEMA_VERSION,
        "tags": ["monitoring-operator", around.owner],
        "templating": {"list": around.variables},
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "title": f"{dashboard.title} ({around.owner})",
        "uid": around.uid,
        "version": 1,
    }
    return _with_panels(_text(frame), _panels(rows, marks))


def _panels(rows: Sequence[Row], marks: Callable[[Panel], tuple[Mark, ...]]) -> list[str]:
    """Rows one below the other, each with its panels from left to right."""
    drawn: list[str] = []
    top = number = 0
    for row in rows:
        number += 1
        head = _text(_row(row, number, top))
        panels, bottom = _placed(row, marks, number, top + 1)
        number += len(panels)
        # A collapsed row holds its panels, and what follows stands right below its heading.
        drawn += [_with_panels(head, panels)] if row.collapsed else [head, *panels]
        top = top + 1 if row.collapsed else bottom
    return drawn


def _row(row: Row, number: int, top: int) -> dict[str, Any]:
    position = {"h": 1, "w": GRID_WIDTH, "x": 0, "y": top}
    head = {"collapsed": row.collapsed, "gridPos": position, "id": number, "panels": [], "title": row.title, "type": "row"}
    return {**head, "repeat": row.repeat} if row.repeat else head


def _placed(row: Row, marks: Callable[[Panel], tuple[Mark, ...]], number: int, top: int) -> tuple[list[str], int]:
    panels = []
    left = height = 0
    for offset, panel in enumerate(row.panels, start=1):
        if left + panel.width > GRID_WIDTH:
            left, top, height = 0, top + height, 0
        panels.append(_panel(panel, marks(panel), number + offset, left, top))
        left, height = left + panel.width, max(height, panel.height)
    return panels, top + height


@lru_cache(maxsize=_CACHED_PANELS)
def _panel(panel: Panel, marks: tuple[Mark, ...], number: int, left: int, top: int) -> str:
    return _text(panel_json(panel, marks, number, {"h": panel.height, "w": panel.width, "x": left, "y": top}))


def _with_panels(text: str, panels: list[str]) -> str:
    # Quotes within strings are escaped, so this can only be the key.
    return text.replace(_NO_PANELS, f'"panels":[{",".join(panels)}]', 1)


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
