"""The metrics of one process: families from the catalogue, their series, and the hooks that refresh gauges before a scrape.

Own storage instead of prometheus-client's, for two reasons that the benchmarks show: an HTTP request updates four series under
one lock, and every series keeps the text before its number, so that a scrape formats numbers and nothing else.
"""

import logging
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Generic, TypeVar

from app_metrics.catalogue import METRICS, Metric
from app_metrics.guard import Guard, clean
from app_metrics.series import BucketHeads, Distribution, Exemplar, Value, labels

_log = logging.getLogger("app_metrics")
_S = TypeVar("_S", bound=Value | Distribution)


class Family(Generic[_S]):
    """One metric with all its series, keyed by their label values in the catalogue's order."""

    def __init__(self, metric: Metric, registry: "Registry", make: Callable[[tuple[str, ...]], _S]) -> None:
        self.metric = metric
        self.series: dict[tuple[str, ...], _S] = {}
        self.rows: list[_S] = []
        """The same series in the order of their birth. A page reads them batch by batch from here: a copy of all of them at once would
        touch every one, and hold up the event loop for it. Whatever is removed leaves a new list behind, so readers keep theirs.
        """
        self._registry = registry
        self._make = make
        self._zeros = dict(metric.zeros)

    def at(self, *values: object) -> _S:
        """The series with these label values, created (with its siblings at 0) on first sight; values beyond a label's bound
        share the series of `__other__`.
        """
        found = self.series.get(values)  # type: ignore[arg-type]  # an int or None simply is not there yet
        return self._create(values) if found is None else found

    def touch(self, *values: object) -> None:
        """Makes the zero series of the given labels, those of the metric's `zeros` left out of `values`."""
        iterator = iter(values)
        own = [self._zeros[name][0] if name in self._zeros else next(iterator) for name in self.metric.labels]
        self.at(*own)

    def _create(self, values: tuple[object, ...]) -> _S:
        if len(values) != len(self.metric.labels):
            raise ValueError(f"{self.metric.name} takes the labels {self.metric.labels}, not {values!r}")
        with self._registry.creating:
            key = self.key(*values)
            found = self.series.get(key)
            if found is None:
                found = self._born(key)
                if self._zeros:
                    self._create_siblings(key)
            return found

    def _create_siblings(self, key: tuple[str, ...]) -> None:
        choices = [self._zeros.get(name, (value,)) for name, value in zip(self.metric.labels, key, strict=True)]
        for sibling in product(*choices):
            if sibling not in self.series:
                for name, value in zip(self.metric.labels, sibling, strict=True):
                    self._registry.guard.admit(self.metric.name, name, value)
                self._born(sibling)

    def _born(self, key: tuple[str, ...]) -> _S:
        series = self.series[key] = self._make(key)
        self.rows.append(series)
        return series

    def key(self, *values: object) -> tuple[str, ...]:
        """The label values under which these are recorded: cleaned, and folded if they are beyond their bound."""
        admit = self._registry.guard.admit
        with self._registry.creating:
            return tuple(admit(self.metric.name, name, value) for name, value in zip(self.metric.labels, values, strict=True))

    def unguarded(self, *values: str) -> _S:
        """The series with these label values, whatever the bounds: for the guard's own account."""
        with self._registry.creating:
            return self.series.get(values) or self._born(values)

    def remove(self, *values: object) -> None:
        """Drops a gauge's series: what is gone must not stay on the page and hold an alert. Counters are never removed."""
        gone = tuple(map(clean, values))
        if gone in self.series:
            self.keep(lambda key: key != gone)

    def keep(self, wanted: Callable[[tuple[str, ...]], bool]) -> None:
        """Drops the series whose label values are not wanted."""
        with self._registry.creating:
            kept = {key: series for key, series in self.series.items() if wanted(key)}
            if len(kept) < len(self.series):
                self.series, self.rows = kept, list(kept.values())


