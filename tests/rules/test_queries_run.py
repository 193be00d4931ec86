"""Every query of every dashboard, runbook and alert, run by a real Prometheus over an hour of recorded metrics."""

import math
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from harness import tools
from harness.content import recording
from harness.content.grafana import dashboards, panels, selector_of, variables
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.prometheus import Answer, Prometheus, running
from harness.content.runbooks import all_runbooks
from monitoring_operator.content.effective import effective

BOARDS = dashboards(profile())
PANELS = [(name, panel) for name, board in BOARDS.items() for panel in panels(board)]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A real Prometheus that serves the recording and scrapes nothing."""
    folder = tmp_path_factory.mktemp("prometheus")
    recorded = folder / "recording.txt"
    recording.write(recorded)
    subprocess.run(
        [tools.find("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(recorded), str(folder / "data")],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with running(folder, {}, window="5m") as prometheus:
        yield prometheus


def answer(prometheus: Prometheus, target: dict[str, Any]) -> Answer:
    """What a panel gets for one of its queries."""
    if target["instant"]:
        return prometheus.at(target["expr"], recording.END)
    return prometheus.between(target["expr"], recording.START + 600, recording.END, 60)


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{board}: {panel['title']}" for board, panel in PANELS])
def test_panel_shows_data(board: str, panel: dict[str, Any], prometheus: Prometheus) -> None:
    """Each query returns series with numbers in them, and the labels that its legend names."""
    for target in panel["targets"]:
        series = answer(prometheus, target)

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

            found = prometheus.ask(f"label/{label}/values", **{"match[]": prometheus.fill(selector_of(variable["definition"]))}, **period)

            assert offered[name] == found
            assert variable["current"]["value"] in (["$__all"], offered[name])


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_annotations_mark_something(board: dict[str, Any], prometheus: Prometheus) -> None:
    """The alert that fired and the processes that started are found."""
    for annotation in board["annotations"]["list"]:
        assert prometheus.between(annotation["expr"], recording.START, recording.END, 15), annotation["name"]


@pytest.mark.parametrize("runbook", all_runbooks(), ids=lambda runbook: runbook.alert)
def test_runbook_queries_run(runbook: Any, prometheus: Prometheus) -> None:
    """Pasted as they are, a runbook's queries answer; only a search for what is down finds nothing in a healthy hour."""
    for query in runbook.blocks("promql"):
        found = prometheus.at(query, recording.END)

        assert bool(found) == (query != "up == 0"), query


@pytest.mark.parametrize("alert", effective(profile()), ids=lambda alert: alert.alert.name)
def test_alert_queries_run(alert: Any, prometheus: Prometheus) -> None:
    """The alerts' own queries evaluate, and without their last comparison there is something to compare."""
    prometheus.between(alert.expr, recording.START, recording.END, 60)
    if alert.threshold is not None:
        left = alert.expr[: alert.expr.rindex(f"> {str(alert.threshold).removesuffix('.0')}")]

        assert prometheus.at(left, recording.END), left
