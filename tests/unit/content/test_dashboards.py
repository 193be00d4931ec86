"""What users of the dashboards rely on, and what experts find wrong with others' dashboards."""

import json
import re
from itertools import combinations
from typing import Any

import pytest

from app_metrics.catalogue import METRICS
from harness.content.grafana import dashboards, expressions, panels, rows, selector_of, variables
from harness.content.profiles import EVERYTHING_CHANGED, NAME, NAMESPACE, profile
from harness.content.promql import SERIES, grouping_labels, parsed, selectors, unknown
from monitoring_operator.api.profile import PACKS, InvalidProfile
from monitoring_operator.content import ALERT_NAMES, DASHBOARD_NAMES, catalogue
from monitoring_operator.content.dashboards import DASHBOARDS, draw
from monitoring_operator.content.effective import effective
from monitoring_operator.content.links import dashboard_uid
from monitoring_operator.render import dashboards as rendering
from monitoring_operator.render.dashboards import render_dashboards
from monitoring_operator.render.inputs import Inputs

BOARDS = dashboards(profile())
each = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())


@each
def test_queries_name_only_what_is_exposed(board: dict[str, Any]) -> None:
    """Every metric and label of panels and variables is the library's, or Prometheus' own."""
    queries = [expression for _, expression in expressions(board)]
    queries += [selector_of(v["definition"]) for v in variables(board).values() if v["type"] == "query"]

    assert [] == [wrong for query in queries for wrong in unknown(query)]


@each
def test_every_selector_follows_the_namespace(board: dict[str, Any]) -> None:
    """A profile's dashboard shows the chosen namespace and no other."""
    for _, expression in expressions(board):
        for selector in selectors(expression):
            assert ("namespace", "=~", "$namespace") in selector.matchers


@each
def test_tenant_variable(board: dict[str, Any]) -> None:
    """A dashboard uses the tenant variable if and only if it has it; choosing all tenants hides no series without a tenant."""
    used = any("$tenant" in expression for _, expression in expressions(board))

    assert used == ("tenant" in variables(board))
    assert not used or variables(board)["tenant"]["allValue"] == ".*"


@each
def test_legends_name_labels_that_are_there(board: dict[str, Any]) -> None:
    """A legend's {{label}} is one that the query keeps."""
    for panel in panels(board):
        for target in panel["targets"]:
            named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            bare = re.fullmatch(r"[a-z_]+{[^}]*}", target["expr"])
            assert bare or named <= grouping_labels(target["expr"])


@each
def test_several_targets_are_told_apart(board: dict[str, Any]) -> None:
    """Two queries in one graph never draw under the same name."""
    for panel in panels(board):
        legends = [target["legendFormat"] for target in panel["targets"]]
        assert panel["type"] == "table" or len(set(legends)) == len(legends)


@each
def test_titles_agree_with_quantiles(board: dict[str, Any]) -> None:
    """A panel that says p95 asks for the 0.95-quantile, and one that does not names its quantiles in the legend."""
    for panel in panels(board):
        for target in panel["targets"]:
            for quantile in re.findall(r"histogram_quantile\((0\.\d+)", target["expr"]):
                label = f"p{float(quantile) * 100:.0f}"
                column = any(label in str(override) for override in panel["fieldConfig"]["overrides"])
                assert label in panel["title"] or label in target["legendFormat"] or column


@each
def test_units_agree_with_metrics(board: dict[str, Any]) -> None:
    """What is measured in seconds or bytes is shown so; a rate per second is not shown in seconds."""
    for panel in panels(board):
        unit = panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            if panel["type"] == "table":
                continue
            if "histogram_quantile" in target["expr"]:
                metric = next(SERIES[s.metric] for s in selectors(target["expr"]) if s.metric.endswith("_bucket"))
                assert {"seconds": "s", "bytes": "bytes", "": "short"}[metric.unit] == unit


@each
def test_nothing_overlaps(board: dict[str, Any]) -> None:
    """No panel covers another, none is wider than the grid, and ids are unique."""
    layers = [[p for p in board["panels"] if p["type"] != "row" or not p["collapsed"]]]
    layers += [row["panels"] for row in rows(board) if row["collapsed"]]
    for layer in layers:
        for a, b in combinations([panel["gridPos"] for panel in layer], 2):
            assert a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in layer)
    ids = [panel["id"] for panel in (*panels(board), *rows(board))]
    assert len(set(ids)) == len(ids)


@each
def test_lines_are_filled(board: dict[str, Any]) -> None:
    """Panels of an open row use the whole width: gaps look like something failed to load."""
    lines: dict[int, int] = {}
    for panel in board["panels"]:
        lines[panel["gridPos"]["y"]] = lines.get(panel["gridPos"]["y"], 0) + panel["gridPos"]["w"]

    assert {24} == set(lines.values())


