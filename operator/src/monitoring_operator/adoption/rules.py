"""Loaded: is what we wrote in the rules that Prometheus evaluates, and does it evaluate without errors?

prometheus-operator names a rule file `<namespace>-<name>-<uid>.yaml`, so that the API's `file` says which PrometheusRule it is.
API: https://prometheus.io/docs/prometheus/latest/querying/api/#rules
"""

import hashlib
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring_operator.adoption.expected import Line, Prints, Rules, line, prints
from monitoring_operator.adoption.pages import NOT_ASKED, NotAsExpected, Page, elements, silent
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason

PATH = "/api/v1/rules?exclude_alerts=true"
SHOWN = 3

REMEMBERED = 4
"""Pages of rules, the last few: of replicas that do not agree, or that are between two configurations."""

_MOMENT = re.compile(rb'"(?:lastEvaluation":"\d{4}-\d\d-\d\dT[^"\\]*"|evaluationTime":[-+.\de]+)')
"""When and how long something was evaluated: the only thing that changes on its own. As a text inside the page its quotes are escaped."""
_UID = re.compile(r"-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.yaml$")


@dataclass(frozen=True, slots=True)
class File:
    """A loaded rule file: its fingerprints, and the rules that cannot be evaluated, with the last error."""

    prints: Prints
    failing: tuple[tuple[str, str], ...] = ()


def parse(body: bytes, uids: Iterable[str]) -> dict[str, File]:
    """The loaded files of PrometheusRules with these UIDs, by UID. Raises NotAsExpected."""
    wanted = frozenset(uids)
    lines: dict[str, list[Line]] = {}
    failing: dict[str, list[tuple[str, str]]] = {}
    try:
        for group in elements(body, "groups"):
            found = _UID.search(group["file"])
            if found is None or found[1] not in wanted:
                continue
            for rule in group["rules"]:
                known = lines.setdefault(found[1], [])
                known.append(line(group["name"], rule["name"], rule["query"], rule.get("duration", 0.0), rule))
                if rule["health"] == "err":
                    failing.setdefault(found[1], []).append((rule["name"], rule.get("lastError") or "no reason given"))
    except (KeyError, TypeError) as error:
        raise NotAsExpected("not rules of Prometheus' HTTP API") from error
    return {uid: File(prints(ls), tuple(failing.get(uid, ()))) for uid, ls in lines.items()}


