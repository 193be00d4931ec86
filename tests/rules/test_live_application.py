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
from harness.content.grafana import dashboards, panels
from harness.content.profiles import NAME, profile
from harness.content.prometheus import Prometheus
from harness.wait import wait_for
from monitoring_operator.content import ALERT_NAMES

FAULTS = ("ga4-errors", "http-errors")
SECONDS = 20
PANELS = [(name, panel) for name, board in dashboards(profile()).items() for panel in panels(board)]

EMPTY = {
    ("system-overview", "Alerts"): "no alert has waited long enough to fire",
    ("system-overview", "Events and errors"): "no stream of the example fails",
    ("system-overview", "Folded label values"): "the example's labels have few values",
    ("tenant-activity", "Connection errors"): "no stream of the example fails",
    ("vector-search", "Errors by type of error"): "no search of the example fails",
}
"""(dashboard, panel) to the reason why the example leaves it empty."""


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has scraped the visited application every second for a while, with the profile's rules loaded."""
    with example.visited(tmp_path_factory.mktemp("live")) as (application, prometheus):
        for fault in FAULTS:
            application.switch(fault, on=True)
        scraped = f'sum(count_over_time(up{{job="{NAME}"}}[10m])) >= {SECONDS}'
        wait_for(lambda: prometheus.at(scraped, time.time()), what="enough scrapes", timeout=SECONDS + 60, interval=1)
        yield prometheus


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{board}: {panel['title']}" for board, panel in PANELS])
def test_panel_shows_data(board: str, panel: dict[str, Any], prometheus: Prometheus) -> None:
    """Each query returns series with numbers in them and the labels that its legend names, but for what the example has nothing of."""
    now = time.time()
    filled = []
    for target in panel["targets"]:
        series = prometheus.between(target["expr"], now - 5, now, 1)
        named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        assert all(named <= labels.keys() for labels, _ in series)
        filled.append(any(not math.isnan(value) for _, values in series for value in values))

    assert ((board, panel["title"]) not in EMPTY) == all(filled), filled


def test_rules_evaluate(prometheus: Prometheus) -> None:
    """Prometheus has every alert loaded and evaluates it without an error."""
    loaded = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]

    assert sorted(ALERT_NAMES) == sorted(rule["name"] for rule in loaded)
    assert {("ok", None)} == {(rule["health"], rule.get("lastError")) for rule in loaded}


def test_alerts_see_the_faults(prometheus: Prometheus) -> None:
    """What is switched on makes the alerts' conditions true, and nothing else is."""

    def pending() -> set[str]:
        return {alert["labels"]["alertname"] for alert in prometheus.ask("alerts")["alerts"]}

    wait_for(lambda: {"Ga4ApiHighErrorRate", "HttpHighServerErrorRate"} <= pending(), what="alerts on errors", timeout=60)
    assert not pending() & {"Ga4TrafficVanished", "Ga4QuotaHigh", "SseConnectionsHigh", "ConnectionPoolHigh", "MetricLabelsNearLimit"}
