"""Is it live? The question about one profile as the World has it, and what is believed of the answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from monitoring_operator.adoption import dashboards, verdict
from monitoring_operator.adoption.expected import Expected
from monitoring_operator.adoption.patience import Belief
from monitoring_operator.adoption.replicas import Way
from monitoring_operator.adoption.routes import Part
from monitoring_operator.alertmanager.config_object import generated_receivers
from monitoring_operator.alertmanager.target import NoTarget, Target
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.reconcile.world import Configured, Judged, Watched, World
from monitoring_operator.status import Outcome
from monitoring_operator.store import Child, ProfileKey, ref_of

OVERDUE_AFTER = 300.0
"""Seconds within which everything is taken up: the kubelet's syncs, the reloaders' retries and an evaluation, with room."""
LATE = frozenset({Reason.NOT_LOADED, Reason.NO_TARGETS, Reason.ALERTMANAGER_OUTDATED, Reason.DASHBOARDS_MISSING, Reason.METRICS_MISSING})
"""Reasons that stand in a status only after time enough has passed: a new process need not wait for it again."""

_VERIFIED = frozenset(Condition.FACTS) - {Condition.VALID, Condition.APPLIED}


@dataclass(frozen=True, slots=True)
class Verified:
    """What is said of a profile; `asked` is False where nobody was asked. None of it is there before everybody was asked once."""

    facts: tuple[Fact, ...] = ()
    targets: str = ""
    asked: bool = False
    complete: bool = True


def watch(world: World, key: ProfileKey, expected: Expected) -> None:
    """Notes what must be found of the profile from now on."""
    known = world.watched.get(key)
    if known is not None and known.expected == expected:
        return
    # What the status says already is news only to a process that has just begun.
    belief, since = _remembered(world.store.profiles.get(key) or {}, world.clock()) if known is None else (Belief(), world.clock())
    holds = {t for t, fact in belief.said.items() if fact.status == "True"}
    proven = frozenset(c.ref for c in expected.candidates) if Condition.ACCEPTED in holds else frozenset[Ref]()
    world.watched[key] = Watched(expected, since, belief, proven=proven, fresh=Condition.TARGETS_UP not in holds)
    world.hurry.set()


def note(world: World, key: ProfileKey, outcomes: Iterable[Outcome], ambiguity: str) -> None:
    """Notes what became of the profile's objects and labels."""
    watched = world.watched[key]
    boards = {b.ref for b in watched.expected.boards}
    watched.unwritten = {o.ref: (o.reason, o.message) for o in outcomes if o.reason and o.ref in boards}
    watched.ambiguity = ambiguity


def note_config(world: World, key: ProfileKey, config: Manifest | None, target: Target | NoTarget | None) -> None:
    """Notes the profile's AlertmanagerConfig, of which nothing is missing, and who reads it; None: there is none."""
    watched = world.watched[key]
    child = world.store.children.get(config.ref) if config is not None else None
    if config is None or child is None or not isinstance(target, Target):
        watched.config = None
        return
    known = watched.config
    if known is not None and (known.target, known.digest) == (target, child.digest):
        return
    live = watched.belief.said.get(Condition.ROUTES_LIVE)
    seen_before = known is None and live is not None and live.status == "True"
    since = int(child.resource_version) if child.resource_version.isdigit() and not seen_before else 0
    watched.config = Configured(target, child.digest, generated_receivers(config), since)


def forget(world: World, key: ProfileKey) -> None:
    """The profile is gone: nothing need be found of it."""
    world.watched.pop(key, None)
    world.shelf.drop(key)


def verify(world: World, key: ProfileKey) -> Verified:
    """What is to be said of the profile now. Whoever calls this says it: the observer then waits for other news."""
    watched = world.watched[key]
    takers = world.store.takers()
    if not takers or world.verification.way is Way.OFF:
        question = question_of(world, key, watched)
        applied = dashboards.judge(watched.expected.boards, watched.unwritten, None, overdue=False)
        facts = (verdict.selected(question, world.sightings),) if takers else ()
        return Verified((*facts, *((applied,) if applied else ())))
    if not {ref_of(body) for body in takers} <= world.sightings.asked:
        world.hurry.set()
        return Verified(complete=False)
    hear(world, key)
    watched.told = watched.news
    return Verified(*watched.told, asked=True)


