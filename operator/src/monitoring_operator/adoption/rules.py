"""Loaded: is what we wrote in the rules that Prometheus evaluates, and does it evaluate without errors?

prometheus-operator names a rule file `<namespace>-<name>-<uid>.yaml`, so that the API's `file` says which PrometheusRule it is.
API: https://prometheus.io/docs/prometheus/latest/querying/api/#rules
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring_operator.adoption.expected import Line, Rules, content_of, line, names_of
from monitoring_operator.adoption.pages import NOT_ASKED, NotAsExpected, Page, elements
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason

PATH = "/api/v1/rules?exclude_alerts=true"
SHOWN = 3

_UID = re.compile(r"-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.yaml$")


@dataclass(frozen=True, slots=True)
class File:
    """A loaded rule file: its fingerprints as in `expected.Rules`, and the rules that cannot be evaluated, with the last error."""

    names: str
    content: str
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
                known.append(
                    line(group["name"], rule["name"], rule.get("duration", 0.0), rule.get("labels") or {}, rule.get("annotations") or {})
                )
                if rule["health"] == "err":
                    failing.setdefault(found[1], []).append((rule["name"], rule.get("lastError") or "no reason given"))
    except (KeyError, TypeError) as error:
        raise NotAsExpected("not rules of Prometheus' HTTP API") from error
    return {uid: File(names_of(ls), content_of(ls), tuple(failing.get(uid, ()))) for uid, ls in lines.items()}


Pages = Sequence[Page[dict[str, File]]]


def judge(rules: Sequence[Rules], uids: Mapping[Ref, str], pages: Mapping[Ref, Mapping[Ref, Pages]], *, overdue: bool) -> Fact | None:
    """The fact `Loaded`; None for a profile without rules.

    `pages` are the answers by PrometheusRule and by who selects it. `overdue` means that there was time enough for everything.
    """
    if not rules:
        return None
    worst: Fact | None = None
    for rule in rules:
        fact = _one(rule, uids.get(rule.ref, ""), pages.get(rule.ref) or {}, overdue=overdue)
        if fact is not None and (worst is None or (worst.status, fact.status) == ("Unknown", "False")):
            worst = fact
    if worst is not None:
        return worst
    return Fact(
        Condition.LOADED, "True", Reason.LOADED, f"{sum(r.alerts for r in rules)} alerts in {len(rules)} PrometheusRules are evaluated."
    )


def loaded(rule: Rules, uid: str, pages: Pages) -> bool:
    """Whether every replica that answers has the rule as it is now."""
    answers = [p.content for p in pages if p.content is not None]
    return bool(answers) and all(uid in a and a[uid].content == rule.content for a in answers)


def _one(rule: Rules, uid: str, by: Mapping[Ref, Pages], *, overdue: bool) -> Fact | None:
    """What keeps one PrometheusRule from being evaluated everywhere it should be; None if nothing does."""
    everywhere = [p for pages in by.values() for p in pages]
    for page in everywhere:
        failing = (page.content or {}).get(uid, _NOTHING).failing
        if failing:
            texts = "; ".join(f"{name}: {error}" for name, error in failing[:SHOWN])
            return Fact(Condition.LOADED, "False", Reason.RULE_FAILS, f"{page.replica} cannot evaluate rules of {rule.ref}: {texts}")
    if any(_taken(rule, uid, pages, overdue=overdue) for pages in by.values()):
        return None
    if not by:
        return Fact(Condition.LOADED, "Unknown", Reason.PENDING, f"Waiting for somebody who selects {rule.ref}.")
    if all(p.content is None for p in everywhere):
        return unreachable(Condition.LOADED, by)
    if overdue:
        return Fact(
            Condition.LOADED, "False", Reason.NOT_LOADED,
            f"{_names(by)} still runs without {rule.ref} as it is now; see the logs of prometheus-operator and of the config-reloader.",
        )  # fmt: skip
    return Fact(Condition.LOADED, "Unknown", Reason.PENDING, f"{_names(by)} has yet to load {rule.ref}; that takes up to two minutes.")


_NOTHING = File("", "")


def _taken(rule: Rules, uid: str, pages: Pages, *, overdue: bool) -> bool:
    answers = [p.content for p in pages if p.content is not None]
    if overdue:
        # An admission webhook may have changed a setting, and would do so for ever: the names are what is sure.
        return bool(answers) and all(uid in a and a[uid].names == rule.names for a in answers)
    return loaded(rule, uid, pages)


def _names(refs: Iterable[Ref]) -> str:
    return ", ".join(map(str, sorted(refs)))


def unreachable(type_: str, by: Mapping[Ref, Sequence[Page[Any]]]) -> Fact:
    """Nobody answered: not known, which is neither good nor bad."""
    failed = sorted((str(p.replica), p.failure) for pages in by.values() for p in pages)
    if not failed:
        return Fact(type_, "Unknown", Reason.PROMETHEUS_UNREACHABLE, f"{_names(by)} has no replicas.")
    who, why = failed[0]
    if why == NOT_ASKED:
        return Fact(type_, "Unknown", Reason.PENDING, f"{who} has not been asked yet.")
    return Fact(type_, "Unknown", Reason.PROMETHEUS_UNREACHABLE, f"{who} does not answer ({why}).")
