"""The rules of Grafana's dashboard-linter v0.2.0 that apply to Prometheus dashboards, each as a test, with our exclusions and why."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from harness.content.grafana import dashboards, expressions, panels, selector_of, variables
from harness.content.profiles import EVERYTHING_CHANGED, profile
from harness.content.promql import Selector, parsed, selectors
from monitoring_operator.content import DASHBOARD_NAMES
from monitoring_operator.content.dashboards import operator_board

EXCLUDED: Mapping[tuple[str, str], str] = {
    ("target-job", "ALERTS"): "alerts of the user's own need not keep a job; the label profile, which every alert has, is matched instead",
    ("target-instance", "ALERTS"): "an alert about a whole service has no instance",
}
"""(rule, metric) to the reason why the rule does not hold there."""

UNITS = {"short", "reqps", "ops", "percentunit", "percent", "s", "bytes"}
"""The units that our panels use, all of Grafana's list."""

BOARDS = {
    **{f"{name} by default": board for name, board in dashboards(profile()).items()},
    **{f"{name} changed": board for name, board in dashboards(profile(**EVERYTHING_CHANGED)).items()},
    "operator": json.loads(operator_board.template()),
    "system-overview of one pack": dashboards(profile(packs=["http"]))["system-overview"],
}
each = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())


def every_selector(board: dict[str, Any]) -> Iterator[Selector]:
    """The selectors of all panels."""
    for _, expression in expressions(board):
        yield from selectors(expression)


def test_every_dashboard_is_looked_at() -> None:
    """All dashboards of the catalogue are rendered for a profile with all packs."""
    assert {f"{name} by default" for name in DASHBOARD_NAMES} <= BOARDS.keys()


@each
def test_template_datasource(board: dict[str, Any]) -> None:
    """template-datasource-rule: one data source variable, named and labelled as Grafana users know it."""
    sources = [v for v in variables(board).values() if v["type"] == "datasource"]

    assert [("datasource", "Data source", "prometheus")] == [(v["name"], v["label"], v["query"]) for v in sources]


@each
@pytest.mark.parametrize("name", ["job", "instance"])
def test_template_job_and_instance(board: dict[str, Any], name: str) -> None:
    """template-job-rule and template-instance-rule: query variables for several values at once, of which all is `.+`."""
    variable = variables(board)[name]

    assert ("query", "${datasource}", True, ".+", name.capitalize()) == (
        variable["type"],
        variable["datasource"]["uid"],
        variable["multi"],
        variable["allValue"],
        variable["label"],
    )


@each
def test_template_label_promql_and_reload(board: dict[str, Any]) -> None:
    """template-label-promql-rule, template-on-time-change-reload-rule: variable queries parse and are asked anew for a new time range."""
    for variable in variables(board).values():
        if variable["type"] == "query":
            assert re.fullmatch(r"label_values\(.+, \w+\)", variable["query"]["query"])
            assert variable["definition"] == variable["query"]["query"]
            parsed(selector_of(variable["definition"]))
            assert 2 == variable["refresh"]


@each
def test_panel_datasource(board: dict[str, Any]) -> None:
    """panel-datasource-rule: every panel and target asks the chosen data source."""
    for panel in panels(board):
        assert "${datasource}" == panel["datasource"]["uid"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


@each
def test_panel_title_and_description(board: dict[str, Any]) -> None:
    """panel-title-description-rule: every panel says what it shows and what that means."""
    for panel in panels(board):
        assert panel["title"]
        assert len(panel["description"]) > 20


@each
def test_panel_units(board: dict[str, Any]) -> None:
    """panel-units-rule: every panel has a unit that Grafana knows."""
    assert {panel["fieldConfig"]["defaults"]["unit"] for panel in panels(board)} <= UNITS


@each
def test_panel_has_targets(board: dict[str, Any]) -> None:
    """panel-no-targets-rule: every panel asks something."""
    assert all(panel["targets"] for panel in panels(board))


@each
def test_target_promql(board: dict[str, Any]) -> None:
    """target-promql-rule: every query parses."""
    for _, expression in expressions(board):
        parsed(expression)


@each
def test_target_rate_interval(board: dict[str, Any]) -> None:
    """target-rate-interval-rule: rates are taken over Grafana's own interval, which always holds enough scrapes."""
    for _, expression in expressions(board):
        assert {"[$__rate_interval]"} >= set(re.findall(r"\brate\([^()]*(\[[^\]]*\])", expression))
        assert "irate" not in expression
        assert expression.count("rate(") == expression.count("[$__rate_interval]")


@each
@pytest.mark.parametrize("label", ["job", "instance"])
def test_target_job_and_instance(board: dict[str, Any], label: str) -> None:
    """target-job-rule and target-instance-rule: every selector follows the variables."""
    for selector in every_selector(board):
        if (f"target-{label}", selector.metric) not in EXCLUDED:
            assert (label, "=~", f"${label}") in selector.matchers


@each
def test_target_counter_aggregation(board: dict[str, Any]) -> None:
    """target-counter-agg-rule, and more than it asks: a counter's value means nothing without rate or increase."""
    for selector in every_selector(board):
        if re.search(r"_(total|bucket|sum|count)$", selector.metric) and selector.metric != "active_tenants_count":
            assert selector.inside in ("rate", "increase")


@each
def test_uneditable(board: dict[str, Any]) -> None:
    """uneditable-dashboard: what Grafana would lose at the next start cannot be edited."""
    assert board["editable"] is False


@each
def test_one_data_source_language(board: dict[str, Any]) -> None:
    """target-logql-rule and target-logql-auto-rule have nothing to look at: all queries go to Prometheus."""
    assert {"prometheus"} == {target["datasource"]["type"] for panel in panels(board) for target in panel["targets"]}


def test_few_exclusions() -> None:
    """At most five exclusions, each with a reason and each still needed."""
    needed = {
        (f"target-{label}", selector.metric)
        for board in BOARDS.values()
        for selector in every_selector(board)
        for label in ("job", "instance")
        if (label, "=~", f"${label}") not in selector.matchers
    }

    assert EXCLUDED.keys() == needed
    assert len(EXCLUDED) <= 5
    assert all(len(reason) > 20 for reason in EXCLUDED.values())
