"""The tests that are made for a profile: for every alert, at its own figures, asking whether it fires and whether it stays silent."""

from typing import Any

import pytest

from harness.content.profiles import EVERYTHING_CHANGED, profile
from monitoring_operator.content import ALERT_NAMES
from monitoring_operator.content.catalogue import alerts
from monitoring_operator.proof.conditions import CONDITIONS
from monitoring_operator.proof.stimuli import STIMULI
from monitoring_operator.proof.suites import Suite, of_catalogue, suites

EXTRA = {"alert": "Mine", "expr": "up == 0", "severity": "info", "summary": "s"}
WITH_THRESHOLD = [name for name, alert in alerts().items() if alert.threshold is not None]


def suite(name: str, **sections: Any) -> Suite:
    """The suite of one alert of the catalogue."""
    return of_catalogue(profile(**sections), name)


def test_every_alert_has_its_tests() -> None:
    """In the catalogue's order; with a threshold or without, never both ways and never none."""
    assert list(ALERT_NAMES) == [s.alert for s in suites(profile())]
    assert set(ALERT_NAMES) == STIMULI.keys() | CONDITIONS.keys()
    assert not STIMULI.keys() & CONDITIONS.keys()


@pytest.mark.parametrize(
    "sections", [{}, EVERYTHING_CHANGED, {"scrape": {"interval": "1m"}}], ids=["defaults", "everything changed", "rare"]
)
@pytest.mark.parametrize("name", ALERT_NAMES)
def test_each_asks_for_both(name: str, sections: dict[str, Any]) -> None:
    """An alert that always fires, or never, fails one of its tests."""
    expected = [bool(q["exp_alerts"]) for test in suite(name, **sections).tests for q in test["alert_rule_test"]]

    assert {True, False} == set(expected)


@pytest.mark.parametrize("name", WITH_THRESHOLD)
def test_a_threshold_moves_its_boundary(name: str) -> None:
    """What is put before the alert follows the profile's threshold, and so does nothing else."""
    lower = {"alerts": {"rules": {name: {"threshold": (alerts()[name].threshold or 0) * 0.98}}}}
    before, after = suite(name).tests, suite(name, **lower).tests

    assert [t["name"] for t in before if "threshold" in t["name"]][:2] == [t["name"] for t in after if "threshold" in t["name"]][:2]
    for title in ("just above", "just below"):
        was, now = (next(t["input_series"] for t in tests if title in t["name"]) for tests in (before, after))
        assert was != now


@pytest.mark.parametrize("name", ALERT_NAMES)
def test_a_wait_moves_its_questions(name: str) -> None:
    """The moment at which an alert must fire follows `for`."""
    longer = {"alerts": {"rules": {name: {"for": "21m"}}}}

    def fires(one: Suite) -> list[str]:
        return [q["eval_time"] for test in one.tests for q in test["alert_rule_test"] if q["exp_alerts"]]

    assert fires(suite(name)) != fires(suite(name, **longer))


def test_own_alerts_come_without_tests() -> None:
    """What they are about only their author knows; they are listed all the same, under the field that they stand in."""
    made = profile(packs=["http"], alerts={"extra": [{**EXTRA, "alert": "Other"}, EXTRA]})
    own = next(s for s in suites(made) if s.alert == "Mine")

    assert ("spec.alerts.extra[1]", "Mine", ()) == (own.path, own.rule["alert"], own.tests)
    assert "annotations" not in own.rule


def test_no_alerts_no_tests() -> None:
    """Alerts that are switched off are neither there nor missed."""
    assert () == suites(profile(alerts={"enabled": False, "extra": [EXTRA]}))
    assert "CpuHigh" not in {s.alert for s in suites(profile(alerts={"rules": {"CpuHigh": {"enabled": False}}}))}
