"""Wrong versions of a rule: what a slip of the pen, or a well-meant change, would make of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser

Rule = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """A rule with one thing wrong; `change` says what, in words that are the same for every profile."""

    change: str
    rule: Rule


_COMPARISONS = {">": ("<", ">="), "<": (">", "<="), ">=": (">", "<"), "<=": ("<", ">"), "==": ("!=",)}
_SWAPS = (
    ('status="error"', ('status="success"', 'status!="error"')),
    ('status="success"', ('status="error"', 'status!="success"')),
    ('status!="cancelled"', ('status="cancelled"', 'status="success"')),
    ('"5.."', ('"4.."', '"50."', '"[45].."', '"...", endpoint=~".*"')),
    ('"rss"', ('"vms"',)),
    ('category="core"', ('category="realtime"',)),
    ('quota="tokens_per_day"', ('quota="tokens_per_hour"',)),
    ("histogram_quantile(0.95", ("histogram_quantile(0.5", "histogram_quantile(0.9", "histogram_quantile(0.99")),
    ("endpoint!~", ("endpoint=~",)),
    (" unless ", (" and ", " or ")),
    ("\nunless ", ("\nand ", "\nor ")),
    ("\nand ", ("\nor ", "\nunless ")),
    ("\nor ", ("\nand ", "\nunless ")),
    ("absent(", ("(",)),
    ("rate(", ("increase(",)),
    ("increase(", ("rate(",)),
    (" offset 1h", ("", " offset 30m", " offset 2h")),
    (" - 86400", ("", " + 86400", " - 43200")),
    ("- time() > 900", ("- time() > 0", "- time() > 1800", "+ time() > 900", "- time() < 900")),
    ("<= time()", (">= time()",)),
    (" > 0)", (" >= 0)", " < 0)", ")")),
    (" / ", (" * ",)),
)
_FENCE = ("namespace", "job")
_AGGREGATIONS = {"sum": ("max", "min", "avg", "count"), "max": ("sum", "min", "avg", "count"), "min": ("max", "sum", "avg")}
_WINDOWS = {"5m": ("2m", "10m"), "10m": ("5m", "20m"), "8m": ("4m", "16m"), "16m": ("8m", "32m"), "1h": ("30m", "2h")}


def mutants(rule: Rule, threshold: str | None, min_events: str | None) -> Iterator[Mutant]:
    """Every mutant of `rule` that is still PromQL. `threshold` and `min_events` are the figures as they stand in the expression."""
    seen = {rule["expr"]}
    for change, expr in _expressions(rule["expr"], threshold, min_events):
        if expr not in seen and _parses(expr):
            seen.add(expr)
            yield Mutant(change, {**rule, "expr": expr})
    yield from _fields(rule)


def _fields(rule: Rule) -> Iterator[Mutant]:
    yield Mutant("no `for`", {key: value for key, value in rule.items() if key != "for"})
    for factor, waits in (("half", 0.5), ("one and a half", 1.5)):
        yield Mutant(f"{factor} of `for`", {**rule, "for": f"{int(_seconds(rule['for']) * waits)}s"})
    if "keep_firing_for" in rule:
        yield Mutant("no keep_firing_for", {key: value for key, value in rule.items() if key != "keep_firing_for"})
        yield Mutant("longer keep_firing_for", {**rule, "keep_firing_for": "1h"})
    for label, wrong in (("severity", "info"), ("signal", "other"), ("profile", "other")):
        if rule["labels"][label] != wrong:
            yield Mutant(f"wrong label {label}", {**rule, "labels": {**rule["labels"], label: wrong}})


def _expressions(expr: str, threshold: str | None, min_events: str | None) -> Iterator[tuple[str, str]]:
    yield from _comparisons(expr)
    for name, figure, part in (("threshold", threshold, 0.02), ("minEvents", min_events, 0.1)):
        if figure is not None:
            # Counts of events are whole: a small one is off by one at least.
            by = part * float(figure) if name == "threshold" else max(1.0, part * float(figure))
            yield from _figures(expr, name, figure, by)
    if "\nand " in expr:
        yield "guard dropped", expr[: expr.rindex("\nand ")]
    yield from _swaps(expr)
    yield from _aggregations(expr)
    yield from _matchers(expr)
    for index, found in enumerate(re.finditer(r"(?<=\[)\w+(?=\])", expr)):
        for wrong in _WINDOWS.get(found[0], ()):
            yield f"window {index}: {found[0]} becomes {wrong}", _put(expr, found, wrong)
    for index, clause in enumerate(re.split(r"\nor ", expr) if "\nor " in expr else ()):
        yield f"only clause {index}", clause


def _comparisons(expr: str) -> Iterator[tuple[str, str]]:
    for index, found in enumerate(re.finditer(r"(?<= )(>=|<=|==|>|<)(?= )", expr)):
        for wrong in _COMPARISONS[found[1]]:
            yield f"comparison {index}: {found[1]} becomes {wrong}", _put(expr, found, wrong)


def _figures(expr: str, name: str, figure: str, by: float) -> Iterator[tuple[str, str]]:
    for index, found in enumerate(re.finditer(rf"(?<=[>=] ){re.escape(figure)}(?![\d.])", expr)):
        yield f"{name} {index} lower", _put(expr, found, repr(float(figure) - by))
        yield f"{name} {index} higher", _put(expr, found, repr(float(figure) + by))


def _swaps(expr: str) -> Iterator[tuple[str, str]]:
    for original, wrongs in _SWAPS:
        for index, found in enumerate(re.finditer(re.escape(original), expr)):
            for wrong in wrongs:
                yield f"{original.strip()} {index} becomes {wrong.strip() or 'nothing'}", _put(expr, found, wrong)


def _aggregations(expr: str) -> Iterator[tuple[str, str]]:
    for index, found in enumerate(re.finditer(r"\b(sum|max|min)(?= by )", expr)):
        for wrong in _AGGREGATIONS[found[1]]:
            yield f"aggregation {index}: {found[1]} becomes {wrong}", _put(expr, found, wrong)
    for index, found in enumerate(re.finditer(r"(?<= by \()[^)]*(?=\))", expr)):
        labels = found[0].split(", ")
        for label in labels[1:]:
            yield f"grouping {index} without {label}", _put(expr, found, ", ".join(other for other in labels if other != label))
    for label in ("instance", "tenant_id", "property_id", "pool_type", "search_type", "endpoint", "label", "job"):
        everywhere = re.sub(rf", {label}(?=[,)])", "", expr)
        yield f"all groupings without {label}", everywhere
    for index, found in enumerate(re.finditer(r"(?<= on \()[^)]*(?=\))", expr)):
        labels = found[0].split(", ")
        for label in labels:
            if label in _FENCE:
                continue  # both sides are fenced already
            yield f"matching {index} without {label}", _put(expr, found, ", ".join(other for other in labels if other != label))


def _matchers(expr: str) -> Iterator[tuple[str, str]]:
    for index, found in enumerate(re.finditer(r"(?<={)[^}]*(?=})", expr)):
        matchers = re.findall(r'\w+(?:=~|!~|!=|=)"(?:[^"\\]|\\.)*"', found[0])
        for matcher in matchers:
            label = re.split(r"[!=]", matcher, maxsplit=1)[0]
            if label in _FENCE:
                continue  # an operand alone is still fenced by those that it is matched with
            yield f"selector {index} without {label}", _put(expr, found, ",".join(other for other in matchers if other != matcher))
    for label in _FENCE:
        yield f"all selectors without {label}", re.sub(rf'\b{label}="[^"]*",?', "", expr)


def _put(expr: str, found: re.Match[str], replacement: str) -> str:
    return expr[: found.start()] + replacement + expr[found.end() :]


def _parses(expr: str) -> bool:
    try:
        promql_parser.parse(expr)
    except ValueError:
        return False
    return True


def _seconds(duration: str) -> float:
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([hms])", duration))
