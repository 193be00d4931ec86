"""Pages of dashboards: what is on them, that they need nothing else, and where their data come from."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from harness import generate
from monitoring_operator.cli.main import cli
from monitoring_operator.cli.previewing import POINTS
from monitoring_operator.content import DASHBOARD_NAMES
from monitoring_operator.preview import source

EXAMPLE = generate.EXAMPLES / "ga4-analytics.yaml"
UNUSUAL = generate.GOLDEN / "unusual.yaml"


def preview(file: Path, folder: Path, *options: str) -> Result:
    """The command in this process."""
    return CliRunner().invoke(cli, ["preview", str(file), "-o", str(folder), *options])


def content(page: Path) -> dict[str, Any]:
    """The data that a page carries."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def panels(page: Path) -> list[dict[str, Any]]:
    """Everything that the page shows."""
    return [panel for row in content(page)["rows"] for panel in row["panels"]]


def test_every_dashboard_becomes_a_page(tmp_path: Path) -> None:
    """One file each, whose names are printed; the pages link to each other."""
    result = preview(EXAMPLE, tmp_path / "out")

    pages = [tmp_path / "out" / f"analytics.ga4-analytics.{name}.html" for name in DASHBOARD_NAMES]
    assert (0, [str(page) for page in pages]) == (result.exit_code, result.output.splitlines())
    for page in pages:
        assert [p.name for p in pages] == re.findall(r'<a href="([^"]+)"', page.read_text())


def test_a_page_needs_nothing_else(tmp_path: Path) -> None:
    """No address is fetched, and the browser is told to fetch none."""
    preview(EXAMPLE, tmp_path)

    for page in tmp_path.iterdir():
        text = page.read_text()
        assert "default-src 'none'" in text
        assert [] == re.findall(r"<(?:link|img|iframe)\b|<script[^>]*\bsrc=|@import|url\(", text)


def test_the_recording_is_told_as_the_profiles_own(tmp_path: Path) -> None:
    """Labels name the profile that is previewed, not the one that was recorded."""
    file = tmp_path / "other.yaml"
    file.write_text(EXAMPLE.read_text().replace("ga4-analytics", "reports").replace("namespace: analytics", "namespace: bi"))
    preview(file, tmp_path)

    (ratio,) = [p for p in panels(tmp_path / "bi.reports.system-overview.html") if p["panel"]["title"] == "Server error ratio"]

    assert [{"job": "reports"}] == [series["labels"] for series in ratio["data"]["A"]]
    assert any(a["series"] for a in content(tmp_path / "bi.reports.system-overview.html")["annotations"])


def test_a_repeated_row_is_there_for_each_value(tmp_path: Path) -> None:
    """As in Grafana, with the value in the heading and in the queries."""
    preview(EXAMPLE, tmp_path)

    rows = {row["title"]: row["panels"] for row in content(tmp_path / "analytics.ga4-analytics.tenant-activity.html")["rows"]}

    assert [title for title in rows if title.startswith("Tenant ")] == ["Tenant acme", "Tenant globex"]
    assert rows["Tenant acme"][0]["data"] != rows["Tenant globex"][0]["data"]


def test_own_dashboards_are_drawn_too(tmp_path: Path) -> None:
    """Nobody has recorded their data: they are there, with a panel that says so."""
    preview(UNUSUAL, tmp_path)

    (page,) = tmp_path.glob("*extra-relevance*")
    assert [{"A": []}] == [p["data"] for p in panels(page)]


def test_the_recording_is_small() -> None:
    """It is in every image and on every machine that has the command."""
    path = Path(source.__file__).parent / "recorded.json"

    assert path.stat().st_size < 300 * 1024


@contextmanager
def answering(status: int = 200) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A Prometheus that knows one series, and what it was asked."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self, query: str) -> None:
            path = urlsplit(self.path).path.removeprefix("/api/v1/")
            asked.append({"path": path, **{k: v[0] for k, v in parse_qs(query).items()}})
            result = {"metric": {"instance": "a"}, "values": [[100, "1"], [160, "NaN"]], "value": [160, "7"]}
            data: Any = ["acme"] if path.startswith("label/") else {"resultType": "matrix", "result": [result]}
            if path == "query":
                del result["values"]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"status": "success", "data": data}).encode() if status == 200 else b"bad query")

        def do_GET(self) -> None:
            self.answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_prometheus_fills_the_panels(tmp_path: Path) -> None:
    """Variables are filled in as when the dashboard opens; what is no number is a gap."""
    with answering() as (url, asked):
        result = preview(EXAMPLE, tmp_path, "--prometheus", url, "--range", "2h")

    assert 0 == result.exit_code, result.output
    assert not [a for a in asked if "$" in a.get("query", "")]
    (up,) = [a for a in asked if a.get("query") == 'sum(up{namespace=~"analytics",job=~"ga4-analytics",instance=~".+"})']
    assert 7200 / POINTS == int(up["step"])
    assert 7200 == float(up["end"]) - float(up["start"])
    assert {"label/tenant_id/values"} == {a["path"] for a in asked if a["path"].startswith("label/")}
    shown = panels(tmp_path / "analytics.ga4-analytics.system-overview.html")
    assert [[100, 1], [160, None]] == shown[0]["data"]["A"][0]["points"]
    assert [[160, 7]] == next(p for p in shown if p["panel"]["type"] == "table")["data"]["A"][0]["points"]


def test_a_prometheus_that_refuses_is_an_error(tmp_path: Path) -> None:
    """Its own words are shown, and no half of a preview is left behind."""
    with answering(400) as (url, _):
        result = preview(EXAMPLE, tmp_path / "out", "--prometheus", url)

    assert (2, True) == (result.exit_code, "bad query" in result.output)
    assert not (tmp_path / "out").exists()


def test_no_prometheus_there_is_an_error(tmp_path: Path) -> None:
    """Nothing listens."""
    result = preview(EXAMPLE, tmp_path, "--prometheus", "http://127.0.0.1:9")

    assert (2, True) == (result.exit_code, "did not answer as Prometheus does" in result.output)


@pytest.mark.parametrize(("text", "code"), [("", 1), ("kind: Pod\n", 1)])
def test_what_is_no_profile_is_said(text: str, code: int, tmp_path: Path) -> None:
    """Like validate, with its exit code."""
    file = tmp_path / "x.yaml"
    file.write_text(text)

    assert code == preview(file, tmp_path).exit_code
    assert 2 == preview(tmp_path / "none.yaml", tmp_path).exit_code
