"""What a PromQL expression is about: its selectors, and the labels it speaks of."""

from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser

from app_metrics.catalogue import BY_NAME, FOREIGN, METRICS, TARGET_LABELS, series_of

_VARIABLES = {"$__rate_interval": "5m", "$__interval": "1m", "$__range": "1h"}

SERIES = {name: metric for metric in METRICS for name in series_of(metric)}
"""Every series that the library exposes, with its metric."""


@dataclass(frozen=True)
class Selector:
    """One selector: the metric's name and its matchers as (label, operator, value)."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]
    range_seconds: float | None
    inside: str
    """Name of the innermost function around it, or nothing."""


def parsed(expression: str) -> promql_parser.Expr:
    """The expression as a tree, Grafana's interval variables filled in. Raises ValueError for what is not PromQL."""
    for variable, value in _VARIABLES.items():
        expression = expression.replace(variable, value)
    return promql_parser.parse(expression)


def selectors(expression: str) -> list[Selector]:
    """Every selector in the expression."""
    found: list[Selector] = []
    functions: list[str] = []
    ranges: list[float] = []

    def enter(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.Call):
            functions.append(node.func.name)
        elif isinstance(node, promql_parser.MatrixSelector):
            ranges.append(node.range.total_seconds())
        elif isinstance(node, promql_parser.VectorSelector):
            matchers = tuple((m.name, _operator(m.op), m.value) for m in node.matchers.matchers)
            found.append(Selector(node.name or "", matchers, ranges[-1] if ranges else None, functions[-1] if functions else ""))

    def leave(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.Call):
            functions.pop()
        elif isinstance(node, promql_parser.MatrixSelector):
            ranges.pop()

    promql_parser.walk(parsed(expression), enter, leave)
    return found


def grouping_labels(expression: str) -> set[str]:
    """Labels that the expression groups by or matches on."""
    found: set[str] = set()

    def enter(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            found.update(node.modifier.labels)
        elif isinstance(node, promql_parser.BinaryExpr) and node.modifier is not None and node.modifier.matching is not None:
            found.update(node.modifier.matching.labels)

    promql_parser.walk(parsed(expression), enter)
    return found


def unknown(expression: str) -> Iterator[str]:
    """What the expression names and nobody exposes: metrics, and labels that the metric beside them does not have."""
    known: set[str] = set(TARGET_LABELS)
    for selector in selectors(expression):
        labels = labels_of(selector.metric)
        if labels is None:
            yield f"metric {selector.metric}"
            continue
        known |= labels
        for label, _, _ in selector.matchers:
            if label not in labels:
                yield f"label {label} of {selector.metric}"
    for label in sorted(grouping_labels(expression) - known):
        yield f"label {label}"


def labels_of(series: str) -> frozenset[str] | None:
    """Labels that a series may carry; None if it is nobody's. A selector without a name may be anything."""
    if not series:
        return frozenset({"__name__"}).union(*(m.labels for m in METRICS)) | TARGET_LABELS
    if series in FOREIGN:
        return FOREIGN[series] | TARGET_LABELS
    metric = SERIES.get(series)
    if metric is None:
        return None
    bucket = {"le"} if metric.type == "histogram" and series.endswith("_bucket") else set()
    return frozenset({*metric.labels, *bucket}) | TARGET_LABELS


def buckets(metric: str) -> tuple[float, ...]:
    """Finite bucket bounds of a histogram."""
    return BY_NAME[metric].buckets


def _operator(operator: promql_parser.MatchOp) -> str:
    return {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}[str(operator).rpartition(".")[2]]
