"""What is stored per series. Plain slots and one lock for the whole registry: a request touches four series, and four objects
with a lock each cost more than the request's own routing.
"""

from collections.abc import Sequence
from math import inf, isnan
from typing import NamedTuple

EXPONENT_FROM = 1e6
"""Where Go changes to exponents; Python does so only at 1e16."""


class Exemplar(NamedTuple):
    """One observation with the trace it came from; `timestamp` in Unix seconds."""

    trace_id: str
    value: float
    timestamp: float


class Value:
    """A counter's or a gauge's single number; `at` is when a gauge was last set, in Unix seconds."""

    __slots__ = ("at", "head", "value")

    def __init__(self, head: str) -> None:
        self.head = head
        self.value = self.at = 0.0


class Distribution:
    """A histogram: `counts` per bucket (not cumulative), the last one for what lies above every bound."""

    __slots__ = ("counts", "exemplars", "heads", "sum")

    def __init__(self, heads: "BucketHeads", size: int) -> None:
        self.heads = heads
        self.counts = [0] * size
        self.sum = 0.0
        self.exemplars: dict[int, Exemplar] | None = None

    def note(self, bucket: int, exemplar: Exemplar) -> None:
        """Keeps `exemplar` as the latest of its bucket."""
        if self.exemplars is None:
            self.exemplars = {}
        self.exemplars[bucket] = exemplar


def number(value: float) -> str:
    """`value` as Go, and so every Prometheus tool, writes it: exponents from a million on, `+Inf`, `NaN`."""
    if -EXPONENT_FROM < value < EXPONENT_FROM:
        return repr(float(value))
    if isnan(value):
        return "NaN"
    if value in (inf, -inf):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(float(value))
    dot = text.find(".")
    if value < 0 or dot < 0 or "e" in text:
        return text
    mantissa = f"{text[0]}.{text[1:dot]}{text[dot + 1 :]}".rstrip("0.")
    return f"{mantissa}e+{dot - 1:02d}"


def escape(value: str) -> str:
    """`value` between the quotes of a label."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def labels(names: Sequence[str], values: Sequence[str]) -> str:
    """`{a="x",b="y"}`, sorted by name as prometheus-client writes it; empty without labels."""
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{escape(value)}"' for name, value in sorted(zip(names, values, strict=True))) + "}"


class BucketHeads:
    """The text before each number of a histogram's lines, made when it is first rendered and kept: it never changes."""

    __slots__ = ("_labels", "_name", "_values", "lines")

    def __init__(self, name: str, names: Sequence[str], values: Sequence[str]) -> None:
        self._name, self._labels, self._values = name, names, values
        self.lines: tuple[list[str], str, str] | None = None

    def build(self, bounds: Sequence[float]) -> tuple[list[str], str, str]:
        """The heads of the buckets (`+Inf` last), of `_count` and of `_sum`."""
        if self.lines is None:
            names = (*self._labels, "le")
            buckets = [f"{self._name}_bucket{labels(names, (*self._values, number(bound)))} " for bound in (*bounds, inf)]
            own = labels(self._labels, self._values)
            self.lines = (buckets, f"{self._name}_count{own} ", f"{self._name}_sum{own} ")
        return self.lines
