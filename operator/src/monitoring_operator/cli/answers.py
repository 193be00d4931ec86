"""What `route` found out, for people and for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.alertmanager.matching import Matcher
from monitoring_operator.alertmanager.routing import Decision
from monitoring_operator.alertmanager.told import Integration
from monitoring_operator.cli.scenes import Alert


@dataclass(frozen=True, slots=True)
class Told:
    """One receiver that gets an alert, why, and through what."""

    decision: Decision
    integrations: tuple[Integration, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Who would be told of one alert.

    `profile` is the one whose alert it is, empty where none was given; `muted_by` are the labels of the alert that mutes it, and
    `rule` is the inhibition rule by which it does.
    """

    profile: str
    alert: Alert
    told: tuple[Told, ...]
    muted_by: Mapping[str, str] | None
    rule: Mapping[str, Any] | None

    @property
    def tells_somebody(self) -> bool:
        """Whether any receiver would tell somebody. An alert that is muted counts: the one that mutes it is told in its place."""
        return any(told.integrations for told in self.told)


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer as JSON; the names of its fields are an interface."""
    return {
        "profile": answer.profile or None,
        "labels": dict(answer.alert.labels),
        "labelsNotKnown": list(answer.alert.unknown),
        "told": [_told_as_json(told) for told in answer.told],
        "mutedBy": None if answer.muted_by is None else {"labels": dict(answer.muted_by), "rule": dict(answer.rule or {})},
    }


def _told_as_json(told: Told) -> dict[str, Any]:
    settings = told.decision.settings
    return {
        "receiver": told.decision.receiver,
        "integrations": [{"type": i.section, "name": i.name, "detail": i.detail} for i in told.integrations],
        "path": [list(matchers) for matchers in told.decision.path],
        "groupBy": list(settings.group_by),
        "groupWait": settings.group_wait,
        "groupInterval": settings.group_interval,
        "repeatInterval": settings.repeat_interval,
        "muteTimeIntervals": list(told.decision.mute_times),
        "activeTimeIntervals": list(told.decision.active_times),
    }


def as_text(answer: Answer) -> str:
    """The answer as a few lines."""
    lines = [_labels(answer.alert.labels)]
    for told in answer.told:
        settings = told.decision.settings
        lines += [
            f"  receiver  {told.decision.receiver}: {', '.join(map(str, told.integrations)) or 'tells nobody'}",
            f"  route     {' > '.join(_braced(matchers) for matchers in told.decision.path) or 'the root: no other route takes it'}",
            f"  grouping  by {', '.join(settings.group_by) or 'nothing: one group for all'}; {_times(told.decision)}",
        ]
        for words, names in (("muted", told.decision.mute_times), ("only", told.decision.active_times)):
            if names:
                lines.append(f"  {words:<9} during {', '.join(names)}")
    if answer.muted_by is not None:
        equal = ", ".join(name for name in (answer.rule or {}).get("equal") or () if name in answer.muted_by)
        lines.append(f"  muted     by {_labels(answer.muted_by)} while that fires (they agree in {equal or 'all that is asked'})")
    if answer.alert.unknown:
        lines.append(f"  also has  {', '.join(answer.alert.unknown)}, with values that only the application decides")
    return "\n".join(lines)


def _times(decision: Decision) -> str:
    settings = decision.settings
    return f"first after {settings.group_wait}, more after {settings.group_interval}, again after {settings.repeat_interval}"


def _labels(labels: Mapping[str, str]) -> str:
    return _braced(str(Matcher(name, "=", value)) for name, value in labels.items())


def _braced(matchers: Iterable[str]) -> str:
    return f"{{{', '.join(matchers)}}}"
