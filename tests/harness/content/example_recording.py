"""Six minutes of the example application's life, as the answers to every query of the catalogue's dashboards.

`python -m harness.content.example_recording` with tests/ on PYTHONPATH records them anew, for `monitoring-operator preview`. It is
not part of `make generate`: it takes six minutes, and no two runs measure the same.
"""

import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.content import example
from harness.content.grafana import dashboards, variables
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.prometheus import Prometheus
from monitoring_operator.content import ALERT_NAMES, grafana
from monitoring_operator.preview import source

TARGET = Path(source.__file__).parent / "recorded.json"
SECONDS = 360
STEP = 5
FAULTS = (
    (60.0, 170.0, "ga4-errors"),
    (90.0, 150.0, "http-errors"),
    (190.0, 250.0, "pool-high"),
    (200.0, 260.0, "search-slow"),
    (230.0, 290.0, "ga4-quota-high"),
    (270.0, 320.0, "cpu-high"),
)
SHORT = {name: {"for": "4s"} for name in ALERT_NAMES}
"""Nobody waits for minutes in a recording of six."""
DIGITS = 4


def record(prometheus: Prometheus, start: float, end: float) -> dict[str, Any]:
    """The answers, by the query as it stands in a dashboard."""
    tenants = sorted(example.TENANTS)
    spans: dict[str, list[Any]] = {}
    instants: dict[str, list[Any]] = {}
    for expression, instant in dict.fromkeys(_asked(tenants)):
        filled = prometheus.fill(expression)
        if instant:
            data = prometheus.ask("query", query=filled, time=str(end))["result"]
            instants[expression] = [[s["metric"], [_short(s["value"][1])]] for s in data]
        else:
            data = prometheus.ask("query_range", query=filled, start=str(start), end=str(end), step=str(STEP))["result"]
            spans[expression] = [[s["metric"], _on_grid(s["values"], start, end)] for s in data]
    return {
        "about": "Recorded: six minutes of the example application under a scripted load, with faults. Times are in UTC.",
        "profile": [NAMESPACE, NAME],
        "span": [start, end, STEP],
        "values": {"tenant_id": tenants},
        "range": spans,
        "instant": instants,
    }


def _asked(tenants: list[str]) -> Iterator[tuple[str, bool]]:
    for board in dashboards(profile()).values():
        for annotation in board["annotations"]["list"]:
            yield annotation["expr"], False
        for panel in grafana.panels(board):
            for target in panel["targets"]:
                yield target["expr"], target["instant"]
        if "tenant" in variables(board):
            rows = [p for p in board["panels"] if p.get("repeat") == "tenant"]
            for tenant in tenants:
                for target in (t for row in rows for panel in row["panels"] for t in panel["targets"]):
                    yield grafana.fill(target["expr"], {"tenant": tenant}), target["instant"]


def _on_grid(values: list[list[Any]], start: float, end: float) -> list[float | None]:
    known = {round((at - start) / STEP): _short(value) for at, value in values}
    return [known.get(index) for index in range(round((end - start) / STEP) + 1)]


def _short(text: str) -> float | None:
    value = float(text)
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


def main() -> int:
    """Records, and writes what the product ships."""
    with tempfile.TemporaryDirectory() as folder, example.visited(Path(folder), visitors=3, rules=SHORT) as (application, prometheus):
        example.play(application, SECONDS, FAULTS)
        end = float(int(time.time()) - 1)
        recorded = record(prometheus, end - SECONDS + 10, end)
    TARGET.write_text(json.dumps(recorded, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
