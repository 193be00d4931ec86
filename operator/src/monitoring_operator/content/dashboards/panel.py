"""One panel as Grafana reads it: what each kind of panel brings along, and the lines that an alert draws into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.alerts import Severity
from monitoring_operator.content.dashboards.frame import DATASOURCE
from monitoring_operator.content.dashboards.model import Panel

_COLOURS: Mapping[Severity, str] = {"info": "blue", "warning": "orange", "critical": "red"}
_FORMATS = {"table": "table", "heatmap": "heatmap"}

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
        "cellValues": {"unit": "ops"},
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
class Mark:
    """An alert that watches what a panel shows: where it fires (None: no line is drawn) and what to do then."""

    alert: str
    threshold: float | None
    severity: Severity
    runbook: str


def panel_json(panel: Panel, marks: tuple[Mark, ...], number: int, position: dict[str, int]) -> dict[str, Any]:
    """The panel with the id `number` at `position` of the grid."""
    drawn: dict[str, Any] = {
        "datasource": DATASOURCE,
        "description": " ".join([panel.description, *(f"Runbook: [{m.alert}]({m.runbook})." for m in marks)]),
        "fieldConfig": {"defaults": {**_defaults(panel, marks), **panel.defaults}, "overrides": [dict(o) for o in panel.overrides]},
        "gridPos": position,
        "id": number,
        "links": [{"targetBlank": True, "title": f"Runbook {m.alert}", "url": m.runbook} for m in marks],
        "options": _options(panel),
        "targets": [
            {
                "datasource": DATASOURCE,
                "editorMode": "code",
                "expr": target.expr,
                "format": _FORMATS.get(panel.kind, "time_series"),
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


def _options(panel: Panel) -> dict[str, Any]:
    options = _OPTIONS[panel.kind]
    # A heatmap's unit is that of its buckets; its cells are rates.
    return {**options, "yAxis": {**options["yAxis"], "unit": panel.unit}} if panel.kind == "heatmap" else options


def _defaults(panel: Panel, marks: tuple[Mark, ...]) -> dict[str, Any]:
    """Unit, colours and threshold lines of a panel's values."""
    lines = sorted((_plain(mark.threshold), _COLOURS[mark.severity]) for mark in marks if mark.threshold is not None)
    steps = [{"color": "green", "value": None}, *({"color": colour, "value": value} for value, colour in lines)]
    if panel.bad is not None:
        below, above = ("red", "green") if panel.bad == "none" else ("green", "red")
        steps = [{"color": below, "value": None}, {"color": above, "value": 1}]
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
            "thresholdsStyle": {"mode": "dashed" if lines else "off"},
        }
    else:
        defaults["color"] = {"mode": "thresholds"}
    return defaults


def _plain(value: float) -> float:
    """950.0 as 950: a profile that states a default draws the same bytes as one that does not."""
    return int(value) if float(value).is_integer() else value
