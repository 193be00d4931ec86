"""What a check found: how bad it is, about what, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`BAD` keeps something of every profile from working; `WARNING` may, or could not be looked at."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report. `mend` is a command or Helm values to paste, empty where nothing need be done."""

    level: Level
    subject: str
    message: str
    mend: str = ""


def good(subject: str, message: str) -> Finding:
    """As it should be."""
    return Finding(Level.GOOD, subject, message)


def warning(subject: str, message: str, mend: str = "") -> Finding:
    """May be in the way."""
    return Finding(Level.WARNING, subject, message, mend)


def bad(subject: str, message: str, mend: str = "") -> Finding:
    """Is in the way."""
    return Finding(Level.BAD, subject, message, mend)


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level of all findings; good where there are none."""
    order = list(Level)
    return max((f.level for f in findings), key=order.index, default=Level.GOOD)
