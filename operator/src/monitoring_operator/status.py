"""From what was observed to the status that users read: pure, so that every sentence of it can be tested.

Conditions follow kstatus (Ready always there, Reconciling and Stalled only while true); lastTransitionTime moves only when a
condition's status flips, and nothing else in the status ever holds a time: an unchanged state gives an unchanged status.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.profile import Problem

LONGEST_MESSAGE = 1024
SHOWN = 3

PERMANENT = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.NAME_CONFLICT,
        Reason.REJECTED,
        Reason.DASHBOARD_CONFLICT,
        Reason.DASHBOARD_INVALID,
        Reason.NOT_SELECTED,
        Reason.NAMESPACE_NOT_SELECTED,
        Reason.NOT_ACCEPTED,
        Reason.PORT_NOT_FOUND,
    }
)
"""Reasons that only a change of the spec, or of the object in the way, can end: kstatus calls it Stalled."""

_WORST_FIRST = (
    Reason.NAME_CONFLICT,
    Reason.REJECTED,
    Reason.DASHBOARD_CONFLICT,
    Reason.FORBIDDEN,
    Reason.NAMESPACE_MISSING,
    Reason.CRD_MISSING,
    Reason.API_UNAVAILABLE,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one child. An empty `reason` means that it is as it should be."""

    ref: Ref
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RouteState:
    """What became of the profile's part of the Alertmanager configuration.

    `live` is False where it is not in the Secret as it should be, and None where it is written but nobody has asked
    Alertmanager whether it is loaded.
    """

    live: bool | None
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that the status is derived from."""

    generation: int
    problems: tuple[Problem, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    routes: RouteState | None = None
    children: tuple[Ref, ...] = ()
    alerts: int | None = None
    facts: tuple[Fact, ...] = ()
    """What was found out about those who take up the children."""
    verified: bool = False
    """Whether Prometheus and Alertmanager are asked at all; else Ready claims no more than that the children are there."""
    targets: str = ""
    """Targets that are up, of all that there are; empty while nobody knows."""
    shard: Mapping[str, str] | None = None
    """The shard that looks after the profile, where there are several."""


def judge(seen: Observation, previous: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The status of a profile.

    `previous` is the status as it was (for times, and for what an invalid spec leaves as it is), `now` an RFC 3339 time.
    """
    before = {c["type"]: c for c in previous.get("conditions") or ()}
    facts: list[Mapping[str, Any]] = [_valid(seen)]
    if seen.problems:
        # The last good children stay as they are, and so does what was said of them.
        facts += [before[t] for t in Condition.FACTS[1:] if t in before]
    else:
        facts.append(_applied(seen.outcomes))
        found = {f.type: _condition(f.type, f.status, f.reason, f.message) for f in seen.facts}
        if seen.routes:
            found.setdefault(Condition.ROUTES_LIVE, _routes(seen.routes))
        facts += [found[t] for t in Condition.FACTS if t in found]
    ready = _ready(facts, seen)
    conditions = [ready, *_progress(ready, facts), *facts]
    status: dict[str, Any] = {
        "observedGeneration": seen.generation,
        "conditions": [_stamped(c, before.get(c["type"]), seen.generation, now) for c in conditions],
        "children": [
            {"apiVersion": r.resource.api_version, "kind": r.resource.kind, "namespace": r.namespace, "name": r.name}
            for r in sorted(seen.children)
        ],
    }
    if seen.shard:
        status["shard"] = dict(seen.shard)
    for field, value in (("targets", seen.targets or None), ("alerts", seen.alerts)):
        kept = previous.get(field) if seen.problems else value
        if kept is not None:
            status[field] = kept
    return status


def own_part(status: Mapping[str, Any]) -> dict[str, Any]:
    """A status without the conditions that others have added; server-side apply leaves those alone."""
    conditions = [c for c in status.get("conditions") or () if c["type"] in Condition.ALL]
    return {**status, "conditions": conditions} if status else {}


def _valid(seen: Observation) -> dict[str, str]:
    if seen.problems:
        return _condition(Condition.VALID, "False", Reason.INVALID_SPEC, listed(str(p) for p in seen.problems))
    return _condition(Condition.VALID, "True", Reason.VALID, "The spec is valid.")


def _applied(outcomes: tuple[Outcome, ...]) -> dict[str, str]:
    failed = [o for o in outcomes if o.reason]
    if not failed:
        return _condition(Condition.APPLIED, "True", Reason.APPLIED, f"{_count(len(outcomes), 'object')} as rendered.")
    worst = min((o.reason for o in failed), key=_WORST_FIRST.index)
    return _condition(Condition.APPLIED, "False", worst, listed(f"{o.ref}: {o.message}" for o in sorted(failed, key=lambda o: o.ref)))


def _routes(routes: RouteState) -> dict[str, str]:
    return _condition(Condition.ROUTES_LIVE, "Unknown" if routes.live is None else str(routes.live), routes.reason, routes.message)


def _ready(facts: list[Mapping[str, Any]], seen: Observation) -> dict[str, str]:
    """The first fact that is not true; where nobody verifies, no more than that nothing is known to be wrong."""
    decisive = [f for f in facts if f["type"] != Condition.METRICS_PRESENT]
    for fact in decisive:
        if fact["status"] == "False":
            return _condition(Condition.READY, "False", fact["reason"], fact["message"])
    if not seen.verified:
        message = f"{_count(len(seen.children), 'child', 'children')} applied; whether they are live is not verified."
        return _condition(Condition.READY, "True", Reason.NOT_VERIFIED, message)
    for fact in decisive:
        if fact["status"] == "Unknown":
            return _condition(Condition.READY, "Unknown", fact["reason"], fact["message"])
    parts = [f"{seen.targets} targets up"] if seen.targets else []
    parts += [f"{_count(seen.alerts, 'alert')} loaded"] if seen.alerts else []
    parts += ["routes live"] if any(f["type"] == Condition.ROUTES_LIVE for f in facts) else []
    return _condition(Condition.READY, "True", Reason.LIVE, ", ".join(parts) or "Everything is live.")


def _progress(ready: Mapping[str, Any], facts: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Stalled for what only somebody's change can end, Reconciling for what is being tried again or waited for."""
    failed = [f for f in facts if f["status"] == "False" and f["type"] != Condition.METRICS_PRESENT]
    stalled = [f for f in failed if f["reason"] in PERMANENT]
    if stalled:
        return [_condition(Condition.STALLED, "True", stalled[0]["reason"], stalled[0]["message"])]
    return [] if ready["status"] == "True" else [_condition(Condition.RECONCILING, "True", ready["reason"], ready["message"])]


def _condition(type_: str, status: str, reason: str, message: str) -> dict[str, str]:
    return {"type": type_, "status": status, "reason": reason, "message": message[:LONGEST_MESSAGE]}


def _stamped(condition: Mapping[str, Any], before: Mapping[str, Any] | None, generation: int, now: str) -> dict[str, Any]:
    if condition is before:
        return dict(before)
    same = before is not None and before["status"] == condition["status"]
    return {**condition, "observedGeneration": generation, "lastTransitionTime": before["lastTransitionTime"] if same and before else now}


def listed(parts: Iterable[str]) -> str:
    """The first few of several messages, and how many more there are."""
    texts = list(parts)
    more = len(texts) - SHOWN
    return "; ".join(texts[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
