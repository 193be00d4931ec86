"""MetricsPresent: which alerts have nothing to look at, because Prometheus has no series of a metric that they need."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from monitoring_operator.adoption.expressions import SHAPES, shape
from monitoring_operator.adoption.pages import NotAsExpected, elements
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.resources import PROMETHEUS_RULE

SHOWN = 5

_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*[{\[]")
_MINDS_ABSENCE = re.compile(r"\b(?:absent|absent_over_time|or|unless)\b")
_FOREIGN = frozenset({"up", "ALERTS", "ALERTS_FOR_STATE"})

Needs = Mapping[str, frozenset[str]]
"""Alert to the metrics without which it can never fire."""
Seen = Mapping[tuple[str, str], frozenset[str]]
"""Namespace and job to the metrics that there are series of."""


def needs(manifests: Iterable[Manifest]) -> Needs:
    """What the alerts in rendered objects need. Those that are about something being absent need nothing."""
    found: dict[str, frozenset[str]] = {}
    for manifest in manifests:
        if manifest.ref.resource != PROMETHEUS_RULE:
            continue
        for rule in (r for g in manifest.body["spec"]["groups"] for r in g["rules"] if "alert" in r):
            metrics = _of(shape(rule["expr"])[0])
            if metrics:
                found[rule["alert"]] = metrics
    return found


@lru_cache(SHAPES)
def _of(expression: str) -> frozenset[str]:
    return frozenset[str]() if _MINDS_ABSENCE.search(expression) else frozenset(_SELECTOR.findall(expression)) - _FOREIGN


def path(metrics: Iterable[str]) -> str:
    """The one query that finds these metrics for all profiles at once: path and query of a GET."""
    names = "|".join(sorted(metrics))
    return "/api/v1/query?" + urlencode({"query": f'group by (namespace, job, __name__) ({{__name__=~"{names}"}})'})


def parse(body: bytes) -> Seen:
    """The metrics that there are, by namespace and job. Raises NotAsExpected."""
    found: dict[tuple[str, str], set[str]] = {}
    try:
        for series in elements(body, "result"):
            labels: dict[str, Any] = series["metric"]
            found.setdefault((labels.get("namespace", ""), labels.get("job", "")), set()).add(labels["__name__"])
    except (KeyError, TypeError) as error:
        raise NotAsExpected("not a result of Prometheus' HTTP API") from error
    return {key: frozenset(names) for key, names in found.items()}


def judge(wanted: Needs, seen: Sequence[frozenset[str]]) -> Fact:
    """The fact `MetricsPresent`; `seen` are the profile's metrics in each Prometheus that was asked, none if nobody was yet."""
    if not seen:
        return Fact(Condition.METRICS_PRESENT, "Unknown", Reason.PENDING, "Nobody has looked yet.")
    there = frozenset().union(*seen)
    blind = sorted(alert for alert, metrics in wanted.items() if metrics - there)
    if not blind:
        return Fact(Condition.METRICS_PRESENT, "True", Reason.METRICS_PRESENT, "There are series of every metric that the alerts look at.")
    missing = sorted({m for alert in blind for m in wanted[alert]} - there)
    return Fact(
        Condition.METRICS_PRESENT, "False", Reason.METRICS_MISSING,
        f"{_listed(blind)} cannot fire, because Prometheus has no series of {_listed(missing)}. Expose them, or leave out of spec.packs "
        "what the application does not use; a metric with labels may only come with its first event.",
    )  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
