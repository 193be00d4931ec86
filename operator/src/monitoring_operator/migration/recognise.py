"""Which alert of the catalogue a rule written by hand is: by its name or, where only one can be meant, by what it measures and how."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from app_metrics.catalogue import METRICS, series_of
from monitoring_operator.content import catalogue
from monitoring_operator.content.catalogue import Alert

_NUMBER = r"(?P<number>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)"
_COMPARISON = re.compile(rf">=?\s*{_NUMBER}(?![\w.\[])")
_QUANTILE = re.compile(rf"histogram_quantile\s*\(\s*{_NUMBER}")
_MOST = {"ratio": 1.0, "percent": 100.0}


def override(name: str, severity: str, expr: str, for_: str | None) -> tuple[str, dict[str, Any]] | None:
    """The alert of the catalogue that a rule is, with what differs from the catalogue; None if it is none, or not surely."""
    found = _COMPARISON.findall(expr)
    if len(found) != 1:
        return None
    threshold = float(found[0])
    alert = _meant(name, severity, expr, threshold)
    if alert is None:
        return None
    change: dict[str, Any] = {}
    if threshold != alert.threshold:
        change["threshold"] = int(threshold) if threshold.is_integer() else threshold
    if for_ is not None and for_ != alert.for_:
        change["for"] = for_
    if severity != alert.severity:
        change["severity"] = severity
    if alert.scope is not None and (scope := "service" if re.match(r"\s*sum\s*\((?!.*\binstance\b)", expr) else "instance") != alert.scope:
        change["scope"] = scope
    return alert.name, change


def _meant(name: str, severity: str, expr: str, threshold: float) -> Alert | None:
    fitting = [a for a in catalogue.alerts().values() if a.threshold is not None and _fits(a, expr, threshold)]
    named = [a for a in fitting if _plain(a.name) == _plain(name)]
    if named:
        return named[0]
    alike = [a for a in fitting if a.severity == severity and _counts_failures(a.expr) == _counts_failures(expr)]
    return alike[0] if len(alike) == 1 else None


def _fits(alert: Alert, expr: str, threshold: float) -> bool:
    """Whether the rule measures only what the alert measures, the same quantile, in the same unit."""
    measured = metrics(expr)
    return (
        bool(measured)
        and measured <= metrics(alert.expr)
        and threshold < _MOST.get(str(alert.unit), float("inf"))
        and _quantile(expr) == _quantile(alert.expr)
        and ("/" in _bare(expr)) == ("/" in _bare(alert.expr))
    )


def metrics(expr: str) -> frozenset[str]:
    """The library's metrics that an expression names."""
    words = set(re.findall(r"[A-Za-z_:][\w:]*", _bare(expr)))
    return frozenset(_series()[word] for word in words & _series().keys())


def _counts_failures(expr: str) -> bool:
    return bool(re.search(r'"(error|5[.\\d]+|5xx)"', expr))


def _quantile(expr: str) -> float | None:
    found = _QUANTILE.search(expr)
    return float(found["number"]) if found else None


def _bare(expr: str) -> str:
    """Without strings and comments, in which anything may stand."""
    return re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`|#.*', '""', expr)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


@cache
def _series() -> Mapping[str, str]:
    return MappingProxyType({series: metric.name for metric in METRICS for series in series_of(metric)})