def hear(world: World, key: ProfileKey) -> bool:
    """Judges the profile by what was seen last; says whether its status should say something else than it does."""
    watched = world.watched[key]
    question = question_of(world, key, watched)
    if question.part is not None and question.part.since > watched.routed:
        # We have written another part: that it is not live yet is no flicker of anybody's.
        watched.belief.forget(Condition.ROUTES_LIVE)
        watched.routed = question.part.since
    answer = _answer(world, question, watched)
    watched.belief.hear(answer.facts, world.clock())
    watched.proven = answer.running
    if Condition.TARGETS_UP not in watched.belief.doubted:
        watched.targets = answer.targets
    return watched.news != watched.told


def rests(world: World, key: ProfileKey) -> bool:
    """Whether the last judgement stands and is said, and time alone changes nothing about it; then what is well is noted to be so still.

    What else a judgement depends on wakes the profile when it changes, and is judged then.
    """
    watched, seen = world.watched[key], world.sightings
    known, belief = watched.judged, watched.belief
    if known is None or (known.edition, known.scene) != (seen.edition, seen.scenes.get(key.namespace)) or known.question.early:
        return False
    if (
        watched.news != watched.told
        or belief.doubted
        or any(f.status != "True" and f.type not in known.question.overdue for f in known.answer.facts)
    ):
        return False
    belief.see_again(world.clock())
    return True


def _answer(world: World, question: verdict.Question, watched: Watched) -> verdict.Answer:
    """Judges only where something has changed: judging a thousand profiles takes half a second."""
    seen, known = world.sightings, watched.judged
    scene = seen.scenes.get(question.namespace)
    if known is None or (known.edition, known.scene, known.question) != (seen.edition, scene, question):
        known = watched.judged = Judged(question, seen.edition, scene, verdict.judge(question, seen))
    return known.answer


def question_of(world: World, key: ProfileKey, watched: Watched) -> verdict.Question:
    """What is asked of the cluster about a profile."""
    now = world.clock()
    late = {t for t in _VERIFIED if now - max(watched.since, watched.belief.good.get(t, -inf)) >= OVERDUE_AFTER}
    alertmanagers, part = _routes(world, key)
    return verdict.Question(
        expected=watched.expected,
        namespace=key.namespace,
        takers=world.store.takers(),
        live={ref: _live(world.store.children[ref]) for ref in world.store.children_of(key)},
        alertmanagers=alertmanagers,
        part=part,
        unwritten=watched.unwritten,
        proven=watched.proven,
        ambiguity=watched.ambiguity,
        overdue=frozenset(late),
        early=now - watched.since < OVERDUE_AFTER,
    )


def _live(child: Child) -> verdict.Live:
    return verdict.Live(child.uid, child.generation, child.bindings)


def _routes(world: World, key: ProfileKey) -> tuple[tuple[Ref, ...], Part | None]:
    """The Alertmanager objects that read the profile's routes, and its part; None while that is not written."""
    config = world.watched[key].config
    if config is not None:
        return _refs(world.alertmanagers(config.target)), Part(config.receivers, config.since)
    part, state = world.routes.parts.get(key), world.routes.state(key)
    if part is None or part.target is None or part.fragment is None or state is None or state.live is not None:
        return (), None
    receivers, since = frozenset(r["name"] for r in part.fragment.receivers), world.routes.versions.get(key, "")
    return _refs(world.alertmanagers(part.target)), Part(receivers, int(since) if since.isdigit() else 0)


def _refs(bodies: Iterable[Mapping[str, Any]]) -> tuple[Ref, ...]:
    return tuple(map(ref_of, bodies))


def _remembered(body: Mapping[str, Any], now: float) -> tuple[Belief, float]:
    """What the status says already, of a profile that this process sees for the first time."""
    metadata, status = body.get("metadata") or {}, body.get("status") or {}
    if status.get("observedGeneration") != metadata.get("generation"):
        return Belief(), now
    said = {
        c["type"]: Fact(c["type"], c["status"], c["reason"], c["message"]) for c in status.get("conditions") or () if c["type"] in _VERIFIED
    }
    late = any(f.reason in LATE or (f.type == Condition.METRICS_PRESENT and f.status == "True") for f in said.values())
    return Belief(said), -inf if late else now
