"""A profile's mute and active times as Alertmanager's named time intervals, and the fields of a route that refer to them."""

from collections.abc import Iterator
from typing import Any

from monitoring_operator.api.notifications import Notifications
from monitoring_operator.api.time_intervals import Interval


def interval_name(namespace: str, profile: str, name: str) -> str:
    """The name under which Alertmanager knows a profile's times."""
    return f"{namespace}/{profile}/{name}"


def time_intervals(namespace: str, profile: str, notifications: Notifications) -> Iterator[dict[str, Any]]:
    """The profile's times, sorted by name, for `time_intervals` of the configuration."""
    for times in sorted((*notifications.mute_times, *notifications.active_times), key=lambda t: t.name):
        yield {"name": interval_name(namespace, profile, times.name), "time_intervals": [_interval(i) for i in times.intervals]}


def times_of(namespace: str, profile: str, notifications: Notifications, severity: str) -> dict[str, Any]:
    """The fields of the route of `severity` that hold its notifications back."""
    found = {}
    for field, times in (("mute_time_intervals", notifications.mute_times), ("active_time_intervals", notifications.active_times)):
        names = sorted(interval_name(namespace, profile, t.name) for t in times if severity in t.severities)
        if names:
            found[field] = names
    return found


def _interval(interval: Interval) -> dict[str, Any]:
    found: dict[str, Any] = {"location": interval.location}
    if interval.times:
        found["times"] = [{"start_time": t.start_time, "end_time": t.end_time} for t in interval.times]
    for field in ("weekdays", "days_of_month", "months", "years"):
        ranges = getattr(interval, field)
        if ranges:
            found[field] = list(ranges)
    return found
