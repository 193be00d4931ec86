"""The dashboard about the operator itself, as the chart installs it."""

import json
import re
from typing import Any

import yaml

from chart import rendered
from harness.content.grafana import expressions, panels, variables
from harness.content.promql import parsed, selectors
from monitoring_operator.content.dashboards import operator_board
from monitoring_operator.telemetry.catalogue import METRICS

ON = {"dashboard": {"enabled": True}}
PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds", "up"}


def config_map(values: rendered.Object | None = None, *, release: str = rendered.NAME) -> rendered.Object:
    """The ConfigMap of an installation with `values` over what switches it on."""
    return rendered.only(dashboards(rendered.template(ON | (values or {}), release=release)), "ConfigMap")


def dashboards(objects: list[rendered.Object] | tuple[rendered.Object, ...]) -> list[rendered.Object]:
    """The ConfigMaps with a dashboard; the chart's own test has one of another kind."""
    return [o for o in rendered.of_kind(objects, "ConfigMap") if o["metadata"]["name"].endswith("-dashboard")]


def board(values: rendered.Object | None = None, *, release: str = rendered.NAME) -> dict[str, Any]:
    """The dashboard in it."""
    (text,) = config_map(values, release=release)["data"].values()
    return dict(json.loads(text))


def test_it_is_off_by_default() -> None:
    """Not every cluster has a sidecar."""
    assert [] == dashboards(rendered.default())


def test_the_sidecar_finds_it() -> None:
    """By the label that it looks for by default, in the release's namespace; all of that can be set."""
    default = config_map()["metadata"]
    dashboard = {"enabled": True, "labels": {"board": "yes"}, "namespace": "grafana", "annotations": {"grafana_folder": "Operators"}}
    custom = config_map({"dashboard": dashboard})["metadata"]

    assert ("1", rendered.NAMESPACE) == (default["labels"]["grafana_dashboard"], default["namespace"])
    assert ("yes", "grafana", {"grafana_folder": "Operators"}) == (custom["labels"]["board"], custom["namespace"], custom["annotations"])


def test_every_word_to_be_replaced_is_replaced() -> None:
    """What is left would be a variable without a value, or a uid that another release has too."""
    text = yaml.safe_dump(config_map())

    assert "RELEASE-" not in text
    assert f"{rendered.NAMESPACE}/{rendered.NAME}" in text


def test_two_releases_do_not_collide() -> None:
    """Two dashboards of one uid, title or file name make Grafana stop saving any of the same provider."""
    one, two = board(), board(release="second")
    keys = [next(iter(config_map(release=r)["data"])) for r in (rendered.NAME, "second")]

    assert one["uid"] != two["uid"]
    assert one["title"] != two["title"]
    assert keys[0] != keys[1]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", one["uid"])


def test_it_opens_on_its_own_release() -> None:
    """Job and namespace are chosen, instances are all."""
    chosen = variables(board())

    assert [rendered.NAMESPACE] == chosen["namespace"]["current"]["value"]
    assert [rendered.NAME] == chosen["job"]["current"]["value"]


def test_every_metric_is_on_a_panel_and_every_query_asks_for_one() -> None:
    """A metric that nobody looks at is not worth its series; a query for one that is not there shows nothing for ever."""
    asked = {s.metric for _, expression in expressions(board()) for s in selectors(expression)}
    exposed = {f"{m.name}_bucket" if m.type == "histogram" else m.name for m in METRICS}

    assert exposed <= asked
    assert asked - exposed <= PROCESS
    for annotation in board()["annotations"]["list"]:
        parsed(annotation["expr"])


def test_every_alert_is_linked_from_a_panel() -> None:
    """Whoever looks at what an alert watches finds what to do."""
    rules = rendered.only(rendered.template({"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}), "PrometheusRule")
    alerts = {rule["alert"] for group in rules["spec"]["groups"] for rule in group["rules"]} - {"MonitoringOperatorDown"}
    linked = {link["url"].rpartition("/")[2] for panel in panels(board()) for link in panel["links"]}

    assert alerts == linked


def test_panels_do_not_overlap() -> None:
    """No two on the same cell of the grid."""
    cells: set[tuple[int, int]] = set()
    for panel in (p for p in board()["panels"] if p["type"] != "row"):
        position = panel["gridPos"]
        own = {(position["x"] + dx, position["y"] + dy) for dx in range(position["w"]) for dy in range(position["h"])}
        assert not own & cells
        cells |= own
    assert max(x for x, _ in cells) < 24


def test_the_template_is_what_is_drawn() -> None:
    """Nothing is edited by hand."""
    assert f"{operator_board.template()}\n" == (rendered.CHART / "files/dashboards/operator.json").read_text()