class Reader:
    """Reads page after page: one that says what an earlier one said, of this replica or another, costs a tenth."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, frozenset[str]], dict[str, File]] = {}
        self._reading = threading.Lock()

    def read(self, body: bytes, uids: frozenset[str]) -> dict[str, File]:
        """As `parse`; from any thread. What is returned is not to be changed. Raises NotAsExpected."""
        # Replicas answer at the same time and the same: who comes second waits, and then need not read.
        with self._reading:
            key = _gist(body), uids
            found = self._known.pop(key, None)
            if found is None:
                found = parse(body, uids)
            self._known[key] = found
            while len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
        return found


def _gist(body: bytes) -> bytes:
    """A digest of everything in a page but moments; without a copy of the page."""
    digest, whole, at = hashlib.blake2b(), memoryview(body), 0
    for moment in _MOMENT.finditer(body):
        digest.update(whole[at : moment.start()])
        at = moment.end()
    digest.update(whole[at:])
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Heard:
    """What one who selects a PrometheusRule answered. `rewrites`: it enforces a namespace label, and so changes every rule."""

    pages: Sequence[Page[dict[str, File]]]
    rewrites: bool = False

    def runs(self, rule: Rules, uid: str) -> bool:
        """Whether every replica that answers has the rule as it is now, as far as that can be told, and one of each shard answers."""
        return bool(self.pages) and not silent(self.pages) and not self.lacks(rule, uid)

    def has_taken(self, rule: Rules, uid: str) -> bool:
        """Whether any replica has the rule as it is now: then prometheus-operator has accepted it, wherever else it has yet to arrive."""
        answers = [p.content for p in self.pages if p.content is not None]
        return any(uid in a and self._same(a[uid].prints, rule.prints) for a in answers)

    def lacks(self, rule: Rules, uid: str) -> bool:
        """Whether a replica that answers does not have the rule as it is now."""
        answers = [p.content for p in self.pages if p.content is not None]
        return not all(uid in a and self._same(a[uid].prints, rule.prints) for a in answers)

    def _same(self, there: Prints, wanted: Prints) -> bool:
        return there.names == wanted.names if self.rewrites else there == wanted


def judge(rules: Sequence[Rules], uids: Mapping[Ref, str], heard: Mapping[Ref, Mapping[Ref, Heard]], *, overdue: bool) -> Fact | None:
    """The fact `Loaded`; None for a profile without rules.

    `heard` are the answers by PrometheusRule and by who selects it. `overdue` means that there was time enough for everything.
    """
    if not rules:
        return None
    worst: Fact | None = None
    for rule in rules:
        fact = _one(rule, uids.get(rule.ref, ""), heard.get(rule.ref) or {}, overdue=overdue)
        if fact is not None and (worst is None or (worst.status, fact.status) == ("Unknown", "False")):
            worst = fact
    if worst is not None:
        return worst
    objects = "1 PrometheusRule" if len(rules) == 1 else f"{len(rules)} PrometheusRules"
    return Fact(Condition.LOADED, "True", Reason.LOADED, f"{sum(r.alerts for r in rules)} alerts in {objects} are evaluated.")


def _one(rule: Rules, uid: str, by: Mapping[Ref, Heard], *, overdue: bool) -> Fact | None:
    """What keeps one PrometheusRule from being evaluated everywhere it should be; None if nothing does."""
    everywhere = [p for heard in by.values() for p in heard.pages]
    for page in everywhere:
        failing = (page.content or {}).get(uid, _NOTHING).failing
        if failing:
            texts = "; ".join(f"{name}: {error}" for name, error in failing[:SHOWN])
            return Fact(Condition.LOADED, "False", Reason.RULE_FAILS, f"{page.replica} cannot evaluate rules of {rule.ref}: {texts}")
    if any(heard.runs(rule, uid) for heard in by.values()):
        return None
    if not by:
        return Fact(Condition.LOADED, "Unknown", Reason.PENDING, f"Waiting for somebody who selects {rule.ref}.")
    if not any(heard.lacks(rule, uid) for heard in by.values()):
        return unreachable(Condition.LOADED, {who: silent(heard.pages) for who, heard in by.items()})
    if overdue:
        return Fact(
            Condition.LOADED, "False", Reason.NOT_LOADED,
            f"{_names(by)} still runs without {rule.ref} as it is now; see the logs of prometheus-operator and of the config-reloader.",
        )  # fmt: skip
    return Fact(Condition.LOADED, "Unknown", Reason.PENDING, f"{_names(by)} has yet to load {rule.ref}; that takes up to two minutes.")


_NOTHING = File(Prints())


def _names(refs: Iterable[Ref]) -> str:
    return ", ".join(map(str, sorted(refs)))


def unreachable(type_: str, by: Mapping[Ref, Sequence[Page[Any]]]) -> Fact:
    """Nobody answered: not known, which is neither good nor bad."""
    failed = sorted((str(p.replica), p.failure) for pages in by.values() for p in pages)
    if not failed:
        return Fact(type_, "Unknown", Reason.PROMETHEUS_UNREACHABLE, f"{_names(by)} has no replicas that could be asked.")
    who, why = failed[0]
    if why == NOT_ASKED:
        return Fact(type_, "Unknown", Reason.PENDING, f"{who} has not been asked yet.")
    return Fact(type_, "Unknown", Reason.PROMETHEUS_UNREACHABLE, f"{who} does not answer ({why}).")
