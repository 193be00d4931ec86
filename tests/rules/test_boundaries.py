"""Every alert with a threshold, asked the same questions by promtool at the thresholds of two profiles."""

from pathlib import Path
from typing import Any

import pytest

from harness.content import promtool
from harness.content.profiles import EVERYTHING_CHANGED, profile
from monitoring_operator.content.catalogue import alerts
from monitoring_operator.proof import cases
from monitoring_operator.proof.stimuli import STIMULI

PROFILES: dict[str, dict[str, Any]] = {"defaults": {}, "everything changed": EVERYTHING_CHANGED}


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
    assert {name for name, alert in alerts().items() if alert.threshold is not None} == set(STIMULI)
