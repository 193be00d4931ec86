"""The catalogue as a whole: names, labels, texts and figures that hold together."""

import re
from itertools import combinations

import promql_parser
import pytest

from app_metrics.catalogue import BY_NAME
from harness.content.profiles import EVERYTHING_CHANGED, NAME, NAMESPACE, profile
from harness.content.promql import SERIES, parsed, selectors, unknown
from monitoring_operator.api import durations
from monitoring_operator.api.profile import PACKS
from monitoring_operator.content import ALERT_NAMES, DASHBOARD_NAMES, catalogue
from monitoring_operator.content.check import upper_bound
from monitoring_operator.content.dashboards import DASHBOARDS
from monitoring_operator.content.effective import WITNESSES, Effective, effective
from monitoring_operator.content.selection import SHOWN_FOR

DEFAULTS = effective(profile())
CHANGED = effective(profile(**EVERYTHING_CHANGED))

REQUIRED = {
    "Ga4ApiHighErrorRate": (0.05, "5m", "critical"),
    "Ga4QuotaExhaustionImminent": (0.95, "2m", "critical"),
    "SseConnectionsNearLimit": (950, "2m", "critical"),
    "ConnectionPoolExhaustionImminent": (0.9, "2m", "critical"),
    "ServiceDown": (None, "2m", "critical"),
    "HttpHighServerErrorRate": (0.05, "5m", "critical"),
    "CpuSaturated": (95, "5m", "critical"),
    "Ga4ApiHighLatency": (5, "10m", "warning"),
    "Ga4QuotaHigh": (0.9, "5m", "warning"),
    "VectorSearchHighLatency": (1, "10m", "warning"),
    "SseConnectionsHigh": (900, "5m", "warning"),
    "ConnectionPoolHigh": (0.8, "5m", "warning"),
    "CpuHigh": (80, "10m", "warning"),
    "HighMemoryUsage": (0.85, "10m", "warning"),
}
"""Threshold, wait and severity as the requirements give them."""


def test_names_are_those_of_the_files() -> None:
    """The plain tuples that the CRD is made from name exactly what there is, in the same order."""
    assert tuple(catalogue.alerts()) == ALERT_NAMES
    assert tuple(DASHBOARDS) == DASHBOARD_NAMES
    assert set(SHOWN_FOR) == set(DASHBOARD_NAMES)


def test_required_alerts_keep_their_figures() -> None:
    """Threshold, wait and severity of the fourteen alerts are those of the requirements."""
    by_name = catalogue.alerts()

    assert REQUIRED == {name: (by_name[name].threshold, by_name[name].for_, by_name[name].severity) for name in REQUIRED}


def test_no_dashboard_ends_like_another() -> None:
    """`<profile>-<dashboard>` names one ConfigMap only: profile a with b-c and profile a-b with c would clash."""
    assert [] == [(a, b) for a, b in combinations(DASHBOARD_NAMES, 2) if a.endswith(f"-{b}") or b.endswith(f"-{a}")]


@pytest.mark.parametrize("alert", catalogue.alerts().values(), ids=lambda a: a.name)
class TestAlert:
    """What holds for each alert by itself."""

    def test_name_and_signal_are_well_formed(self, alert: catalogue.Alert) -> None:
        """Alert names are CamelCase, signals snake_case."""
        assert re.fullmatch(r"([A-Z][a-z0-9]+)+", alert.name)
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", alert.signal)

    def test_summary_is_one_static_sentence(self, alert: catalogue.Alert) -> None:
        """The summary groups notifications, so nothing in it may vary."""
        assert alert.summary.endswith(".")
        assert "{{" not in alert.summary
        assert "<<" not in alert.summary

    def test_threshold_can_be_passed(self, alert: catalogue.Alert) -> None:
        """The default threshold lies below what the expression can reach, and on a bucket's bound, where quantiles are exact."""
        bound = upper_bound(alert)
        if bound is not None:
            assert alert.threshold is not None
            assert alert.threshold < bound[0]
        if alert.histogram is not None:
            assert alert.threshold in BY_NAME[alert.histogram].buckets

    def test_dashboard_exists(self, alert: catalogue.Alert) -> None:
        """Where to look first is a dashboard of ours."""
        assert alert.dashboard in DASHBOARD_NAMES

    def test_unit_comes_with_a_threshold(self, alert: catalogue.Alert) -> None:
        """A threshold is said in its unit; without one there is nothing to say."""
        assert (alert.threshold is None) == (alert.unit is None)


