"""The cases written by hand, judged by promtool."""

from pathlib import Path

import pytest

from harness.content import promtool, written_availability, written_ga4, written_service
from harness.content.written import Case
from monitoring_operator.content.catalogue import alerts
from monitoring_operator.proof import cases

CASES = (*written_availability.CASES, *written_availability.EACH_PACK, *written_ga4.CASES, *written_service.CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}: {case.title}")
def test_case(case: Case, tmp_path: Path) -> None:
    """The alert fires when, and for what, the case says."""
    rule = case.rule()

    passed, words = promtool.prove(tmp_path, cases.groups(rule), [case.test(rule)], interval=case.profile().spec.scrape.interval)

    assert passed, words


def test_every_alert_without_a_threshold_has_cases() -> None:
    """What has no boundary to be tested at is tested by hand, firing and silent."""
    for name, alert in alerts().items():
        if alert.threshold is None:
            outcomes = [bool(subjects) for case in CASES if case.alert == name for subjects in case.fires.values()]
            assert {True, False} == set(outcomes), name
