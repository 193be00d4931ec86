"""One dashboard as one HTML file: its JSON, the data, and the script that draws them, all inside."""

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from monitoring_operator.content import grafana
from monitoring_operator.content.grafana import Json
from monitoring_operator.preview.layout import rows
from monitoring_operator.preview.source import Series, Source

SIGNIFICANT = 5
"""Digits of a value that a picture can show."""
_SCRIPTS = ("1-values.js", "2-axes.js", "3-timeseries.js", "4-panels.js", "5-page.js")
_NO_NETWORK = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"

_PAGE = """\
<!doctype html>
<html lang="en" data-theme="dark">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{description}</p>
<button id="theme" type="button">Light / dark</button><nav aria-label="Dashboards">{links}</nav></header>
<div class="chips">{chips}</div>
<main></main>
<footer>{about}</footer>
<script type="application/json" id="data">{data}</script>
<script>
{script}</script>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the same preview, `name` being its title without whose it is."""

    title: str
    name: str
    href: str


def page(dashboard: Json, source: Source, links: Sequence[Link], chosen: Mapping[str, str]) -> str:
    """The page of `dashboard` with data from `source`; `chosen` are the variables' values, for its reader."""
    start, end, step = source.span
    content = {
        "range": [start, end],
        "step": step,
        "annotations": list(_annotations(dashboard, source)),
        "rows": [
            {"title": row.title, "collapsed": row.collapsed, "panels": [_panel(panel, source) for panel in row.panels]}
            for row in rows(dashboard, source)
        ],
    }
    title = str(dashboard.get("title"))
    marked = (f'<a href="{html.escape(k.href)}"{" aria-current=page" if k.title == title else ""}>{html.escape(k.name)}</a>' for k in links)
    return _PAGE.format(
        policy=_NO_NETWORK,
        title=html.escape(title),
        description=html.escape(str(dashboard.get("description") or "")),
        style=_asset("preview.css"),
        links="".join(marked),
        chips="".join(f'<span class="chip"><b>{html.escape(k)}</b>{html.escape(v)}</span>' for k, v in chosen.items()),
        about=html.escape(source.about),
        # A closing tag in a text must not end the script.
        data=json.dumps(content, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c"),
        script="\n".join(_asset(name) for name in _SCRIPTS),
    )


def _asset(name: str) -> str:
    return (resources.files("monitoring_operator.preview") / "assets" / name).read_text(encoding="utf-8")


def _panel(panel: Json, source: Source) -> dict[str, Any]:
    kept = ("type", "title", "description", "gridPos", "fieldConfig", "options", "transformations", "links")
    shown = {key: panel[key] for key in kept if key in panel}
    shown["targets"] = [{k: t.get(k) for k in ("refId", "legendFormat")} for t in grafana.targets(panel)]
    data = {
        str(t.get("refId")): _short(source.series(str(t["expr"]), instant=bool(t.get("instant"))))
        for t in grafana.targets(panel)
        if t.get("expr") and not t.get("hide")
    }
    return {"panel": shown, "data": data}


def _annotations(dashboard: Json, source: Source) -> Iterator[dict[str, Any]]:
    annotations = dashboard.get("annotations")
    listed = annotations.get("list") if isinstance(annotations, dict) else None
    for annotation in (a for a in listed or () if isinstance(a, dict) and a.get("expr") and a.get("enable", True)):
        template = str(annotation.get("titleFormat") or "")
        yield {
            "name": str(annotation.get("name")),
            "colour": str(annotation.get("iconColor") or "blue"),
            "series": [
                {"name": _named(template, s["labels"]), "points": s["points"]}
                for s in _short(source.series(str(annotation["expr"]), instant=False))
            ],
        }


def _named(template: str, labels: Mapping[str, str]) -> str:
    for name, value in labels.items():
        template = template.replace(f"{{{{{name}}}}}", value)
    return template


def _short(series: Sequence[Series]) -> list[Series]:
    return [{**one, "points": [[t, v if v is None else float(f"{v:.{SIGNIFICANT}g}")] for t, v in one["points"]]} for one in series]
