"""From a dashboard's data to Grafana's classic JSON, the one form that Grafana 11 to 13 all load from files.

Schema version 2 is what newer Grafanas save, but their file provisioning refuses it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.profile import Profile
from monitoring_operator.content import links
from monitoring_operator.content.dashboards.frame import DATASOURCE, annotations, dashboard_links, variables
from monitoring_operator.content.dashboards.model import Dashboard, Panel, Row
from monitoring_operator.content.effective import Effective

SCHEMA_VERSION = 39
GRID_WIDTH = 24
_COLOURS = {"info": "blue", "warning": "orange", "critical": "red"}

_OPTIONS: Mapping[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": ["mean", "lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "auto",
    },
    "table": {"cellHeight": "sm", "footer": {"show": False}, "showHeader": True},
    "heatmap": {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64},
        "legend": {"show": True},
        "tooltip": {"mode": "single", "yHistogram": True},
        "yAxis": {"axisPlacement": "left"},
    },
    "bargauge": {
        "displayMode": "gradient",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
    },
    "state-timeline": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "mergeValues": True,
        "rowHeight": 0.9,
        "showValue": "auto",
    },
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a dashboard is drawn for: the profile, its alerts by name, and where an alert's runbook is."""

    profile: Profile
    alerts: Mapping[str, Effective]
    runbook_url: Callable[[str], str]


def draw(dashboard: Dashboard, drawing: Drawing) -> dict[str, Any]:
    """The dashboard as Grafana reads it. Lines that no longer follow an enabled alert are not drawn."""
    profile = drawing.profile
    owner = f"{profile.namespace}/{profile.name}"
    return {
        "annotations": {"list": annotations(profile)},
        "description": dashboard.description,
        "editable": False,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": dashboard_links(owner),
        "panels": _panels(dashboard, drawing),
        "refresh": "30s",
        "schemaVersion": SCHEMA_VERSION,
        "tags": ["monitoring-operator", owner],
        "templating": {"list": variables(profile, tenant=dashboard.tenant)},
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "title": f"{dashboard.title} ({owner})",
        "uid": links.dashboard_uid(profile, dashboard.name),
        "version": 1,
    }


def _panels(dashboard: Dashboard, drawing: Drawing) -> list[dict[str, Any]]:
    """Rows one below the other, each with its panels from left to right."""
    drawn: list[dict[str, Any]] = []
    top = 0
    number = 0
    for row in dashboard.rows:
        if row.pack is not None and row.pack not in drawing.profile.spec.packs:
            continue
        number += 1
        head = _row(row, number, top)
        top += 1
        panels, bottom = _placed(row, drawing, number, top)
        number += len(panels)
        if row.collapsed:
            # A collapsed row holds its panels, and what follows stands right below its heading.
            drawn.append({**head, "panels": panels})
        else:
            drawn += [head, *panels]
            top = bottom
    return drawn


def _row(row: Row, number: int, top: int) -> dict[str, Any]:
    head: dict[str, Any] = {
        "collapsed": row.collapsed,
        "gridPos": {"h": 1, "w": GRID_WIDTH, "x": 0, "y": top},
        "id": number,
        "panels": [],
        "title": row.title,
        "type": "row",
    }
    return {**head, "repeat": row.repeat} if row.repeat else head


def _placed(row: Row, drawing: Drawing, number: int, top: int) -> tuple[list[dict[str, Any]], int]:
    panels = []
    left, height = 0, 0
    for offset, panel in enumerate(row.panels, start=1):
        if left + panel.width > GRID_WIDTH:
            left, top, height = 0, top + height, 0
        position = {"h": panel.height, "w": panel.width, "x": left, "y": top}
        panels.append(_panel(panel, drawing, number + offset, position))
        left, height = left + panel.width, max(height, panel.height)
    return panels, top + height


def _panel(panel: Panel, drawing: Drawing, number: int, position: dict[str, int]) -> dict[str, Any]:
    alerts = [drawing.alerts[name] for name in panel.alerts if name in drawing.alerts]
    runbooks = [(alert.alert.name, drawing.runbook_url(alert.alert.name)) for alert in alerts]
    drawn: dict[str, Any] = {
        "datasource": DATASOURCE,
        "description": " ".join([panel.description, *(f"Runbook: [{name}]({url})." for name, url in runbooks)]),
        "fieldConfig": {"defaults": {**_defaults(panel, alerts), **panel.defaults}, "overrides": [dict(o) for o in panel.overrides]},
        "gridPos": position,
        "id": number,
        "links": [{"targetBlank": True, "title": f"Runbook {name}", "url": url} for name, url in runbooks],
        "options": {**_OPTIONS[panel.kind], **panel.options},
        "targets": [
            {
                "datasource": DATASOURCE,
                "editorMode": "code",
                "expr": target.expr,
                "format": "table" if panel.kind == "table" else "heatmap" if panel.kind == "heatmap" else "time_series",
                "instant": target.instant,
                "legendFormat": target.legend,
                "range": not target.instant,
                "refId": chr(ord("A") + index),
            }
            for index, target in enumerate(panel.targets)
        ],
        "title": panel.title,
        "type": panel.kind,
    }
    if panel.transformations:
        drawn["transformations"] = [dict(t) for t in panel.transformations]
    return drawn


def _defaults(panel: Panel, alerts: list[Effective]) -> dict[str, Any]:
    """Unit, colours and threshold lines of a panel's values."""
    levels = [("green", None)] if not panel.low_is_bad else [("red", None), ("green", 1.0)]
    marks = sorted((a.threshold, _COLOURS[a.severity]) for a in alerts if a.threshold is not None)
    steps = [{"color": colour, "value": value} for colour, value in [*levels, *((colour, value) for value, colour in marks)]]
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind in ("timeseries", "stat", "bargauge"):
        defaults["min"] = 0
    if panel.maximum is not None:
        defaults["max"] = panel.maximum
    if panel.kind == "timeseries":
        defaults["color"] = {"mode": "palette-classic"}
        defaults["custom"] = {
            "drawStyle": "line",
            "fillOpacity": 20 if panel.stacked else 5,
            "lineWidth": 1,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"group": "A", "mode": "normal" if panel.stacked else "none"},
            "thresholdsStyle": {"mode": "dashed" if marks else "off"},
        }
    else:
        defaults["color"] = {"mode": "thresholds"}
    return defaults
