"""A registry's values as data, and how the values of several processes become one: counters and histograms add up, gauges by what
they mean. Pure: files and locks are the business of `multiprocess`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NotRequired, TypedDict

from app_metrics.registry import Registry

Mode = Literal["sum", "max", "latest", "derived"]

MODES: Mapping[str, Mode] = {
    "sse_active_connections": "sum",
    "sse_max_connections": "sum",
    "connection_pool_active_connections": "sum",
    "connection_pool_max_connections": "sum",
    "system_cpu_usage_percent": "sum",
    "system_memory_usage_bytes": "sum",
    "ga4_quota_usage_ratio": "latest",
    "ga4_quota_remaining": "latest",
    "ga4_quota_category_remaining": "latest",
    "ga4_cache_hit_rate": "derived",
    "vector_search_cache_hit_rate": "derived",
}
"""How a gauge of several workers becomes one; `max` for all others. CPU and memory are shares of a limit that the workers share, so they
add up; the fullest pool is the one to worry about; of a quota the latest word counts; hit rates follow from the counters.
"""


class Snapshot(TypedDict):
    """One process's values: per metric a list of [label values, number, time it was set] or [label values, counts, sum]."""

    values: dict[str, list[Any]]
    distributions: dict[str, list[Any]]
    absorbed: NotRequired[list[str]]


def take(registry: Registry) -> Snapshot:
    """The registry's values as of now."""
    with registry.lock:
        return {
            "values": {
                n: [[list(key), s.value, s.at] for key, s in list(f.series.items())] for n, f in registry.values.items() if f.series
            },
            "distributions": {
                n: [[list(key), s.counts[:], s.sum] for key, s in list(f.series.items())]
                for n, f in registry.distributions.items()
                if f.series
            },
        }


def absorb(archive: Snapshot, dead: Snapshot, counters: frozenset[str]) -> Snapshot:
    """The archive with the counters and histograms of a process that has ended; its gauges end with it."""
    kept: Snapshot = {"values": {n: rows for n, rows in dead["values"].items() if n in counters}, "distributions": dead["distributions"]}
    values, distributions = _added([archive, kept])
    return {
        "values": {name: [[list(key), value, at] for key, (value, at) in rows.items()] for name, rows in values.items()},
        "distributions": {
            name: [[list(key), counts, total] for key, (counts, total) in rows.items()] for name, rows in distributions.items()
        },
    }


def fill(registry: Registry, snapshots: Iterable[Snapshot]) -> None:
    """Makes `registry` show what all the snapshots say together; what none of them has any more goes away."""
    values, distributions = _added(list(snapshots))
    for name, family in registry.values.items():
        if MODES.get(name) == "derived":
            continue
        rows = values.get(name, {})
        family.keep(rows.__contains__)
        for key, (value, _) in rows.items():
            family.unguarded(*key).value = value
    for name, histogram in registry.distributions.items():
        for key, (counts, total) in distributions.get(name, {}).items():
            series = histogram.unguarded(*key)
            series.counts, series.sum = counts, total


_Values = dict[str, dict[tuple[str, ...], tuple[float, float]]]
_Distributions = dict[str, dict[tuple[str, ...], tuple[list[int], float]]]


def _added(snapshots: list[Snapshot]) -> tuple[_Values, _Distributions]:
    values: _Values = {}
    distributions: _Distributions = {}
    for snapshot in snapshots:
        for name, rows in snapshot["values"].items():
            into = values.setdefault(name, {})
            mode = "sum" if name.endswith("_total") else MODES.get(name, "max")
            for labels, value, at in rows:
                key = tuple(labels)
                into[key] = _merged(mode, into[key], (value, at)) if key in into else (value, at)
        for name, rows in snapshot["distributions"].items():
            histograms = distributions.setdefault(name, {})
            for labels, counts, total in rows:
                before = histograms.get(tuple(labels))
                histograms[tuple(labels)] = (
                    (counts, total) if before is None else ([a + b for a, b in zip(before[0], counts, strict=True)], before[1] + total)
                )
    return values, distributions


def _merged(mode: Mode, one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    if mode == "sum":
        return one[0] + other[0], max(one[1], other[1])
    return max(one, other, key=lambda pair: pair[1] if mode == "latest" else pair[0])
