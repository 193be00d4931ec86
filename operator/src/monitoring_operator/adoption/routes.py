"""RoutesLive: does every replica of Alertmanager run a configuration that has the profile's routes in it?

From our Secret prometheus-operator makes another, `alertmanager-<name>-generated`, which the pods mount. What a pod has loaded it
tells by a hash of the text: the first six bytes of its MD5 as a little-endian number (alertmanager config/coordinator.go).
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """A configuration as prometheus-operator made it: its hash, and for each receiver that it defines and routes to a fingerprint
    of the text that does so.
    """

    hash: float
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sight:
    """An Alertmanager object: why prometheus-operator refuses its configuration (empty: it does not), and what its replicas run.

    `current` is the configuration that they should run, None while there is none that is younger than our Secret; `known` are the
    configurations of late, by hash: who runs an older one may well have the same routes for one profile.
    """

    name: str
    refusal: str
    current: Generated | None
    known: Mapping[float, Generated]
    pages: tuple[Page[Running], ...]


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
    return Generated(config_hash(data), parts_of(data.decode(errors="replace")))


def config_hash(text: bytes) -> float:
    """Alertmanager's hash of a configuration."""
    return float(int.from_bytes(hashlib.md5(text, usedforsecurity=False).digest()[:6], "little"))


def parts_of(text: str) -> Mapping[str, str]:
    """The receivers that a configuration both defines and routes to, each with a fingerprint of what it says of them.

    Found line by line: parsing a configuration of a thousand profiles as YAML would take seconds, each time it changes.
    """
    routed: dict[str, str] = {}
    defined: dict[str, str] = {}
    for item in _items(text):
        for name in _ROUTED.findall(item):
            routed[_unquoted(name)] = item
        for name in _DEFINED.findall(item):
            defined[_unquoted(name)] = item
    return {n: hashlib.blake2b((routed[n] + defined[n]).encode(), digest_size=16).hexdigest() for n in routed.keys() & defined.keys()}


def _items(text: str) -> Iterator[str]:
    """The elements of the outermost lists of a YAML text in block style: the routes of profiles, and receivers."""
    block: list[str] = []
    indent: int | None = None
    for line in text.splitlines():
        if line[:1] not in ("", " ", "-", "#"):
            # A field of the document: a list below it may be indented otherwise.
            yield "\n".join(block)
            block, indent = [], None
            continue
        depth = len(line) - len(line.lstrip(" "))
        if line[depth : depth + 2] == "- " and (indent is None or depth <= indent):
            yield "\n".join(block)
            block, indent = [], depth
        if indent is not None:
            block.append(line)
    yield "\n".join(block)


def _unquoted(value: str) -> str:
    return value.strip("\"'")


def refusal(alertmanager: Object) -> str:
    """Why prometheus-operator could not take the configuration of an Alertmanager object (as JSON); empty if it could."""
    for condition in (alertmanager.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Reconciled" and condition.get("status") == "False":
            return str(condition.get("message") or condition.get("reason") or "no reason given")
    return ""


def judge(sights: Sequence[Sight], receivers: Iterable[str], *, overdue: bool) -> Fact:
    """The fact `RoutesLive` of a profile whose part, with these receivers, stands in the Secret of these Alertmanager objects."""
    wanted = frozenset(receivers)
    facts = [fact for sight in sights if (fact := _one(sight, wanted, overdue=overdue)) is not None]
    for status in ("False", "Unknown"):
        for fact in facts:
            if fact.status == status:
                return fact
    names = ", ".join(s.name for s in sights)
    return Fact(Condition.ROUTES_LIVE, "True", Reason.ROUTES_LIVE, f"Every replica of {names} runs the profile's routes.")


def _one(sight: Sight, wanted: frozenset[str], *, overdue: bool) -> Fact | None:
    """What keeps one Alertmanager from running the profile's routes; None if nothing does."""
    if sight.refusal:
        why = f"prometheus-operator refuses the configuration of {sight.name}: {sight.refusal}"
        return _fact("False", Reason.ALERTMANAGER_CONFIG_REJECTED, why)
    if sight.current is not None and wanted <= sight.current.parts.keys():
        return _running(sight, sight.current, wanted, overdue=overdue)
    if not overdue:
        return _fact("Unknown", Reason.PENDING, f"prometheus-operator has yet to take the profile's routes into {sight.name}.")
    why = f"prometheus-operator has not taken the profile's routes into the configuration of {sight.name}; see its log."
    return _fact("False", Reason.ALERTMANAGER_OUTDATED, why)


def _running(sight: Sight, current: Generated, wanted: frozenset[str], *, overdue: bool) -> Fact | None:
    answers = [(p.replica, p.content) for p in sight.pages if p.content is not None]
    if not answers:
        who, why = min(((str(p.replica), p.failure) for p in sight.pages), default=(sight.name, "it has no replicas"))
        return _fact("Unknown", Reason.ALERTMANAGER_UNREACHABLE, f"{who} does not answer ({why}).")
    refusing = [r for r, running in answers if running.hash != current.hash and not running.reloaded]
    if refusing:
        why = f"{refusing[0]} refuses the new configuration and keeps its old one; see its log."
        return _fact("False", Reason.ALERTMANAGER_CONFIG_REJECTED, why)
    behind = [r for r, running in answers if not _same(current, sight.known.get(running.hash), wanted)]
    if behind and overdue:
        why = f"{behind[0]} still runs an older configuration; see its config-reloader's log."
        return _fact("False", Reason.ALERTMANAGER_OUTDATED, why)
    if behind:
        return _fact("Unknown", Reason.PENDING, f"{behind[0]} has yet to load the configuration; that takes up to two minutes.")
    return None


def _same(current: Generated, running: Generated | None, wanted: frozenset[str]) -> bool:
    return running is not None and all(running.parts.get(n) == current.parts[n] for n in wanted)


def _fact(status: Verdict, reason: str, message: str) -> Fact:
    return Fact(Condition.ROUTES_LIVE, status, reason, message)
