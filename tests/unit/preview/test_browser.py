"""The pages in a real browser: the script runs, every panel has something to show, and what is shown is what the data say."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness import chromium, generate
from harness.chromium import Opened
from monitoring_operator.cli.main import cli
from monitoring_operator.content import DASHBOARD_NAMES

EMPTY = {
    "system-overview": ["Folded label values"],
    "ga4-health": [],
    "tenant-activity": ["Connection errors", "Connection errors"],
    "vector-search": ["Errors by type of error"],
    "database-health": [],
}
"""Panels of each dashboard for which nothing was recorded, because nothing of the kind happened."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Opened]:
    """Every page of the example, opened with all its rows."""
    folder = tmp_path_factory.mktemp("preview")
    result = CliRunner().invoke(cli, ["preview", str(generate.EXAMPLES / "ga4-analytics.yaml"), "-o", str(folder)])
    assert 0 == result.exit_code, result.output
    return {name: chromium.opened(f"file://{folder}/analytics.ga4-analytics.{name}.html#dark-open") for name in DASHBOARD_NAMES}


@pytest.mark.parametrize("name", DASHBOARD_NAMES)
def test_every_panel_is_drawn(name: str, pages: dict[str, Opened]) -> None:
    """Without an error, a refused request or a kind of panel that is not known."""
    dom = pages[name].dom

    assert [] == pages[name].complaints
    assert re.search(r'<html[^>]* data-theme="dark"[^>]* data-ready="yes"', dom)
    assert "data-error" not in dom.partition(">")[0]
    found = re.findall(r'<div class="panel"[^>]*data-title="([^"]*)"[^>]*data-drawn="(\w+)"', dom)
    assert EMPTY[name] == [title for title, drawn in found if drawn != "yes"]
    assert len(found) > 10


def panel(dom: str, title: str) -> str:
    """The markup of one panel."""
    return dom.partition(f'data-title="{title}"')[2].partition('<div class="panel"')[0]


def test_a_graph_has_lines_thresholds_marks_and_a_legend(pages: dict[str, Opened]) -> None:
    """What makes the picture of a time series."""
    ratio = panel(pages["system-overview"].dom, "Server error ratio")

    assert "<polyline" in ratio
    assert re.search(r'class="threshold"[^>]*stroke="var\(--red\)"', ratio)
    assert 'class="annotation"' in ratio
    assert re.search(r"<td[^>]*>.*?ga4-analytics</td><td>[\d.e-]+%</td>", ratio)


def test_other_kinds_of_panels(pages: dict[str, Opened]) -> None:
    """Tiles with values and units, tables, heat maps, bars and states."""
    overview, tenants, search = (pages[name].dom for name in ("system-overview", "tenant-activity", "vector-search"))

    assert re.search(r"<b [^>]*>[\d.]+<small>req/s</small></b><?", panel(overview, "Request rate"))
    assert re.search(r"<td>acme</td><td class=\"number\">[\d.]+ ops/s</td>", panel(tenants, "Tenants"))
    assert panel(search, "Distribution of latencies").count("<rect") > 50
    assert ">up<" in panel(overview, "Scrapes")


def test_a_window_as_narrow_as_a_phone(tmp_path: Path) -> None:
    """Panels stand below each other, each as wide as the window."""
    CliRunner().invoke(cli, ["preview", str(generate.EXAMPLES / "minimal.yaml"), "-o", str(tmp_path)])

    narrow = chromium.opened(f"file://{tmp_path}/default.hello.database-health.html", width=500)

    assert [] == narrow.complaints
    assert 'data-ready="yes"' in narrow.dom
