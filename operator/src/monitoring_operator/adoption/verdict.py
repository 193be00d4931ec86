"""All facts of one profile, from what is expected and what was seen: for the operator and for the command line alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from monitoring_operator.adoption import accepted, dashboards, metrics_present, routes, rules, selection, targets
from monitoring_operator.adoption.expected import Expected, Scrape
from monitoring_operator.adoption.pages import NOT_ASKED, Page
from monitoring_operator.adoption.replicas import replicas
from monitoring_operator.adoption.services import trouble
from monitoring_operator.adoption.sightings import Sightings
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.resources import PROMETHEUS, PROMETHEUS_AGENT, PROMETHEUS_RULE, THANOS_RULER, resource_of

Object = Mapping[str, Any]
T = TypeVar("T")

EVALUATES = (PROMETHEUS, THANOS_RULER)
SCRAPES = (PROMETHEUS, PROMETHEUS_AGENT)


@dataclass(frozen=True, slots=True)
class Live:
    """What the API server says of an object of ours."""

    uid: str
    generation: int
    bindings: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One profile, and what of the cluster concerns it.

    `takers` are the Prometheus, PrometheusAgent and ThanosRuler objects (as JSON); `alertmanagers` those that read the profile's `part`
    of the configuration (None: it has none, or it could not be written); `unwritten` are dashboards that were not written, with reason
    and words; `proven` are objects that were seen running before. `overdue` are the conditions for which there was time enough to become
    true; `early` means that the application had none to show its metrics.
    """

    expected: Expected
    namespace: str
    takers: Sequence[Object]
    live: Mapping[Ref, Live]
    alertmanagers: Sequence[Ref] = ()
    part: routes.Part | None = None
    unwritten: Mapping[Ref, tuple[str, str]] = field(default_factory=dict)
    proven: frozenset[Ref] = frozenset()
    ambiguity: str = ""
    overdue: frozenset[str] = frozenset()
    early: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The facts, in the order of conditions, how many targets are up (`3/3`; empty while nobody knows), and what is running."""

    facts: tuple[Fact, ...]
    targets: str = ""
    running: frozenset[Ref] = frozenset()


def selected(question: Question, seen: Sightings) -> Fact:
    """The one fact for which nobody need be asked."""
    labels = seen.namespaces.get(question.namespace)
    return selection.judge(question.expected.candidates, question.takers, labels, question.ambiguity)


def judge(question: Question, seen: Sightings) -> Answer:
    """Every fact about the profile that can be told from what was seen."""
    expected, overdue = question.expected, question.overdue
    takers = {ref_of_taker(body): body for body in question.takers}
    by = {c.ref: _choosers(c, question, seen) for c in expected.candidates}
    heard = {r.ref: {t: _heard(seen, t, takers) for t in by[r.ref] if t.resource in EVALUATES} for r in expected.rules}
    uids = {ref: live.uid for ref, live in question.live.items()}
    counted = [_targets(scrape, by[scrape.ref], takers, seen, overdue=Condition.TARGETS_UP in overdue) for scrape in expected.scrapes]
    running = question.proven | {r.ref for r in expected.rules if any(h.has_taken(r, uids.get(r.ref, "")) for h in heard[r.ref].values())}
    running |= {s.ref for s in expected.scrapes if targets.scraped(s, {t: _asked(seen.targets, t, takers) for t in by[s.ref]})}
    facts = [
        selected(question, seen),
        accepted.judge([_state(c.ref, question, seen, running) for c in expected.candidates]),
        rules.judge(expected.rules, uids, heard, overdue=Condition.LOADED in overdue),
        *(c.fact for c in counted[:1]),
        _routes(question, seen),
        dashboards.judge(expected.boards, question.unwritten, seen.grafana, overdue=Condition.DASHBOARDS_APPLIED in overdue),
        _metrics(question, seen, by),
    ]
    return Answer(tuple(f for f in facts if f is not None), counted[0].count if counted else "", running)


def ref_of_taker(body: Object) -> Ref:
    """Which object of prometheus-operator (as JSON) this is."""
    return Ref(resource_of(body), body["metadata"]["namespace"], body["metadata"]["name"])


def _choosers(candidate: selection.Candidate, question: Question, seen: Sightings) -> list[Ref]:
    made = selection.choices(candidate, question.takers, seen.namespaces.get(question.namespace))
    return [c.by for c in made if c.selected is not False]


def _asked(pages: Mapping[Ref, Sequence[Page[T]]], taker: Ref, takers: Mapping[Ref, Object]) -> Sequence[Page[T]]:
    found = pages.get(taker)
    return [Page(r, failure=NOT_ASKED) for r in replicas(takers[taker])] if found is None else found


def _heard(seen: Sightings, taker: Ref, takers: Mapping[Ref, Object]) -> rules.Heard:
    return rules.Heard(_asked(seen.rules, taker, takers), bool((takers[taker].get("spec") or {}).get("enforcedNamespaceLabel")))


def _targets(scrape: Scrape, by: Iterable[Ref], takers: Mapping[Ref, Object], seen: Sightings, *, overdue: bool) -> targets.Counted:
    pages = {t: _asked(seen.targets, t, takers) for t in by if t.resource in SCRAPES}
    scene = seen.scenes.get(scrape.ref.namespace)
    return targets.judge(scrape, pages, trouble(scrape, scene) if scene is not None else None, overdue=overdue)


def _state(ref: Ref, question: Question, seen: Sightings, running: frozenset[Ref]) -> accepted.State:
    live = question.live.get(ref)
    if live is None:
        return accepted.State(ref, 0)
    suspect = next((r.suspect for r in question.expected.rules if r.ref == ref), "")
    said = accepted.bindings(live.bindings)
    return accepted.State(ref, live.generation, said, seen.refusals.get(live.uid, ""), ref in running, suspect)


def _routes(question: Question, seen: Sightings) -> Fact | None:
    if question.part is None:
        return None
    sights = [seen.alertmanagers[a] for a in question.alertmanagers if a in seen.alertmanagers]
    if not sights:
        return Fact(Condition.ROUTES_LIVE, "Unknown", Reason.PENDING, "Alertmanager has not been asked yet.")
    return routes.judge(sights, question.part, overdue=Condition.ROUTES_LIVE in question.overdue)


def _metrics(question: Question, seen: Sightings, by: Mapping[Ref, Sequence[Ref]]) -> Fact | None:
    expected = question.expected
    if not expected.needs or not expected.scrapes:
        return None
    scrape = expected.scrapes[0].ref
    evaluators = {t for ref, takers in by.items() if ref.resource == PROMETHEUS_RULE for t in takers}
    if evaluators and not any(t.resource == PROMETHEUS for t in evaluators):
        who = ", ".join(map(str, sorted(evaluators)))
        why = f"{who} evaluates the rules on what others scrape, and has no series that could be looked at."
        return Fact(Condition.METRICS_PRESENT, "Unknown", Reason.NOT_VERIFIED, why)
    answers = [seen.metrics[t].get((scrape.namespace, scrape.name), frozenset()) for t in sorted(evaluators) if t in seen.metrics]
    fact = metrics_present.judge(expected.needs, answers)
    if question.early and fact.status == "False":
        return Fact(fact.type, "Unknown", Reason.PENDING, "The application has not been scraped long enough to tell.")
    return fact
