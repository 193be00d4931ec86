"""Mute and active times: what they become, and that Alertmanager takes exactly the ranges that a profile may have."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness import tools
from harness.notifications import pagerduty, part, profile, slack
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.api.profile import InvalidProfile
from monitoring_operator.content.check import problems

NIGHTS = {"name": "nights", "severities": ["warning"], "intervals": [{"times": [{"startTime": "22:00", "endTime": "24:00"}]}]}
OFFICE = {"name": "office", "intervals": [{"weekdays": ["monday:friday"], "location": "Europe/Zurich"}]}


def _problems(**interval: Any) -> list[str]:
    built = profile(warning=[slack()], muteTimes=[{"name": "t", "intervals": [interval]}])
    return [str(problem) for problem in problems(built)]


def test_times_are_named_after_the_profile_and_stand_where_they_count() -> None:
    """On the severities' own routes, because Alertmanager hands nothing of it down; the matchers stay what they are."""
    config = load(merge([part(critical=[pagerduty()], warning=[slack()], muteTimes=[NIGHTS], activeTimes=[OFFICE])]).config)
    critical, warning = config["route"]["routes"][0]["routes"]
    assert config["time_intervals"] == [
        {"name": "analytics/ga4/nights", "time_intervals": [{"location": "UTC", "times": [{"start_time": "22:00", "end_time": "24:00"}]}]},
        {"name": "analytics/ga4/office", "time_intervals": [{"location": "Europe/Zurich", "weekdays": ["monday:friday"]}]},
    ]
    assert "mute_time_intervals" not in critical
    assert critical["active_time_intervals"] == ["analytics/ga4/office"]
    assert warning["mute_time_intervals"] == ["analytics/ga4/nights"]
    assert not {"mute_time_intervals", "active_time_intervals"} & config["route"]["routes"][0].keys()


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"startTime": "9:00", "endTime": "10:00"}, ".startTime: must match"),
        ({"startTime": "10:00", "endTime": "24:30"}, ".endTime: must match"),
        ({"startTime": "22:00", "endTime": "06:00"}, ": startTime must be before endTime"),
    ],
)
def test_a_bad_time_of_day_names_its_field(times: dict[str, str], words: str) -> None:
    """A night goes over midnight: it is two ranges."""
    with pytest.raises(InvalidProfile) as raised:
        profile(warning=[slack()], muteTimes=[{"name": "t", "intervals": [{"times": [times]}]}])
    assert f"spec.notifications.muteTimes[0].intervals[0].times[0]{words}" in str(raised.value)


def test_a_name_stands_once() -> None:
    """Both lists name intervals of one configuration."""
    with pytest.raises(InvalidProfile, match="a name stands only once"):
        profile(warning=[slack()], muteTimes=[OFFICE], activeTimes=[OFFICE])
    with pytest.raises(InvalidProfile, match="a name stands only once"):
        profile(warning=[slack()], muteTimes=[NIGHTS, NIGHTS])


RANGES = [
    ("weekdays", "friday:monday", False),
    ("weekdays", "sunday:saturday", True),
    ("weekdays", "saturday:sunday", False),
    ("months", "11:february", False),
    ("months", "may:8", True),
    ("months", "december", True),
    ("years", "2028:2026", False),
    ("years", "2026", True),
    ("daysOfMonth", "5:1", False),
    ("daysOfMonth", "-1:5", False),
    ("daysOfMonth", "-1:-3", False),
    ("daysOfMonth", "-3:-1", True),
    ("daysOfMonth", "27:-1", True),
    ("daysOfMonth", "29:-1", False),
    ("daysOfMonth", "28:-1", False),
    ("daysOfMonth", "31", True),
    ("location", "Europe/Zurich", True),
    ("location", "Europe/Atlantis", False),
    ("location", "UTC", True),
]


@pytest.mark.parametrize(("field", "value", "good"), RANGES)
def test_a_range_that_ends_before_it_begins_names_its_field(field: str, value: str, good: bool) -> None:  # noqa: FBT001 -- a table
    """Also a time zone that nobody knows."""
    path = f"spec.notifications.muteTimes[0].intervals[0].{field}" + ("" if field == "location" else "[0]")
    found = _problems(**{field: value if field == "location" else [value]})
    assert [text.partition(": ")[0] for text in found] == ([] if good else [path])


@pytest.mark.parametrize(("field", "value", "good"), RANGES)
def test_alertmanager_agrees(tmp_path: Path, field: str, value: str, good: bool) -> None:  # noqa: FBT001 -- a table
    """What we let pass it loads, what we refuse it refuses."""
    named = {"daysOfMonth": "days_of_month"}.get(field, field)
    interval = {"name": "t", "time_intervals": [{named: value if field == "location" else [value]}]}
    config = tmp_path / "alertmanager.yaml"
    config.write_text(json.dumps({"route": {"receiver": "x"}, "receivers": [{"name": "x"}], "time_intervals": [interval]}))
    answer = subprocess.run([tools.find("amtool"), "check-config", config], capture_output=True, text=True, timeout=60, check=False)
    assert (answer.returncode == 0) is good, answer.stdout + answer.stderr
