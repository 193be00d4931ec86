"""The example application, measured by the library as it is and scraped by a real Prometheus: its dashboards fill, its alerts evaluate.

What the recorded metrics of the catalogue cannot show is whether the library really exposes them so.
"""

import itertools
import math
import re
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.content.grafana import dashboards, panels
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.prometheus import Prometheus, running
from harness.controlplane import free_ports
from harness.process import Process
from harness.wait import wait_for
from monitoring_operator.content import ALERT_NAMES
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules

FOLDER = Path(__file__).parents[2] / "examples" / "ga4_app"
TENANTS = {"acme": "1001", "globex": "2001"}
FAULTS = ("ga4-errors", "http-errors")
SECONDS = 20
PANELS = [(name, panel) for name, board in dashboards(profile()).items() for panel in panels(board)]

EMPTY = {
    ("system-overview", "Alerts"): "no alert has waited long enough to fire",
    ("system-overview", "Events and errors"): "no stream of the example fails",
    ("system-overview", "Folded label values"): "the example's labels have few values",
    ("ga4-health", "Time until tokens run out"): "the stand-in for GA4 does not say what a call consumed",
    ("tenant-activity", "Connection errors"): "no stream of the example fails",
    ("vector-search", "Errors by type of error"): "no search of the example fails",
}
"""(dashboard, panel) to the reason why the example leaves it empty."""


def visit(base: str, stop: threading.Event) -> None:
    """Ask for everything the application offers, over and over."""
    for number in itertools.count():
        for tenant, prop in TENANTS.items():
            report = f"properties/{prop}/report?days={number % 80 + 1}"
            for path in (report, "search?q=sessions", f"search?q=zz{number}", "stream?events=3&pause=0.01"):
                if stop.is_set():
                    return
                try:
                    with urllib.request.urlopen(f"{base}/v1/tenants/{tenant}/{path}", timeout=10) as answer:
                        answer.read()
                except OSError:
                    pass  # faults are switched on, and a busy machine may answer too late


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has scraped the visited application every second for a while, with the profile's rules loaded."""
    folder = tmp_path_factory.mktemp("live")
    (port,) = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    (rules,) = render_prometheus_rules(profile(scrape={"interval": "1s"}), Inputs())
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules.body["spec"]))
    target = {"targets": [f"127.0.0.1:{port}"], "labels": {"namespace": NAMESPACE, "job": NAME}}
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(folder / "rules.yaml")],
        "scrape_configs": [{"job_name": NAME, "static_configs": [target]}],
    }
    server = [sys.executable, "-m", "uvicorn", "ga4_app.main:app", f"--app-dir={FOLDER}", f"--port={port}", "--log-level=warning"]
    stop = threading.Event()
    with Process(server, log=folder / "app.log") as app:

        def answers() -> bool:
            assert app.exit_code is None, app.tail()
            with urllib.request.urlopen(f"{base}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)

        wait_for(answers, what="the application answers", timeout=60)
        for fault in FAULTS:
            urllib.request.urlopen(urllib.request.Request(f"{base}/faults/{fault}", method="PUT"), timeout=5).close()
        visitor = threading.Thread(target=visit, args=(base, stop))
        visitor.start()
        try:
            with running(folder, config, window="10s") as prometheus:
                scraped = f'sum(count_over_time(up{{job="{NAME}"}}[10m])) >= {SECONDS}'
                wait_for(lambda: prometheus.at(scraped, time.time()), what="enough scrapes", timeout=SECONDS + 60, interval=1)
                yield prometheus
        finally:
            stop.set()
            visitor.join()


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