@pytest.mark.parametrize("alert", [*DEFAULTS, *CHANGED], ids=lambda e: e.alert.name)
class TestExpression:
    """What holds for each expression as it is rendered."""

    def test_names_only_what_is_exposed(self, alert: Effective) -> None:
        """Every metric and label is the library's, or Prometheus' own."""
        assert [] == list(unknown(alert.expr))

    def test_every_selector_is_fenced(self, alert: Effective) -> None:
        """Each selector names the profile's namespace and job, so no alert sees a neighbour's series."""
        for selector in selectors(alert.expr):
            assert ("namespace", "=", NAMESPACE) in selector.matchers
            assert ("job", "=", NAME) in selector.matchers

    def test_rates_are_taken_of_counters_alone(self, alert: Effective) -> None:
        """rate() of a gauge, and a counter without rate(), are both numbers without a meaning."""
        for selector in selectors(alert.expr):
            metric = BY_NAME.get(re.sub(r"_(bucket|sum|count)$", "", selector.metric)) or BY_NAME.get(selector.metric)
            counts = metric is not None and metric.type in ("counter", "histogram")
            if selector.metric in WITNESSES.values() and selector.inside == "label_replace":
                continue  # asked only whether it is there
            assert counts == (selector.inside in ("rate", "increase"))

    def test_window_holds_four_scrapes(self, alert: Effective) -> None:
        """A rate over fewer samples is blind as soon as one scrape fails."""
        for selector in selectors(alert.expr):
            assert selector.range_seconds is None or selector.range_seconds >= 4 * 30

    def test_keeps_its_subject(self, alert: Effective) -> None:
        """Everything is grouped within what the alert is about, so texts, links and inhibition find their labels."""
        aggregations: list[set[str]] = []

        def enter(node: promql_parser.Expr) -> None:
            if isinstance(node, promql_parser.AggregateExpr):
                aggregations.append(set(node.modifier.labels if node.modifier is not None else ()))

        promql_parser.walk(parsed(alert.expr), enter)

        assert aggregations
        assert all({"namespace", "job"} <= labels <= {*alert.by, "le"} for labels in aggregations)
        assert set(re.findall(r"\$labels\.(\w+)", alert.description)) <= {*alert.by, "instance"}

    def test_waits_at_least_two_scrapes(self, alert: Effective) -> None:
        """One odd sample fires nothing."""
        assert durations.seconds(alert.for_) >= 30


def test_pairs_share_signal_and_subject() -> None:
    """A critical alert can mute its warning because both say the same signal and the same labels."""
    by_signal: dict[str, list[Effective]] = {}
    for alert in DEFAULTS:
        by_signal.setdefault(alert.alert.signal, []).append(alert)
    pairs = {signal: alerts for signal, alerts in by_signal.items() if len(alerts) > 1}

    assert {"ga4_quota", "ga4_errors", "sse_connections", "connection_pool", "cpu"} == pairs.keys()
    for alerts in pairs.values():
        assert 1 == [alert.severity for alert in alerts].count("critical")
        assert 1 == len({alert.by for alert in alerts})


def test_witnesses_belong_to_their_packs() -> None:
    """Whether a pack is instrumented is told by a series of that pack."""
    assert {pack: pack for pack in PACKS} == {pack: SERIES[name].pack for pack, name in WITNESSES.items()}
