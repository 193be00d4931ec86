"""How far back an expression looks: beyond what Prometheus keeps there is nothing, and a rule that asks for it cannot work."""

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from monitoring_operator.api import durations
from monitoring_operator.api.profile import Problem, Profile
from monitoring_operator.content import promql
from monitoring_operator.content.effective import effective

if TYPE_CHECKING:
    from promql_parser import Expr


SHAPES = 4096
"""Expressions of which it is remembered, whatever stands in their texts: those of a thousand profiles differ in nothing else."""


def reach(expression: str) -> float:
    """Seconds from an evaluation back to the oldest sample that `expression` asks for: ranges, offsets and subqueries, added up.

    What is pinned to a time by `@` counts as if it were not. Raises ValueError for what is not PromQL, texts in quotes left aside.
    """
    return _reach(promql.without_texts(expression))


@lru_cache(SHAPES)
def _reach(expression: str) -> float:
    import promql_parser  # noqa: PLC0415 -- a compiled library that only profiles with rules of their own need

    around = [0.0]
    longest = [0.0]

    def enter(node: "Expr") -> None:
        match node:
            case promql_parser.MatrixSelector():
                around.append(around[-1] + _seconds(node.range))
            case promql_parser.SubqueryExpr():
                around.append(around[-1] + _seconds(node.range) + _seconds(node.offset))
            case promql_parser.VectorSelector():
                longest.append(around[-1] + _seconds(node.offset))

    def leave(node: "Expr") -> None:
        if isinstance(node, (promql_parser.MatrixSelector, promql_parser.SubqueryExpr)):
            around.pop()

    promql_parser.walk(promql.parsed(expression), enter, leave)
    return max(longest)


def _seconds(length: timedelta | None) -> float:
    return length.total_seconds() if length is not None else 0.0


def problems(profile: Profile, kept: float | None) -> tuple[Problem, ...]:
    """The rules of `profile` that look further back than the `kept` seconds that Prometheus remembers, sorted; None is unknown."""
    if kept is None or not profile.spec.alerts.enabled:
        return ()
    found = []
    for index, extra in enumerate(profile.spec.alerts.extra):
        try:
            length = reach(extra.expr)
        except ValueError:
            # Said elsewhere, in the parser's words.
            continue
        if length > kept:
            found.append(Problem(f"spec.alerts.extra[{index}].expr", _beyond(length, kept)))
    for alert in effective(profile):
        length = reach(alert.expr)
        if length > kept:
            path = f"spec.alerts.rules.{alert.alert.name}"
            found.append(Problem(path, f"{_beyond(length, kept)}: keep more there, or switch the alert off by {path}.enabled: false"))
    return tuple(sorted(found))


def _beyond(length: float, kept: float) -> str:
    return f"looks back {durations.text(length)}, and Prometheus keeps {durations.text(kept)}"