class Registry:
    """All metrics of the catalogue. One instance, `REGISTRY`, serves a process; tests may make their own.

    `limits` and `pinned` configure the cardinality guard (see `Guard`).
    """

    def __init__(
        self,
        metrics: Iterable[Metric] = METRICS,
        *,
        limits: Mapping[str, int] | None = None,
        pinned: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self.lock = threading.Lock()
        self.creating = threading.RLock()
        self.guard = Guard(limits, pinned, self._overflowed)
        self.values: dict[str, Family[Value]] = {}
        self.distributions: dict[str, Family[Distribution]] = {}
        self.order: list[Family[Value] | Family[Distribution]] = []
        self.hooks: dict[str, Callable[[], None]] = {}
        self.scrapes = 0
        self.caches: list[Callable[[], None]] = []
        self.extend(metrics)

    def extend(self, metrics: Iterable[Metric]) -> None:
        """Adds metrics to those that are exposed; ones that are there already stay as they are."""
        for metric in metrics:
            if metric.name not in self.values and metric.name not in self.distributions:
                self._add(metric)
        self._bear_unlabelled()

    def _add(self, metric: Metric) -> None:
        if metric.type == "histogram":
            size = len(metric.buckets) + 1
            distribution = Family(metric, self, lambda key: Distribution(BucketHeads(metric.name, metric.labels, key), size))
            self.distributions[metric.name] = distribution
            self.order.append(distribution)
        else:
            value = Family(metric, self, lambda key: Value(f"{metric.name}{labels(metric.labels, key)} "))
            self.values[metric.name] = value
            self.order.append(value)

    def _bear_unlabelled(self) -> None:
        """Counters and histograms without labels start at 0; a gauge is unknown until somebody sets it."""
        for family in self.order:
            if not family.metric.labels and family.metric.type in ("counter", "histogram"):
                family.at()

    def _overflowed(self, metric: str, label: str) -> None:
        overflow = self.values.get("app_metrics_label_overflow_total")
        if overflow is None:
            return
        series = overflow.unguarded(metric, label)
        with self.lock:
            series.value += 1.0

    def increment(self, name: str, *values: object, by: float = 1.0) -> None:
        """Adds `by` to a counter. Raises ValueError if that is negative."""
        if by < 0:
            raise ValueError(f"{name} is a counter and cannot go down by {-by}")
        series = self.values[name].at(*values)
        with self.lock:
            series.value += by

    def set(self, name: str, *values: object, to: float) -> None:
        """Sets a gauge."""
        series = self.values[name].at(*values)
        series.value, series.at = float(to), time.time()

    def add(self, name: str, *values: object, by: float) -> None:
        """Moves a gauge up or down."""
        series = self.values[name].at(*values)
        with self.lock:
            series.value += by

    def observe(self, name: str, *values: object, value: float, trace_id: str | None = None, now: float = 0.0) -> None:
        """Records one observation of a histogram; with `trace_id` it becomes the bucket's exemplar at `now` (Unix seconds)."""
        family = self.distributions[name]
        series = family.at(*values)
        bucket = bisect_left(family.metric.buckets, value)
        with self.lock:
            series.counts[bucket] += 1
            series.sum += value
            if trace_id is not None:
                series.note(bucket, Exemplar(trace_id, value, now))

    def before_scrape(self, name: str, hook: Callable[[], None]) -> None:
        """Calls `hook` before each scrape to refresh gauges; a second hook of the same name replaces the first."""
        self.hooks[name] = hook

    def refresh(self, *, scrape: bool = True) -> None:
        """Runs the hooks, before a scrape or (`scrape` False) in between.

        A hook that fails is logged and leaves the others and the page alone.
        """
        self.scrapes += scrape
        for name, hook in list(self.hooks.items()):
            try:
                hook()
            except Exception:  # noqa: BLE001 - a hook may raise anything, and the rest of the page is still good
                _log.exception("could not refresh the metrics of %s", name)
        counts = self.values.get("app_metrics_label_values")
        if counts is not None:
            for label, count in self.guard.values().items():
                counts.unguarded(label).value = float(count)

    def clear(self) -> None:
        """Forgets every series and every admitted label value. For tests: a scraper would see counters go backwards."""
        with self.creating, self.lock:
            for family in self.order:
                family.keep(lambda _: False)
            self.guard.clear()
            for forget in self.caches:
                forget()
        self._bear_unlabelled()


REGISTRY = Registry(
    pinned={"endpoint": ("runReport", "batchRunReports", "runPivotReport", "batchRunPivotReports", "runRealtimeReport", "getMetadata")}
)
"""The metrics of this process: what the recorders write to and `/metrics` shows."""
