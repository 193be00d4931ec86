"""Rendered dashboards taken apart: panels, targets and variables as Grafana would see them."""

import json
from collections.abc import Iterator
from typing import Any

from monitoring_operator.api.profile import Profile
from monitoring_operator.render.dashboards import render_dashboards
from monitoring_operator.render.inputs import Inputs

INPUTS = Inputs(runbook_base_url="https://runbooks.example.com", grafana_url="https://grafana.example.com")


def dashboards(profile: Profile) -> dict[str, dict[str, Any]]:
    """Every dashboard of the profile as Grafana's JSON, by its name."""
    found = {}
    for manifest in render_dashboards(profile, INPUTS):
        ((key, text),) = manifest.body["data"].items()
        found[key.removesuffix(".json").rpartition(".")[2]] = json.loads(text)
    return found


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All panels that show something, those in collapsed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def rows(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The headings."""
    yield from (panel for panel in dashboard["panels"] if panel["type"] == "row")


def expressions(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every query of a panel as (title, expression)."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def variables(dashboard: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Variables by name."""
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def selector_of(query: str) -> str:
    """The selector in a variable's `label_values(selector, label)`."""
    return query.removeprefix("label_values(").rpartition(",")[0]
