"""The example application, measured by the library as it is and scraped by a real Prometheus: its dashboards fill, its alerts evaluate.

What the recorded metrics of the catalogue cannot show is whether the library really exposes them so.
"""

import math
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.content import example
from harness.content.grafana import dashboards, panels, selector_of, variables
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.prometheus import Prometheus
from harness.wait import wait_for
from monitoring_operator.content import ALERT_NAMES

FAULTS = ("ga4-errors", "http-errors", "search-errors", "sse-errors")
SECONDS = 20
PANELS = [(name, panel) for name, board in dashboards(profile()).items() for panel in panels(board)]

MANY_TENANTS = 120
"""More than a label has values for."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has scraped the visited application every second for a while, with the profile's rules loaded."""
    at_once = {"HttpHighServerErrorRate": {"for": "2s"}}
    with example.visited(tmp_path_factory.mktemp("live"), rules=at_once) as (application, prometheus):
        for fault in FAULTS:
            application.switch(fault, on=True)
        for number in range(MANY_TENANTS):
            application.ask(f"/v1/tenants/t{number}/search?q=sessions")
        scraped = f'sum(count_over_time(up{{job="{NAME}"}}[10m])) >= {SECONDS}'
        wait_for(lambda: prometheus.at(scraped, time.time()), what="enough scrapes", timeout=SECONDS + 60, interval=1)
        firing = 'ALERTS{alertstate="firing"}'
        wait_for(lambda: prometheus.at(firing, time.time() - 2), what="an alert fires", timeout=120, interval=1)
        yield prometheus


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{board}: {panel['title']}" for board, panel in PANELS])
def test_panel_shows_data(board: str, panel: dict[str, Any], prometheus: Prometheus) -> None:
    """Each query returns series with numbers in them and the labels that its legend names."""
    now = time.time()
    for target in panel["targets"]:
        series = prometheus.between(target["expr"], now - 5, now, 1)
        named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        assert all(named <= labels.keys() for labels, _ in series)
        assert any(not math.isnan(value) for _, values in series for value in values), target["expr"]


@pytest.mark.parametrize("board", dashboards(profile()).values(), ids=dashboards(profile()).keys())
def test_variables_have_values(board: dict[str, Any], prometheus: Prometheus) -> None:
    """Each variable offers what the application's series have."""
    offered = {"namespace": {NAMESPACE}, "job": {NAME}, "instance": {example.INSTANCE}, "tenant": set(example.TENANTS)}
    for name, variable in variables(board).items():
        if variable["type"] == "query":
            label = variable["definition"].rpartition(", ")[2].removesuffix(")")
            found = prometheus.ask(f"label/{label}/values", **{"match[]": prometheus.fill(selector_of(variable["definition"]))})
            assert offered[name] <= set(found), variable["definition"]


def test_rules_evaluate(prometheus: Prometheus) -> None:
    """Prometheus has every alert loaded and evaluates it without an error."""
    loaded = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]

    assert sorted(ALERT_NAMES) == sorted(rule["name"] for rule in loaded)
    assert {("ok", None)} == {(rule["health"], rule.get("lastError")) for rule in loaded}


def test_alerts_see_the_faults(prometheus: Prometheus) -> None:
    """What is switched on makes the alerts' conditions true, and nothing else is."""

    def pending() -> set[str]:
        return {alert["labels"]["alertname"] for alert in prometheus.ask("alerts")["alerts"]}

    seen = {"Ga4ApiHighErrorRate", "HttpHighServerErrorRate", "MetricLabelsNearLimit"}
    wait_for(lambda: seen <= pending(), what="alerts on errors and labels", timeout=60)
    assert not pending() & {"Ga4TrafficVanished", "Ga4QuotaHigh", "SseConnectionsHigh", "ConnectionPoolHigh"}
