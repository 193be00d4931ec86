"""Every alert with a threshold, asked the same questions by promtool at the thresholds of several profiles."""

from pathlib import Path
from typing import Any

import pytest

from app_metrics.catalogue import BY_NAME
from harness.content import promtool
from harness.content.profiles import EVERYTHING_CHANGED, profile
from monitoring_operator.content.catalogue import Alert, alerts
from monitoring_operator.proof import cases
from monitoring_operator.proof.stimuli import STIMULI

HIGHEST = {"ratio": 0.996, "percent": 99.75, "count": 4096.0}
THRESHOLDS = {name: alert for name, alert in alerts().items() if alert.threshold is not None}


def top(alert: Alert) -> float:
    """A threshold so close to what the alert can see at all that one percent more is beyond it."""
    return BY_NAME[alert.histogram].buckets[-1] * 0.998 if alert.histogram else HIGHEST[alert.unit or ""]


PROFILES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything changed": EVERYTHING_CHANGED,
    "zero": {"alerts": {"rules": {name: {"threshold": 0} for name, alert in THRESHOLDS.items() if not alert.histogram}}},
    "close to the top": {"alerts": {"rules": {name: {"threshold": top(alert)} for name, alert in THRESHOLDS.items()}}},
    "busy, rarely scraped": {
        "scrape": {"interval": "1m"},
        "alerts": {"rules": {name: {"minEvents": 300_000} for name, alert in THRESHOLDS.items() if alert.min_events}},
    },
}


@pytest.mark.parametrize("sections", PROFILES.values(), ids=PROFILES.keys())
@pytest.mark.parametrize("name", STIMULI)
def test_alert(name: str, sections: dict[str, Any], tmp_path: Path) -> None:
    """Fires just above, not below, not too early, not on nothing, not on little traffic, not for neighbours; and resolves."""
    s = cases.subject(profile(**sections), name)

    rules = cases.groups(cases.rule(s.profile, name))
    passed, words = promtool.prove(tmp_path, rules, cases.all_cases(s), interval=s.profile.spec.scrape.interval)

    assert passed, words


def test_every_threshold_is_tested() -> None:
    """No alert with a threshold is without its boundary tests."""
    assert THRESHOLDS.keys() == set(STIMULI)
