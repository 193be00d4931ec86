"""When a profile's notifications are held back or let through: Alertmanager's time intervals, in camelCase.

A wrong interval stops everybody's configuration from loading, so ranges are checked here as Alertmanager checks them: by the schema
where it can, by `problems` where it cannot.
"""

import zoneinfo
from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.config import JsonDict

from monitoring_operator.api.model import Model, Rule, Unique

_DAY = "(?:sun|mon|tues|wednes|thurs|fri|satur)day"
_MONTH = "(?:january|february|march|april|may|june|july|august|september|october|november|december|1[0-2]|[1-9])"
_DATE = "-?(?:3[01]|[12][0-9]|[1-9])"

Time = Annotated[str, StringConstraints(pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", max_length=5)]
Weekdays = Annotated[str, StringConstraints(pattern=rf"^{_DAY}(?::{_DAY})?$", max_length=19)]
DaysOfMonth = Annotated[str, StringConstraints(pattern=rf"^{_DATE}(?::{_DATE})?$", max_length=7)]
Months = Annotated[str, StringConstraints(pattern=rf"^{_MONTH}(?::{_MONTH})?$", max_length=19)]
Years = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(?::[0-9]{4})?$", max_length=9)]
Location = Annotated[str, StringConstraints(pattern=r"^[A-Z][-+A-Za-z0-9_]*(?:/[-+A-Za-z0-9_]+)*$", max_length=64)]

BY_NAME: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
"""For lists of `Times`: one of each name, and server-side apply tells them apart by it."""

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


class TimeRange(Model):
    """A part of a day."""

    start_time: Time
    """First minute, as HH:MM."""
    end_time: Time
    """The minute after the last one, as HH:MM; 24:00 is the end of the day."""

    rules_ = (Rule("self.startTime < self.endTime", "startTime must be before endTime", lambda s: s.start_time < s.end_time),)


class Interval(Model):
    """Moments that meet every field that is given; of a list, one element is enough."""

    times: Annotated[tuple[TimeRange, ...], Field(max_length=16)] = ()
    """Parts of the day. Default: all of it."""
    weekdays: Annotated[tuple[Weekdays, ...], Field(max_length=7)] = ()
    """Days of the week, or ranges of them such as monday:friday; a week begins on sunday. Default: all."""
    days_of_month: Annotated[tuple[DaysOfMonth, ...], Field(max_length=31)] = ()
    """Days of the month, or ranges such as 1:5; -1 is the last day. Default: all."""
    months: Annotated[tuple[Months, ...], Field(max_length=12)] = ()
    """Months by name or number, or ranges such as may:august. Default: all."""
    years: Annotated[tuple[Years, ...], Field(max_length=16)] = ()
    """Years, or ranges such as 2026:2028. Default: all."""
    location: Location = "UTC"
    """Time zone, such as Europe/Zurich."""


class Times(Model):
    """A named set of intervals for some severities."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)]
    """Its name within the profile."""
    severities: Annotated[tuple[Literal["critical", "warning"], ...], Field(min_length=1, max_length=2), Unique()] = ("critical", "warning")
    """Whose notifications it is about."""
    intervals: Annotated[tuple[Interval, ...], Field(min_length=1, max_length=16)]
    """When: any of these."""


def problems(times: tuple[Times, ...], path: str) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) of ranges that end before they begin, and of time zones that do not exist."""
    for index, named in enumerate(times):
        for number, interval in enumerate(named.intervals):
            below = f"{path}[{index}].intervals[{number}]"
            yield from _ranges(interval.weekdays, WEEKDAYS.index, f"{below}.weekdays")
            yield from _ranges(interval.months, _month, f"{below}.months")
            yield from _ranges(interval.years, int, f"{below}.years")
            for place, days in enumerate(interval.days_of_month):
                if why := _days_of_month(days):
                    yield f"{below}.daysOfMonth[{place}]", why
            if not _exists(interval.location):
                yield f"{below}.location", f"{interval.location} is not a time zone"


def _ranges(ranges: tuple[str, ...], order: Callable[[str], int], path: str) -> Iterator[tuple[str, str]]:
    for place, text in enumerate(ranges):
        begin, _, end = text.partition(":")
        if end and order(end) < order(begin):
            yield f"{path}[{place}]", f"{end} is before {begin}; give two ranges"


def _month(text: str) -> int:
    return int(text) if text.isdigit() else MONTHS.index(text) + 1


def _days_of_month(text: str) -> str:
    """What Alertmanager says against the range; it counts from the end on the base of the shortest month."""
    first, _, last = text.partition(":")
    begin, end = int(first), int(last or first)
    if begin < 0 < end:
        return "a range that begins from the month's end must end there too"
    # Alertmanager's own sums.
    if (begin if begin > 0 else 28 + begin) > (end if end > 0 else 28 + end):
        return f"{end} is before {begin}"
    return ""


def _exists(location: str) -> bool:
    try:
        zoneinfo.ZoneInfo(location)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
