"""The cases are sharp: nearly every wrong version of a rule fails one of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.content import promtool, written_availability, written_ga4, written_service
from harness.content.mutants import Mutant, mutants
from harness.content.profiles import EVERYTHING_CHANGED, profile
from monitoring_operator.content import ALERT_NAMES, parameters
from monitoring_operator.content.effective import effective
from monitoring_operator.proof import cases
from monitoring_operator.proof.stimuli import STIMULI

WRITTEN = (*written_availability.CASES, *written_ga4.CASES, *written_service.CASES)

_EXTRAPOLATED = "increase() extrapolates: it is never exactly a whole number of events"
_INTERPOLATED = "a quantile is interpolated: it is never exactly the threshold"
_INSTANT = "makes a difference only in the one instant when both sides are the same"
_ZERO = "sums, means and maxima of what is never negative are 0 together, and so are an increase and its rate"
_SCALED = "a quantile is the same when all its buckets are multiplied by one number"

SURVIVORS = {
    ("ServiceDown", "aggregation 0: sum becomes avg"): _ZERO,
    ("ServiceDown", "aggregation 0: sum becomes max"): _ZERO,
    ("InstanceDown", "aggregation 0: max becomes avg"): _ZERO,
    ("InstanceDown", "aggregation 0: max becomes sum"): _ZERO,
    ("Ga4ApiHighErrorRate", "comparison 1: >= becomes >"): _EXTRAPOLATED,
    ("Ga4QuotaExhaustionImminent", "comparison 0: <= becomes <"): _INSTANT,
    ("Ga4QuotaExhaustionImminent", "comparison 1: < becomes <="): _INSTANT,
    ("Ga4QuotaHigh", "comparison 0: <= becomes <"): _INSTANT,
    ("Ga4QuotaHigh", "comparison 1: < becomes <="): _INSTANT,
    ("Ga4ApiHighLatency", "aggregation 0: sum becomes avg"): _SCALED,
    ("Ga4ApiHighLatency", "rate( 0 becomes increase("): _SCALED,
    ("Ga4ApiHighLatency", "comparison 0: > becomes >="): _INTERPOLATED,
    ("Ga4ApiHighLatency", "comparison 1: >= becomes >"): _EXTRAPOLATED,
    ("Ga4TenantHighErrorRate", "comparison 1: >= becomes >"): _EXTRAPOLATED,
    ("Ga4ApiAllCallsFailing", "aggregation 1: sum becomes avg"): _ZERO,
    ("Ga4ApiAllCallsFailing", "aggregation 1: sum becomes max"): _ZERO,
    ("Ga4ApiAllCallsFailing", "increase( 1 becomes rate("): _ZERO,
    ("Ga4TrafficVanished", "aggregation 1: sum becomes avg"): _ZERO,
    ("Ga4TrafficVanished", "aggregation 1: sum becomes max"): _ZERO,
    ("Ga4TrafficVanished", "increase( 1 becomes rate("): _ZERO,
    ("Ga4TrafficVanished", "comparison 0: >= becomes >"): _EXTRAPOLATED,
    ("Ga4QuotaPaceTooHigh", "comparison 0: <= becomes <"): _INSTANT,
    ("Ga4QuotaPaceTooHigh", "comparison 1: < becomes <="): _INSTANT,
    ("Ga4QuotaPaceTooHigh", "comparison 2: < becomes <="): _INSTANT,
    ("VectorSearchHighLatency", "aggregation 0: sum becomes avg"): _SCALED,
    ("VectorSearchHighLatency", "rate( 0 becomes increase("): _SCALED,
    ("VectorSearchHighLatency", "comparison 0: > becomes >="): _INTERPOLATED,
    ("VectorSearchHighLatency", "comparison 1: >= becomes >"): _EXTRAPOLATED,
    ("HttpHighServerErrorRate", "comparison 1: >= becomes >"): _EXTRAPOLATED,
}
"""(alert, change) to the reason why no case can tell the mutant from the rule."""


def suites(name: str) -> Iterator[tuple[str, list[dict[str, Any]], list[Mutant]]]:
    """Per profile that the alert's cases are about: its scrape interval, the cases, and the mutants of its rule."""
    # With these thresholds floats are exact, so that a case can stand right at the boundary.
    generated = json.dumps(EVERYTHING_CHANGED)
    sections = dict.fromkeys([*([generated] if name in STIMULI else []), *(json.dumps(c.sections) for c in WRITTEN if c.alert == name)])
    for text in sections:
        made = profile(**json.loads(text))
        rule = cases.rule(made, name)
        tests = [case.test(rule) for case in WRITTEN if case.alert == name and json.dumps(case.sections) == text]
        if text == generated:
            tests += cases.all_cases(cases.subject(made, name))
        alert = next(e for e in effective(made) if e.alert.name == name)
        threshold = None if alert.threshold is None else parameters.number(alert.threshold)
        events = None if alert.min_events is None else str(alert.min_events)
        yield made.spec.scrape.interval, tests, list(mutants(rule, threshold, events))


def changes(name: str) -> set[str]:
    """All mutants of the alert's rule, by what is wrong with them."""
    return {mutant.change for _, _, tried in suites(name) for mutant in tried}


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_only_known_mutants_survive(name: str, tmp_path: Path) -> None:
    """Every mutant fails a case, but for those of which a reason is given."""
    alive = changes(name)
    for number, (interval, tests, tried) in enumerate(suites(name)):
        files = {
            promtool.write(tmp_path, cases.groups(mutant.rule), tests, interval=interval, name=f"{number}-{index}"): mutant.change
            for index, mutant in enumerate(tried)
        }
        alive -= {files[path] for path in promtool.failed_files(list(files), tmp_path / "report.xml")}

    assert sorted(change for alert, change in SURVIVORS if alert == name) == sorted(alive)


def test_nearly_all_mutants_are_killed() -> None:
    """At least 95 % of all mutants of all alerts are noticed by a case."""
    tried = sum(len(changes(name)) for name in ALERT_NAMES)

    assert tried > 500
    assert len(SURVIVORS) / tried <= 0.05
