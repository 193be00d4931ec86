"""Accepted: has prometheus-operator taken an object into a configuration, or refused it?

It says so in `status.bindings` only where its feature gate StatusForConfigurationResources is on, which it is not by default;
else a refusal is an Event, and nothing at all tells of an acceptance but that Prometheus runs it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason

Object = Mapping[str, Any]

REFUSAL = "InvalidConfiguration"
"""Reason of prometheus-operator's Events on objects that it leaves out."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What one Prometheus or ThanosRuler says of an object, at the object's generation."""

    by: str
    accepted: bool
    message: str
    generation: int


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one object. `refusal` is an Event's text; `running` means that somebody runs it as it is now."""

    ref: Ref
    generation: int
    bindings: tuple[Binding, ...] = ()
    refusal: str = ""
    running: bool = False
    suspect: str = ""
    """What may be the reason for a refusal, since prometheus-operator keeps the parser's words to its log."""


def bindings(entries: Iterable[Object]) -> tuple[Binding, ...]:
    """What `status.bindings` of a ServiceMonitor or PrometheusRule (as JSON) says."""
    found = []
    for entry in entries:
        for condition in entry.get("conditions") or ():
            if condition.get("type") == "Accepted":
                by = f"{entry.get('resource', '')} {entry.get('namespace', '')}/{entry.get('name', '')}"
                found.append(
                    Binding(by, condition.get("status") == "True", condition.get("message", ""), condition.get("observedGeneration", 0))
                )
    return tuple(sorted(found, key=lambda b: b.by))


def refusals(events: Iterable[Object], since: Mapping[str, str]) -> dict[str, str]:
    """The texts of refusing Events by the UID of their object, none that is older than the object's version in `since`."""
    found: dict[str, tuple[int, str]] = {}
    for event in events:
        about = event.get("involvedObject") or {}
        uid, version = about.get("uid", ""), about.get("resourceVersion", "")
        if event.get("reason") != REFUSAL or uid not in since or not version.isdigit():
            continue
        if since[uid].isdigit() and int(version) >= max(int(since[uid]), found.get(uid, (0, ""))[0]):
            found[uid] = int(version), event.get("message", "")
    return {uid: text for uid, (_, text) in found.items()}


def judge(states: Sequence[State]) -> Fact:
    """The fact `Accepted` of a profile's objects."""
    waiting = []
    for state in states:
        current = [b for b in state.bindings if b.generation == state.generation]
        for binding in current:
            if not binding.accepted:
                return _refused(state, f"for {binding.by}: {binding.message}")
        if state.refusal and not current:
            return _refused(state, state.refusal)
        if not current and not state.running:
            waiting.append(state.ref)
    if waiting:
        return Fact(Condition.ACCEPTED, "Unknown", Reason.PENDING, f"prometheus-operator has not said anything of {waiting[0]} yet.")
    return Fact(Condition.ACCEPTED, "True", Reason.ACCEPTED, "prometheus-operator has taken every object.")


def _refused(state: State, why: str) -> Fact:
    hint = state.suspect or "its log has the reason"
    return Fact(Condition.ACCEPTED, "False", Reason.NOT_ACCEPTED, f"prometheus-operator refuses {state.ref}: {why}; {hint}.")
