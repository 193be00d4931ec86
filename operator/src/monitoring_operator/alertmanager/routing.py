"""Who would be told: Alertmanager's way from an alert's labels to receivers, so that it can be asked before anything is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.matching import Matcher, checked, parse_matchers

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a route says of notifications' timing, inherited from the routes around it. `group_by` of `...` is every label."""

    receiver: str
    group_by: tuple[str, ...] = ()
    group_wait: str = "30s"
    group_interval: str = "5m"
    repeat_interval: str = "4h"


@dataclass(frozen=True, slots=True)
class Decision:
    """One route that takes an alert: what it says, and the matchers of the routes on the way to it, the root's own not included.

    `mute_times` and `active_times` name the time intervals of that route alone: they are not inherited.
    """

    settings: Settings
    path: tuple[tuple[str, ...], ...]
    mute_times: tuple[str, ...] = ()
    active_times: tuple[str, ...] = ()

    @property
    def receiver(self) -> str:
        """The name of the receiver that is told."""
        return self.settings.receiver


@dataclass(frozen=True, slots=True)
class Inhibition:
    """Why an alert is muted: the position of the rule among `inhibit_rules`, and of the alert that mutes it among those given."""

    rule: int
    source: int


def route(config: str, labels: Labels) -> tuple[str, ...]:
    """The names of the receivers that the configuration `config` (alertmanager.yaml) gives an alert with `labels` to, in order.

    Raises yaml.YAMLError or ValueError if it is no configuration.
    """
    return tuple(decision.receiver for decision in decide(parsed(config), labels))


def parsed(config: str) -> dict[str, Any]:
    """The configuration as maps and lists. Raises yaml.YAMLError, or ValueError where it has no route."""
    whole = load(config)
    if not isinstance(whole, dict) or not isinstance(whole.get("route"), dict):
        raise ValueError("it has no route, so it is no Alertmanager configuration")  # noqa: TRY004 -- what a text says is its value
    return whole


def decide(config: Mapping[str, Any], labels: Labels) -> tuple[Decision, ...]:
    """Every route of `config` that takes an alert with `labels`, in order; at least one. Raises ValueError for a bad matcher."""
    return tuple(_decisions(config["route"], labels, Settings(""), ()))


def _decisions(node: Mapping[str, Any], labels: Labels, around: Settings, path: tuple[tuple[str, ...], ...]) -> Iterator[Decision]:
    """A route whose matchers hold: what its children decide, or itself if none of them takes the alert."""
    settings = _settings(node, around)
    taken = False
    for child in node.get("routes") or ():
        matchers = _matchers(child, "")
        if all(matcher.matches(labels) for matcher in matchers):
            taken = True
            yield from _decisions(child, labels, settings, (*path, tuple(map(str, matchers))))
            if child.get("continue"):
                continue
            return
    if not taken:
        intervals = (tuple(node.get(field) or ()) for field in ("mute_time_intervals", "active_time_intervals"))
        yield Decision(settings, path, *intervals)


def _settings(node: Mapping[str, Any], around: Settings) -> Settings:
    return Settings(
        receiver=str(node.get("receiver") or around.receiver),
        group_by=tuple(node.get("group_by") or around.group_by),
        group_wait=node.get("group_wait") or around.group_wait,
        group_interval=node.get("group_interval") or around.group_interval,
        repeat_interval=node.get("repeat_interval") or around.repeat_interval,
    )


def inhibition(config: Mapping[str, Any], alerts: Sequence[Labels], target: int) -> Inhibition | None:
    """What mutes the alert at position `target` while all of `alerts` fire; None if it is not muted. Raises ValueError."""
    labels = alerts[target]
    for index, rule in enumerate(config.get("inhibit_rules") or ()):
        sources, targets = _matchers(rule, "source_"), _matchers(rule, "target_")
        if not _hold(targets, labels):
            continue
        for source, other in enumerate(alerts):
            # An alert that is source and target at once is not muted by another such alert, nor by itself.
            both = _hold(sources, labels) and _hold(targets, other)
            same = all(labels.get(name, "") == other.get(name, "") for name in rule.get("equal") or ())
            if _hold(sources, other) and same and not both:
                return Inhibition(index, source)
    return None


def _hold(matchers: Sequence[Matcher], labels: Labels) -> bool:
    return all(matcher.matches(labels) for matcher in matchers)


def _matchers(node: Mapping[str, Any], side: str) -> list[Matcher]:
    """The matchers of a route (`side` is empty), or of one side of an inhibition rule."""
    found = [matcher for text in node.get(f"{side}matchers") or () for matcher in parse_matchers(text)]
    for field, operator in ((f"{side}match", "="), (f"{side}match_re", "=~")):
        found += [checked(label, operator, str(value)) for label, value in (node.get(field) or {}).items()]
    return found
