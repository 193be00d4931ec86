"""The page: byte for byte what prometheus-client writes, and cheap."""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric, UnknownMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.utils import floatToGoString

from app_metrics import Registry
from app_metrics.exposition import PIECE, page, pieces
from app_metrics.series import number


class AsPrometheusClient:
    """The registry's values as prometheus-client's own objects."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        """All families in order."""
        for family in self._registry.order:
            metric = family.metric
            if metric.type == "histogram":
                histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels, unit=metric.unit)
                for key, series in self._registry.distributions[metric.name].series.items():
                    bounds = [floatToGoString(bound) for bound in (*metric.buckets, math.inf)]
                    histogram.add_metric(key, list(zip(bounds, map(float, accumulate(series.counts)), strict=True)), series.sum)
                yield histogram
                continue
            kind = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily, "unknown": UnknownMetricFamily}[metric.type]
            values = kind(metric.name, metric.help, labels=metric.labels, unit=metric.unit)
            for key, value in self._registry.values[metric.name].series.items():
                values.add_metric(key, value.value)
            yield values


texts = st.text(max_size=12)
numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(texts, texts, numbers), max_size=8), st.lists(st.tuples(texts, st.floats(0, 1e12)), max_size=20))
def test_page_is_what_prometheus_client_writes(gauges: list[tuple[str, str, float]], observed: list[tuple[str, float]]) -> None:
    """Sorted by line, in both formats, for any label values and numbers."""
    registry = Registry()
    for tenant, property_id, value in gauges:
        registry.set("ga4_quota_remaining", tenant, property_id, to=value)
        registry.increment("ga4_api_calls_total", tenant, property_id, "error", by=abs(value))
    for endpoint, value in observed:
        registry.observe("http_response_size_bytes", "GET", endpoint, value=value)
    registry.refresh()

    theirs = AsPrometheusClient(registry)
    assert sorted(generate_latest(theirs).splitlines()) == sorted(page(registry).splitlines())
    assert sorted(generate_openmetrics(theirs).splitlines()) == sorted(page(registry, openmetrics=True).splitlines())


@given(st.floats())
def test_numbers_are_written_as_go_does(value: float) -> None:
    """Whatever reads Prometheus' formats knows these spellings."""
    assert floatToGoString(value) == number(value)


def test_exemplars_are_shown_in_openmetrics_only(registry: Registry) -> None:
    """A bucket shows its latest exemplar, and the official parser reads it."""
    registry.observe("ga4_api_latency_seconds", "runReport", value=0.3, trace_id="0af7651916cd43dd8448eb211c80319c", now=1700000000.5)

    families = text_string_to_metric_families(page(registry, openmetrics=True).decode())
    shown = [s for f in families for s in f.samples if s.exemplar is not None]
    assert ["0.5"] == [sample.labels["le"] for sample in shown]
    exemplar = shown[0].exemplar
    assert exemplar is not None
    assert ({"trace_id": "0af7651916cd43dd8448eb211c80319c"}, 0.3, 1700000000.5) == (
        exemplar.labels,
        exemplar.value,
        float(exemplar.timestamp or 0),
    )
    assert b"trace_id" not in page(registry)


def test_page_comes_in_pieces(registry: Registry) -> None:
    """The event loop gets its turn every couple of thousand lines, and series may appear meanwhile."""
    registry.guard.configure({"tenant_id": 10_000})
    for n in range(3 * PIECE):
        registry.set("ga4_quota_remaining", f"tenant{n}", "1", to=n)

    def read() -> Iterator[int]:
        for piece in pieces(registry, openmetrics=False):
            registry.set("ga4_quota_remaining", "late", "1", to=1)
            yield piece.count("\n")

    counts = list(read())
    assert len(counts) > 3
    assert 1.01 * PIECE > max(counts)


def test_every_metric_is_announced_before_it_has_series(registry: Registry) -> None:
    """HELP and TYPE stand on the page of a fresh process, so that a scrape shows what to expect."""
    text = page(registry).decode()

    assert [f"# TYPE {f.metric.name} " in text for f in registry.order] == [True] * len(registry.order)
    assert "# TYPE active_tenants_count untyped\n" in text


def test_failing_hook_costs_its_own_gauges_only(
    registry: Registry, read: Callable[[], dict[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    """A pool that cannot be asked does not take the page down."""
    registry.before_scrape("a broken pool", lambda: 1 / 0)  # type: ignore[arg-type]
    registry.before_scrape("a good one", lambda: registry.set("sse_max_connections", to=1000))

    assert 1000.0 == read()["sse_max_connections"]
    assert ["could not refresh the metrics of a broken pool"] == [record.message for record in caplog.records]
