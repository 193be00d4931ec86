"""Expressions about the profile's own metrics that can never see anything: labels they do not have, bounds they cannot exceed.

Only selectors that name the profile's job are judged. A metric of the same name that another job exposes may be anything.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from monitoring_operator.api.profile import Profile
from monitoring_operator.content import parameters, promql

if TYPE_CHECKING:
    from promql_parser import Expr


def problems(expression: str, profile: Profile) -> Iterator[str]:
    """What of `expression` never comes true. Raises ValueError for what is not PromQL."""
    import promql_parser  # noqa: PLC0415 -- a compiled library that only profiles with rules of their own need

    found: list[str] = []

    def enter(node: "Expr") -> None:
        match node:
            case promql_parser.VectorSelector():
                found.extend(_unknown_labels(node, profile))
            case promql_parser.BinaryExpr():
                found.extend(_beyond_the_buckets(node, profile))

    promql_parser.walk(promql.parsed(expression), enter)
    yield from dict.fromkeys(found)


def _unknown_labels(selector: Any, profile: Profile) -> Iterator[str]:
    # Imported here, and below: without rules of the user's own nothing of the library's is needed.
    from app_metrics.catalogue import METRICS, TARGET_LABELS, series_of  # noqa: PLC0415

    metric = next((m for m in METRICS if selector.name in series_of(m)), None)
    if metric is None or not _is_about(selector, profile):
        return
    known = {*metric.labels, *TARGET_LABELS, *(["le"] if selector.name.endswith("_bucket") else [])}
    for matcher in selector.matchers.matchers:
        # A label that is not there is an empty one, and so matchers for that are as good as none.
        if matcher.name not in known and matcher.value:
            yield f"{selector.name} has no label {matcher.name}; it has {', '.join(sorted(known))}"


def _beyond_the_buckets(node: Any, profile: Profile) -> Iterator[str]:
    import promql_parser  # noqa: PLC0415

    from app_metrics.catalogue import BY_NAME  # noqa: PLC0415

    left, right = _bare(node.lhs), _bare(node.rhs)
    quantile = isinstance(left, promql_parser.Call) and left.func.name == "histogram_quantile"
    if not quantile or not isinstance(right, promql_parser.NumberLiteral) or str(node.op) not in (">", ">="):
        return
    buckets: list[Any] = []

    def enter(inner: "Expr") -> None:
        if isinstance(inner, promql_parser.VectorSelector) and _is_about(inner, profile):
            buckets.append(BY_NAME.get((inner.name or "").removesuffix("_bucket")))

    promql_parser.walk(left, enter)
    for metric in buckets:
        # What lies beyond the highest bucket is taken for exactly its bound.
        if (
            metric is not None
            and metric.buckets
            and (right.val > metric.buckets[-1] or (right.val, str(node.op)) == (metric.buckets[-1], ">"))
        ):
            top = parameters.number(metric.buckets[-1])
            yield f"{parameters.number(right.val)} is never exceeded: {top} is the highest bucket of {metric.name}"


def _bare(node: Any) -> Any:
    import promql_parser  # noqa: PLC0415

    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    return node


def _is_about(selector: Any, profile: Profile) -> bool:
    return any(m.name == "job" and m.value == profile.name and str(m.op).endswith(".Equal") for m in selector.matchers.matchers)