@each
def test_alerts_and_restarts_are_marked(board: dict[str, Any]) -> None:
    """Firing alerts of this profile, and deployments by the processes that they start, show up in every graph."""
    alerts, restarts = board["annotations"]["list"]
    assert ["Firing alerts", "Deployments and restarts"] == [alerts["name"], restarts["name"]]
    assert alerts["enable"]
    assert restarts["enable"]

    assert [] == [wrong for annotation in (alerts, restarts) for wrong in unknown(annotation["expr"])]
    assert f'namespace="{NAMESPACE}",profile="{NAME}"' in alerts["expr"]
    parsed(restarts["expr"])


@each
def test_dashboards_of_a_profile_link_to_each_other(board: dict[str, Any]) -> None:
    """The link by tag finds the profile's own dashboards, and takes time range and variables along."""
    (link,) = board["links"]

    assert link["tags"] == [f"{NAMESPACE}/{NAME}"]
    assert set(link["tags"]) <= set(board["tags"])
    assert link["includeVars"]
    assert link["keepTime"]


def test_every_metric_is_on_a_panel() -> None:
    """Nothing is exposed that nobody can see."""
    shown = {SERIES[s.metric].name for board in BOARDS.values() for _, e in expressions(board) for s in selectors(e) if s.metric in SERIES}

    assert set() == {metric.name for metric in METRICS} - shown


