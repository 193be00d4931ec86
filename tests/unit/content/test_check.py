"""What is wrong with a profile is said with the field's path and in words that help."""

from typing import Any

import pytest

from harness.content.profiles import EVERYTHING_CHANGED, profile
from monitoring_operator.content.check import problems

EXTRA = {"alert": "X", "expr": "up == 0", "severity": "warning", "summary": "x."}


def rules(**overrides: Any) -> dict[str, Any]:
    """Sections that override alerts."""
    return {"alerts": {"rules": overrides}}


def extra(*alerts: dict[str, Any]) -> dict[str, Any]:
    """Sections with alerts of the user's own."""
    return {"alerts": {"extra": [{**EXTRA, **alert} for alert in alerts]}}


@pytest.mark.parametrize(
    "sections",
    [
        {},
        EVERYTHING_CHANGED,
        extra({}, {"alert": "Y", "expr": "absent_over_time(export_success_total[26h])", "description": "{{ $value }} of {{ $labels.a }}"}),
        extra({}, {"severity": "critical"}),
        rules(CpuHigh={"threshold": 97, "enabled": False}),
        rules(CpuHigh={"threshold": 95}),
        rules(Ga4TrafficVanished={"for": "50m"}, Ga4QuotaHigh={"for": "23h"}),
        {"scrape": {"interval": "299s"}},
        {"scrape": {"interval": "1h"}, "alerts": {"enabled": False}},
        rules(SseConnectionsHigh={"threshold": 3000, "scope": "service"}),
        {"dashboards": {"include": ["ga4-health"]}},
        {"packs": ["http"], **rules(CpuHigh={"enabled": False}, ServiceDown={"for": "5m"})},
    ],
)
def test_nothing_is_wrong(sections: dict[str, Any]) -> None:
    """Profiles that make sense pass."""
    assert () == problems(profile(**sections))


