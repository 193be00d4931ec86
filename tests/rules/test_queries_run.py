"""Every query of every dashboard, runbook and alert, run by a real Prometheus over an hour of recorded metrics."""

import json
import math
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from harness import tools
from harness.content import recording
from harness.content.grafana import dashboards, panels, selector_of, variables
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.runbooks import all_runbooks
from harness.controlplane import free_ports
from harness.process import Process
from harness.wait import wait_for
from monitoring_operator.content.effective import effective

CHOSEN = {"$__rate_interval": "5m", "$namespace": NAMESPACE, "$job": NAME, "$instance": ".+", "$tenant": ".*"}
"""What Grafana puts in for the variables as a dashboard opens."""

BOARDS = dashboards(profile())
PANELS = [(name, panel) for name, board in BOARDS.items() for panel in panels(board)]


class Prometheus:
    """A running Prometheus."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer. Fails on an error, with Prometheus' words."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            pytest.fail(f"{parameters}: {error.read().decode()}")

    def samples(self, expression: str, *, instant: bool) -> list[tuple[dict[str, str], list[float]]]:
        """Series with their values: the last hour's, or the latest."""
        if instant:
            data = self.ask("query", query=expression, time=str(recording.END))
        else:
            data = self.ask("query_range", query=expression, start=str(recording.START + 600), end=str(recording.END), step="60")
        if data["resultType"] == "scalar":
            return [({}, [float(data["result"][1])])]
        return [(s["metric"], [float(v) for _, v in (s.get("values") or [s["value"]])]) for s in data["result"]]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A real Prometheus that serves the recording and scrapes nothing."""
    folder = tmp_path_factory.mktemp("prometheus")
    recorded, data, config = folder / "recording.txt", folder / "data", folder / "prometheus.yml"
    recording.write(recorded)
    subprocess.run(
        [tools.find("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(recorded), str(data)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    config.write_text("{}")
    (port,) = free_ports(1)
    command = [
        str(tools.find("prometheus")),
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with Process(command, log=folder / "log") as process:
        url = f"http://127.0.0.1:{port}"

        def ready() -> bool:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)

        wait_for(ready, what=f"Prometheus is ready: {process.tail()}", timeout=60)
        yield Prometheus(url)


def chosen(expression: str) -> str:
    """The expression as Grafana sends it."""
    for variable, value in CHOSEN.items():
        expression = expression.replace(variable, value)
    return expression


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{board}: {panel['title']}" for board, panel in PANELS])
def test_panel_shows_data(board: str, panel: dict[str, Any], prometheus: Prometheus) -> None:
    """Each query returns series with numbers in them, and the labels that its legend names."""
    for target in panel["targets"]:
        series = prometheus.samples(chosen(target["expr"]), instant=target["instant"])

        assert series, target["expr"]
        assert any(not math.isnan(value) for _, values in series for value in values)
        named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        assert all(named <= labels.keys() for labels, _ in series)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_variables_have_values(board: dict[str, Any], prometheus: Prometheus) -> None:
    """Each variable offers what there is to choose, and starts at the profile's own."""
    offered = {"namespace": [NAMESPACE], "job": [NAME], "instance": ["10.0.0.1:8000", "10.0.0.2:8000"], "tenant": ["acme", "globex"]}
    for name, variable in variables(board).items():
        if variable["type"] == "query":
            label = variable["definition"].rpartition(", ")[2].removesuffix(")")
            period = {"start": str(recording.START), "end": str(recording.END)}

            found = prometheus.ask(f"label/{label}/values", **{"match[]": chosen(selector_of(variable["definition"]))}, **period)

            assert offered[name] == found
            assert variable["current"]["value"] in (["$__all"], offered[name])


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_annotations_mark_something(board: dict[str, Any], prometheus: Prometheus) -> None:
    """The alert that fired and the processes that started are found."""
    for annotation in board["annotations"]["list"]:
        expression = chosen(annotation["expr"])
        data = prometheus.ask("query_range", query=expression, start=str(recording.START), end=str(recording.END), step="15")

        assert data["result"], annotation["name"]


@pytest.mark.parametrize("runbook", all_runbooks(), ids=lambda runbook: runbook.alert)
def test_runbook_queries_run(runbook: Any, prometheus: Prometheus) -> None:
    """Pasted as they are, a runbook's queries answer; only a search for what is down finds nothing in a healthy hour."""
    for query in runbook.blocks("promql"):
        found = prometheus.samples(query, instant=True)

        assert bool(found) == (query != "up == 0"), query


@pytest.mark.parametrize("alert", effective(profile()), ids=lambda alert: alert.alert.name)
def test_alert_queries_run(alert: Any, prometheus: Prometheus) -> None:
    """The alerts' own queries evaluate, and without their last comparison there is something to compare."""
    prometheus.samples(alert.expr, instant=False)
    if alert.threshold is not None:
        left = alert.expr[: alert.expr.rindex(f"> {str(alert.threshold).removesuffix('.0')}")]

        assert prometheus.samples(left, instant=True), left
