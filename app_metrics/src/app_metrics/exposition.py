"""The page that Prometheus reads, in the text format and in OpenMetrics, as a stream of pieces.

A page of 100,000 series takes tens of milliseconds however fast it is written; handed out in pieces, the event loop serves
requests in between. Sorted by line the page is, byte for byte, what prometheus-client writes for the same values.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import TypeVar

from app_metrics.catalogue import Metric
from app_metrics.registry import Family, Registry
from app_metrics.series import EXPONENT_FROM, Distribution, Exemplar, Value, number

_S = TypeVar("_S")
PIECE = 2000
"""Lines per piece: about a millisecond of work."""


def pieces(registry: Registry, *, openmetrics: bool) -> Iterator[str]:
    """The page without its end mark, in pieces of at most some 2000 lines. Series that appear meanwhile may be on it."""
    lines: list[str] = []
    for family in registry.order:
        lines.append(preamble(family.metric, openmetrics=openmetrics))
        name = family.metric.name
        if name in registry.distributions:
            of_family = _distribution_lines(registry.distributions[name], registry, openmetrics=openmetrics)
        else:
            of_family = _value_lines(registry.values[name])
        for line in of_family:
            lines.append(line)
            if len(lines) >= PIECE:
                yield "".join(lines)
                lines.clear()
    yield "".join(lines)


def page(registry: Registry, *, openmetrics: bool = False) -> bytes:
    """The whole page at once, gauges refreshed before."""
    registry.refresh()
    return ("".join(pieces(registry, openmetrics=openmetrics)) + ("# EOF\n" if openmetrics else "")).encode()


def preamble(metric: Metric, *, openmetrics: bool) -> str:
    """The HELP, TYPE and (OpenMetrics) UNIT lines. OpenMetrics names a counter without its `_total`."""
    name, kind = metric.name, metric.type
    help_ = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if not openmetrics:
        return f"# HELP {name} {help_}\n# TYPE {name} {'untyped' if kind == 'unknown' else kind}\n"
    if kind == "counter":
        name = name.removesuffix("_total")
    help_ = help_.replace('"', r"\"")
    unit = f"# UNIT {name} {metric.unit}\n" if metric.unit else ""
    return f"# HELP {name} {help_}\n# TYPE {name} {kind}\n{unit}"


def _batches(rows: list[_S]) -> Iterator[_S]:
    """All rows, those that are added meanwhile as well."""
    start = 0
    while batch := rows[start : start + PIECE]:
        yield from batch
        start += PIECE


def _value_lines(family: Family[Value]) -> Iterator[str]:
    for series in _batches(family.rows):
        value = series.value
        # The common case inline: below a million Python writes a number as Go does.
        yield f"{series.head}{value!r}\n" if -EXPONENT_FROM < value < EXPONENT_FROM else f"{series.head}{number(value)}\n"


def _distribution_lines(family: Family[Distribution], registry: Registry, *, openmetrics: bool) -> Iterator[str]:
    for series in _batches(family.rows):
        with registry.lock:
            counts, total, exemplars = series.counts[:], series.sum, dict(series.exemplars or ())
        heads, count_head, sum_head = series.heads.build(family.metric.buckets)
        cumulative = list(accumulate(counts))
        for index, count in enumerate(cumulative):
            mark = _exemplar(exemplars[index]) if openmetrics and index in exemplars else ""
            yield f"{heads[index]}{count}.0{mark}\n" if count < EXPONENT_FROM else f"{heads[index]}{number(count)}{mark}\n"
        yield f"{count_head}{number(cumulative[-1])}\n"
        yield f"{sum_head}{number(total)}\n"


def _exemplar(exemplar: Exemplar) -> str:
    return f' # {{trace_id="{exemplar.trace_id}"}} {number(exemplar.value)} {exemplar.timestamp}'
