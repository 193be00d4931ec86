"""What each replica says of a profile, where not all of them say the same: for whoever looks for the one that is behind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from monitoring_operator.adoption.pages import Page
from monitoring_operator.adoption.replicas import Replica
from monitoring_operator.adoption.sightings import Sightings
from monitoring_operator.adoption.verdict import Question, judge, ref_of_taker
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.names import Condition

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as it would be if only this replica of its shard had been asked."""

    replica: Replica
    fact: Fact


def differing(question: Question, seen: Sightings) -> tuple[Told, ...]:
    """The facts of replicas that do not agree, in the order of conditions."""
    told = [group for group in (*_takers(question, seen), *_alertmanagers(question, seen)) if len({_gist(t.fact) for t in group}) > 1]
    return tuple(sorted((t for group in told for t in group), key=lambda t: Condition.FACTS.index(t.fact.type)))


def _gist(fact: Fact) -> tuple[str, str]:
    return fact.status, fact.reason


def _takers(question: Question, seen: Sightings) -> Iterator[list[Told]]:
    """What the replicas of each Prometheus say of the rules, and of the targets."""
    for body in question.takers:
        ref, alone = ref_of_taker(body), replace(question, takers=(body,))
        rules, targets = seen.rules.get(ref, ()), seen.targets.get(ref, ())
        yield [_told(page, alone, replace(seen, rules={ref: only}), Condition.LOADED) for page, only in _each_alone(rules)]
        yield [_told(page, alone, replace(seen, targets={ref: only}), Condition.TARGETS_UP) for page, only in _each_alone(targets)]


def _alertmanagers(question: Question, seen: Sightings) -> Iterator[list[Told]]:
    for ref in question.alertmanagers if question.part is not None else ():
        if (sight := seen.alertmanagers.get(ref)) is not None:
            alone = replace(question, alertmanagers=(ref,))
            narrowed = (
                (page, replace(seen, alertmanagers={ref: replace(sight, pages=tuple(only))})) for page, only in _each_alone(sight.pages)
            )
            yield [_told(page, alone, sightings, Condition.ROUTES_LIVE) for page, sightings in narrowed]


def _each_alone(pages: Sequence[Page[T]]) -> Iterator[tuple[Page[T], list[Page[T]]]]:
    """Each page with those of the other shards, which hold other targets."""
    for page in pages:
        yield page, [other for other in pages if other is page or other.replica.shard != page.replica.shard]


def _told(page: Page[T], question: Question, seen: Sightings, type_: str) -> Told:
    return Told(page.replica, next(f for f in judge(question, seen).facts if f.type == type_))