def test_every_alert_has_a_panel_with_its_threshold() -> None:
    """On the alert's own dashboard its runbook is linked, and its threshold is a line in the colour of its severity."""
    for made in (profile(), profile(**EVERYTHING_CHANGED)):
        boards = dashboards(made)
        for alert in effective(made):
            runbook = f"Runbook {alert.alert.name}"
            shown = [p for p in panels(boards[alert.alert.dashboard]) if runbook in [link["title"] for link in p["links"]]]
            assert shown, alert.alert.name
            if alert.threshold is not None:
                step = {"color": {"critical": "red", "warning": "orange"}[alert.severity], "value": alert.threshold}
                assert all(step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"] for panel in shown)
                assert any(panel["type"] == "timeseries" for panel in shown)


def test_panels_name_alerts_that_exist() -> None:
    """A renamed alert would otherwise silently lose its line."""
    named = {
        name for board in DASHBOARDS.values() for row in board.rows for panel in row.panels for name in (*panel.alerts, *panel.related)
    }

    assert named <= set(ALERT_NAMES)


def test_panels_show_what_their_alerts_watch() -> None:
    """A panel with an alert's line shows a metric of that alert, in the alert's unit."""
    units = {"ratio": "percentunit", "percent": "percent", "seconds": "s", "count": "short", None: "short"}
    for board in DASHBOARDS.values():
        for panel in (panel for row in board.rows for panel in row.panels):
            for name in panel.alerts:
                alert = next(e for e in effective(profile()) if e.alert.name == name)
                watched = {s.metric for s in selectors(alert.expr)}
                shown = {s.metric for target in panel.targets for s in selectors(target.expr)}
                assert watched & shown
                assert units[alert.alert.unit] == panel.unit


def test_heatmaps_show_buckets_in_their_unit() -> None:
    """The axis of a heatmap is what was measured, in seconds or counts; its cells are how often."""
    heatmaps = [panel for board in BOARDS.values() for panel in panels(board) if panel["type"] == "heatmap"]

    assert heatmaps
    for panel in heatmaps:
        (target,) = panel["targets"]
        (selector,) = selectors(target["expr"])
        assert "heatmap" == target["format"]
        assert {"seconds": "s", "": "short"}[SERIES[selector.metric].unit] == panel["options"]["yAxis"]["unit"]
        assert "ops" == panel["options"]["cellValues"]["unit"]


@pytest.mark.parametrize(("title", "below", "from_one"), [("Instances up", "red", "green"), ("Firing alerts", "green", "red")])
def test_tiles_are_red_for_what_is_bad(title: str, below: str, from_one: str) -> None:
    """No instance is red, and so is any firing alert."""
    (tile,) = [p for p in panels(BOARDS["system-overview"]) if p["title"] == title]

    steps = tile["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert steps == [{"color": below, "value": None}, {"color": from_one, "value": 1}]


def test_a_click_on_a_tenant_keeps_everything_else() -> None:
    """The link in the table of tenants changes the tenant and keeps time range and all other variables."""
    board = BOARDS["tenant-activity"]
    table = next(panel for panel in panels(board) if panel["type"] == "table")
    (link,) = (p["value"][0] for o in table["fieldConfig"]["overrides"] for p in o["properties"] if p["id"] == "links")

    kept = set(re.findall(r"\$\{(\w+):queryparam\}", link["url"]))
    assert set(variables(board)) - {"tenant"} == kept
    assert "${__url_time_range}" in link["url"]
    assert link["url"].endswith("&var-tenant=${__data.fields.tenant_id:percentencode}")


def test_a_disabled_alert_draws_no_line() -> None:
    """What no longer fires is no longer shown as a limit."""
    off = dashboards(profile(alerts={"rules": {"CpuHigh": {"enabled": False}}}))["system-overview"]
    cpu = next(panel for panel in panels(off) if panel["title"] == "CPU")

    assert [None, 95] == [step["value"] for step in cpu["fieldConfig"]["defaults"]["thresholds"]["steps"]]


def test_rows_of_missing_packs_are_left_out() -> None:
    """A service without event streams has no empty row about them."""
    titles = [row["title"] for row in rows(dashboards(profile(packs=["http"]))["system-overview"])]

    assert ["At a glance", "HTTP: rate, errors, duration", "Instrumentation"] == titles


@pytest.mark.parametrize("pack", PACKS)
def test_default_dashboards_follow_the_packs(pack: str) -> None:
    """Every profile has the overview; the others come with the packs that they are about."""
    expected = {
        "ga4": ["ga4-health", "tenant-activity"],
        "vector-search": ["tenant-activity", "vector-search"],
        "sse": ["tenant-activity"],
        "database": ["database-health"],
    }

    assert sorted(["system-overview", *expected.get(pack, [])]) == sorted(dashboards(profile(packs=[pack])))


def test_included_dashboards() -> None:
    """`include` decides, whatever the packs; nothing and everything are possible."""
    assert ["database-health"] == list(dashboards(profile(packs=["http"], dashboards={"include": ["database-health"]})))
    assert {} == dashboards(profile(dashboards={"include": []}))
    assert {} == dashboards(profile(dashboards={"enabled": False}))


def test_config_maps_of_the_profiles_namespace() -> None:
    """One ConfigMap each, labelled for the sidecar, with a key that no other profile has."""
    manifests = render_dashboards(profile(dashboards={"folder": "GA4 Analytics", "labels": {"grafana_dashboard": "yes"}}), Inputs())

    assert [f"{NAME}-{name}" for name in DASHBOARD_NAMES] == [m.ref.name for m in manifests]
    assert [[f"{NAMESPACE}.{NAME}.{name}.json"] for name in DASHBOARD_NAMES] == [list(m.body["data"]) for m in manifests]
    assert all(m.body["metadata"]["labels"]["grafana_dashboard"] == "yes" for m in manifests)
    assert all(m.body["metadata"]["annotations"] == {"grafana_folder": "GA4 Analytics"} for m in manifests)


def test_config_maps_elsewhere() -> None:
    """In Grafana's namespace the name says whose the dashboard is, and no owner reference points across namespaces."""
    manifests = render_dashboards(profile(dashboards={"namespace": "monitoring"}), Inputs())

    assert [("monitoring", f"{NAMESPACE}.{NAME}.{name}") for name in DASHBOARD_NAMES] == [(m.ref.namespace, m.ref.name) for m in manifests]
    assert not any("ownerReferences" in m.body["metadata"] for m in manifests)


def test_uids_and_titles_are_unique_and_stable() -> None:
    """Equal uids or titles of two profiles would make Grafana stop saving dashboards."""
    profiles = [profile(), profile(name="other"), profile(namespace="other"), profile(namespace="analytics-ga4", name="analytics")]
    boards = [board for made in profiles for board in dashboards(made).values()]

    assert len({board["uid"] for board in boards}) == len({board["title"] for board in boards}) == len(boards)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,40}", board["uid"]) for board in boards)
    assert "mo-6e829baa5b8c2942f4256f62" == dashboard_uid(profile(), "system-overview")


def test_json_is_minified_and_sorted() -> None:
    """The same dashboard is always the same bytes, whichever order the builder thought in."""
    for manifest in render_dashboards(profile(), Inputs()):
        (text,) = manifest.body["data"].values()
        assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
        assert len(text) < 1024 * 1024 / 8


def test_a_dashboard_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server would refuse the ConfigMap; the profile's author learns which dashboard it is."""
    monkeypatch.setattr(rendering, "SIZE_LIMIT", 25_000)

    with pytest.raises(InvalidProfile, match=r"spec\.dashboards: system-overview has \d+ bytes"):
        render_dashboards(profile(), Inputs())


def test_panels_are_not_drawn_anew_for_every_profile() -> None:
    """Profiles without a word on alerts share nearly all of their panels."""
    dashboards(profile(name="first"))
    before = draw._panel.cache_info().misses
    dashboards(profile(name="second"))

    assert before == draw._panel.cache_info().misses


def test_alerts_name_dashboards_that_show_them() -> None:
    """An alert's link opens on the dashboard where its metric is."""
    for alert in catalogue.alerts().values():
        board = BOARDS[alert.dashboard]
        watched = {s.metric for e in effective(profile()) if e.alert.name == alert.name for s in selectors(e.expr)}
        assert watched & {s.metric for _, e in expressions(board) for s in selectors(e)}
