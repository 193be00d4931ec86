"""RoutesLive: does every replica of Alertmanager run a configuration that has the profile's routes in it?

From our Secret prometheus-operator makes another, `alertmanager-<name>-generated`, which the pods mount. What a pod has loaded it
tells by a hash of the text: the first six bytes of its MD5 as a little-endian number (alertmanager config/coordinator.go).
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring_operator.adoption.pages import NotAsExpected, Page
from monitoring_operator.api.facts import Fact, Verdict
from monitoring_operator.api.names import Condition, Reason

Object = Mapping[str, Any]

PATH = "/metrics"
GENERATED_KEY = "alertmanager.yaml.gz"

_HASH = re.compile(rb"^alertmanager_config_hash(?:\{[^}]*\})? (\S+)$", re.MULTILINE)
_RELOADED = re.compile(rb"^alertmanager_config_last_reload_successful(?:\{[^}]*\})? (\S+)$", re.MULTILINE)
_DEFINED = re.compile(r"^[\s-]*name:\s*(\S+)\s*$", re.MULTILINE)
_ROUTED = re.compile(r"^[\s-]*receiver:\s*(\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Running:
    """What one replica says of its configuration."""

    hash: float
    reloaded: bool


@dataclass(frozen=True, slots=True)
class Generated:
    """A configuration as prometheus-operator made it: its hash, and the receivers that it both defines and routes to.

    `version` is that of the Secret that brought it.
    """

    hash: float
    receivers: frozenset[str]
    version: int


@dataclass(frozen=True, slots=True)
class Sight:
    """An Alertmanager object: why prometheus-operator refuses its configuration (empty: it does not), and what its replicas run.

    `current` is the configuration that they should run, `known` are those of late by hash: who runs an older one may well have the
    routes of a profile that has not changed since.
    """

    name: str
    refusal: str
    current: Generated | None
    known: Mapping[float, Generated]
    pages: tuple[Page[Running], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A profile's part of the configuration: its receivers, and the version of our Secret with which they came to be as they are.

    Versions count all writes of the cluster: a configuration that is younger was made from a Secret that has them.
    """

    receivers: frozenset[str]
    since: int = 0

    def stands_in(self, made: Generated | None) -> bool:
        """Whether a configuration has the part as it is now."""
        return made is not None and made.version > self.since and self.receivers <= made.receivers


def parse(page: bytes) -> Running:
    """What the metrics page of an Alertmanager says. Raises NotAsExpected."""
    found, reloaded = _HASH.search(page), _RELOADED.search(page)
    if found is None:
        raise NotAsExpected("not the metrics of an Alertmanager")
    return Running(float(found[1]), reloaded is None or float(reloaded[1]) == 1)


def generated(secret: Object) -> Generated | None:
    """The configuration in a generated Secret (as JSON); None if it has none that can be read."""
    try:
        packed = base64.b64decode((secret.get("data") or {})[GENERATED_KEY], validate=True)
        data = gzip.decompress(packed)
    except (KeyError, ValueError, OSError, EOFError):
        return None
    version = secret["metadata"].get("resourceVersion", "")
    return Generated(config_hash(data), receivers_in(data.decode(errors="replace")), int(version) if version.isdigit() else 0)


def config_hash(text: bytes) -> float:
    """Alertmanager's hash of a configuration."""
    return float(int.from_bytes(hashlib.md5(text, usedforsecurity=False).digest()[:6], "little"))


def receivers_in(text: str) -> frozenset[str]:
    """Names of the receivers that a configuration both defines and routes to.

    Found line by line: parsing a configuration of a thousand profiles as YAML would take seconds, each time it changes.
    """
    return frozenset(map(_unquoted, _DEFINED.findall(text))) & frozenset(map(_unquoted, _ROUTED.findall(text)))


def _unquoted(value: str) -> str:
    return value.strip("\"'")


def refusal(alertmanager: Object) -> str:
    """Why prometheus-operator could not take the configuration of an Alertmanager object (as JSON); empty if it could."""
    for condition in (alertmanager.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Reconciled" and condition.get("status") == "False":
            return str(condition.get("message") or condition.get("reason") or "no reason given")
    return ""


def judge(sights: Sequence[Sight], part: Part, *, overdue: bool) -> Fact:
    """The fact `RoutesLive` of a profile whose part stands in the Secret of these Alertmanager objects."""
    facts = [fact for sight in sights if (fact := _one(sight, part, overdue=overdue)) is not None]
    for status in ("False", "Unknown"):
        for fact in facts:
            if fact.status == status:
                return fact
    names = ", ".join(s.name for s in sights)
    return Fact(Condition.ROUTES_LIVE, "True", Reason.ROUTES_LIVE, f"Every replica of {names} runs the profile's routes.")


def _one(sight: Sight, part: Part, *, overdue: bool) -> Fact | None:
    """What keeps one Alertmanager from running the profile's routes; None if nothing does."""
    if sight.refusal:
        why = f"prometheus-operator refuses the configuration of {sight.name}: {sight.refusal}"
        return _fact("False", Reason.ALERTMANAGER_CONFIG_REJECTED, why)
    if sight.current is not None and part.stands_in(sight.current):
        return _running(sight, sight.current, part, overdue=overdue)
    if not overdue:
        return _fact("Unknown", Reason.PENDING, f"prometheus-operator has yet to take the profile's routes into {sight.name}.")
    why = f"prometheus-operator has not taken the profile's routes into the configuration of {sight.name}; see its log."
    return _fact("False", Reason.ALERTMANAGER_OUTDATED, why)


def _running(sight: Sight, current: Generated, part: Part, *, overdue: bool) -> Fact | None:
    answers = [(p.replica, p.content) for p in sight.pages if p.content is not None]
    if not answers:
        who, why = min(((str(p.replica), p.failure) for p in sight.pages), default=(sight.name, "it has no replicas"))
        return _fact("Unknown", Reason.ALERTMANAGER_UNREACHABLE, f"{who} does not answer ({why}).")
    refusing = [r for r, running in answers if running.hash != current.hash and not running.reloaded]
    if refusing:
        why = f"{refusing[0]} refuses the new configuration and keeps its old one; see its log."
        return _fact("False", Reason.ALERTMANAGER_CONFIG_REJECTED, why)
    behind = [r for r, running in answers if not part.stands_in(sight.known.get(running.hash))]
    if behind and overdue:
        why = f"{behind[0]} still runs an older configuration; see its config-reloader's log."
        return _fact("False", Reason.ALERTMANAGER_OUTDATED, why)
    if behind:
        return _fact("Unknown", Reason.PENDING, f"{behind[0]} has yet to load the configuration; that takes up to two minutes.")
    return None


def _fact(status: Verdict, reason: str, message: str) -> Fact:
    return Fact(Condition.ROUTES_LIVE, status, reason, message)