CASES: list[tuple[dict[str, Any], str, str]] = [
    (rules(Ga4ApiHighErorRate={}), "spec.alerts.rules.Ga4ApiHighErorRate", "did you mean Ga4ApiHighErrorRate"),
    (rules(cpuhigh={}), "spec.alerts.rules.cpuhigh", "did you mean CpuHigh"),
    (rules(Zzzzzzz={}), "spec.alerts.rules.Zzzzzzz", "there are ConnectionPoolExhaustionImminent, ConnectionPoolHigh, CpuHigh"),
    (rules(Ga4ApiHighLatency={"threshold": 60}), "spec.alerts.rules.Ga4ApiHighLatency.threshold", "60 is the highest bucket"),
    (rules(VectorSearchHighLatency={"threshold": 99}), "spec.alerts.rules.VectorSearchHighLatency.threshold", "10 is the highest bucket"),
    (rules(Ga4ApiHighErrorRate={"threshold": 5}), "spec.alerts.rules.Ga4ApiHighErrorRate.threshold", "a ratio, at most 1"),
    (rules(Ga4ApiHighErrorRate={"threshold": 1}), "spec.alerts.rules.Ga4ApiHighErrorRate.threshold", "1 is never exceeded"),
    (rules(CpuSaturated={"threshold": 100}), "spec.alerts.rules.CpuSaturated.threshold", "a percent, at most 100"),
    (rules(ServiceDown={"threshold": 1}), "spec.alerts.rules.ServiceDown.threshold", "ServiceDown has no threshold"),
    (rules(CpuHigh={"minEvents": 1}), "spec.alerts.rules.CpuHigh.minEvents", "CpuHigh has no minEvents"),
    (rules(CpuHigh={"scope": "service"}), "spec.alerts.rules.CpuHigh.scope", "CpuHigh has no scope"),
    (rules(CpuHigh={"for": "29s"}), "spec.alerts.rules.CpuHigh.for", "29s is shorter than two scrapes (30s)"),
    (
        rules(Ga4TrafficVanished={"for": "1h"}),
        "spec.alerts.rules.Ga4TrafficVanished.for",
        "1h is never reached: what Ga4TrafficVanished",
    ),
    (rules(Ga4QuotaHigh={"for": "24h"}), "spec.alerts.rules.Ga4QuotaHigh.for", "holds for less than 1d"),
    ({"scrape": {"interval": "5m"}}, "spec.scrape.interval", "5m is too long for alerts: Prometheus takes a sample for gone after 5m"),
    (
        rules(CpuHigh={"threshold": 96}),
        "spec.alerts.rules.CpuHigh.threshold",
        "CpuHigh would warn only above 96 %, after CpuSaturated has fired at 95 %",
    ),
    (rules(CpuSaturated={"threshold": 70}), "spec.alerts.rules.CpuSaturated.threshold", "CpuHigh would warn only above 80 %"),
    (rules(Ga4QuotaHigh={"threshold": 0.96}), "spec.alerts.rules.Ga4QuotaHigh.threshold", "after Ga4QuotaExhaustionImminent"),
    ({"packs": ["http"], **rules(CpuHigh={"threshold": 70})}, "spec.alerts.rules.CpuHigh", "spec.packs leaves out system"),
    (extra({"alert": "CpuHigh"}), "spec.alerts.extra[0].alert", "is an alert of the catalogue"),
    (extra({}, {}), "spec.alerts.extra[1].alert", "is there already"),
    (extra({"expr": "sum("}), "spec.alerts.extra[0].expr", "is not PromQL: unclosed left parenthesis (alert X, line 1, column 4, at '(')"),
    (extra({}, {"alert": "Y", "expr": "up == 0\n  andd foo"}), "spec.alerts.extra[1].expr", "(alert Y, line 2, column 3, at 'andd')"),
    (extra({"expr": "rate(x)"}), "spec.alerts.extra[0].expr", "expected type matrix"),
    (extra({"expr": 'x{a=~"("}'}), "spec.alerts.extra[0].expr", "illegal regex"),
    (extra({"expr": '"up"'}), "spec.alerts.extra[0].expr", "is a string"),
    (extra({"expr": "up[5m]"}), "spec.alerts.extra[0].expr", "is a range vector"),
    (extra({"expr": "up[5m:1m]"}), "spec.alerts.extra[0].expr", "is a range vector"),
    (extra({"description": "{{ $value"}), "spec.alerts.extra[0].description", "has a {{ that is never closed"),
    (extra({"annotations": {"a": "{{ humanise $value }}"}}), "spec.alerts.extra[0].annotations.a", "calls humanise"),
    (extra({"labels": {"v": "{{ $value }}"}}), "spec.alerts.extra[0].labels.v", "must not hold the value"),
    (extra({"labels": {"__name__": "x"}}), "spec.alerts.extra[0].labels.__name__", "is the metric's name"),
    ({"alerts": {"labels": {"__name__": "x"}}}, "spec.alerts.labels.__name__", "is the metric's name"),
    ({"dashboards": {"include": ["system-overview", "ga4-helth"]}}, "spec.dashboards.include[1]", "did you mean ga4-health"),
]


@pytest.mark.parametrize(("sections", "path", "words"), CASES, ids=[f"{path}: {words}" for _, path, words in CASES])
def test_problem(sections: dict[str, Any], path: str, words: str) -> None:
    """One mistake, one problem, at the field that is wrong."""
    found = problems(profile(**sections))

    assert [path] == [p.path for p in found]
    assert words in found[0].message


def test_all_problems_are_reported_at_once() -> None:
    """Nobody has to run a validation once per mistake."""
    found = problems(profile(**rules(Nope={}, CpuHigh={"for": "1s", "scope": "service"})))

    assert ["spec.alerts.rules.CpuHigh.for", "spec.alerts.rules.CpuHigh.scope", "spec.alerts.rules.Nope"] == [p.path for p in found]
