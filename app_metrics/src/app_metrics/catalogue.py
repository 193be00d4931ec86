"""THE list of metrics: what the library exposes, and what every alert, dashboard and document is checked against.

Standard library only, and nothing of ours: the operator reads this without installing a web framework or prometheus-client's
registry. A rename here is a breaking change for every rule that was ever written against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

MetricType = Literal["counter", "gauge", "histogram", "unknown"]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Request latencies; 10 and 30 lie above the 5 s threshold of the GA4 latency alert, which could not fire otherwise."""
GA4_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 20.0, 30.0, 60.0)
SEARCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)
QUERY_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LIFETIME_SECONDS = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0)
BYTES = (100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8)
RESULTS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
BATCH = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family, by the name that PromQL sees (counters with `_total`).

    `pack` is the subject it belongs to; `required` tells the 27 metrics of the requirements from those that are needed to do
    them right; `buckets` are the finite upper bounds of a histogram, in the metric's unit.
    """

    name: str
    type: MetricType
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""
    buckets: tuple[float, ...] = ()
    pack: str = ""
    required: bool = True
    zeros: tuple[tuple[str, tuple[str, ...]], ...] = ()


OUTCOMES = ("success", "error", "cancelled")
"""Every `status` of a call; a cancelled call is not an error."""
GA4_ERROR_TYPES = (
    "resource_exhausted",
    "unavailable",
    "deadline_exceeded",
    "internal",
    "permission_denied",
    "unauthenticated",
    "invalid_argument",
)
"""The gRPC codes that the GA4 Data API is known to answer with; others are recorded as they come."""


def _counter(
    name: str, labels: str, help_: str, *, pack: str, required: bool = True, zeros: Mapping[str, tuple[str, ...]] | None = None
) -> Metric:
    return Metric(name, "counter", help_, tuple(labels.split()), pack=pack, required=required, zeros=tuple((zeros or {}).items()))


def _gauge(name: str, labels: str, help_: str, *, pack: str, unit: str = "", required: bool = True) -> Metric:
    return Metric(name, "gauge", help_, tuple(labels.split()), unit, pack=pack, required=required)


def _histogram(
    name: str, labels: str, help_: str, buckets: tuple[float, ...], *, pack: str, unit: str = "seconds", required: bool = True
) -> Metric:
    return Metric(name, "histogram", help_, tuple(labels.split()), unit, buckets, pack, required)


METRICS: tuple[Metric, ...] = (
    # GA4 API health
    _counter(
        "ga4_api_calls_total",
        "tenant_id endpoint status",
        "GA4 API calls by outcome: success, error or cancelled.",
        pack="ga4",
        zeros={"status": OUTCOMES},
    ),
    _histogram("ga4_api_latency_seconds", "endpoint", "Duration of GA4 API calls, whatever their outcome.", GA4_SECONDS, pack="ga4"),
    _gauge(
        "ga4_quota_usage_ratio",
        "tenant_id property_id",
        "Share of the property's core tokens per day that is used, 0 to 1.",
        pack="ga4",
        unit="ratio",
    ),
    _gauge("ga4_quota_remaining", "tenant_id property_id", "Core tokens that the property has left today.", pack="ga4"),
    _counter(
        "ga4_api_errors_total",
        "tenant_id error_type",
        "GA4 API calls that failed, by type of error.",
        pack="ga4",
        zeros={"error_type": GA4_ERROR_TYPES},
    ),
    _gauge("ga4_cache_hit_rate", "tenant_id", "Share of GA4 cache look-ups that hit, 0 to 1, over the last minutes.", pack="ga4"),
    _counter("ga4_cache_hits_total", "tenant_id", "GA4 cache look-ups that hit.", pack="ga4", required=False),
    _counter("ga4_cache_misses_total", "tenant_id", "GA4 cache look-ups that missed.", pack="ga4", required=False),
    _gauge(
        "ga4_quota_category_remaining",
        "tenant_id property_id category quota",
        "What is left of one quota (tokens_per_day, tokens_per_hour, ...) of one category (core, realtime, funnel).",
        pack="ga4",
        required=False,
    ),
    _counter(
        "ga4_quota_category_consumed_total",
        "tenant_id property_id category quota",
        "What was consumed of one quota of one category.",
        pack="ga4",
        required=False,
    ),
    _gauge(
        "ga4_quota_reset_timestamp_seconds",
        "tenant_id property_id",
        "When the daily quota is refilled: midnight in Pacific time.",
        pack="ga4",
        unit="seconds",
        required=False,
    ),
    _gauge(
        "ga4_quota_updated_timestamp_seconds",
        "tenant_id property_id",
        "When the quota was last read.",
        pack="ga4",
        unit="seconds",
        required=False,
    ),
    # Vector search performance
    _histogram(
        "vector_search_latency_seconds", "tenant_id search_type", "Duration of vector searches.", SEARCH_SECONDS, pack="vector-search"
    ),
    _histogram("vector_search_results_count", "tenant_id", "Results that a search returned.", RESULTS, pack="vector-search", unit=""),
    _gauge(
        "vector_search_cache_hit_rate",
        "tenant_id",
        "Share of search cache look-ups that hit, 0 to 1, over the last minutes.",
        pack="vector-search",
    ),
    _histogram("vector_embedding_duration_seconds", "model", "Duration of embedding generation.", SEARCH_SECONDS, pack="vector-search"),
    _histogram("vector_embedding_batch_size", "", "Texts embedded in one call.", BATCH, pack="vector-search", unit=""),
    _counter("vector_search_cache_hits_total", "tenant_id", "Search cache look-ups that hit.", pack="vector-search", required=False),
    _counter("vector_search_cache_misses_total", "tenant_id", "Search cache look-ups that missed.", pack="vector-search", required=False),
    _counter(
        "vector_search_errors_total",
        "tenant_id search_type error_type",
        "Vector searches that failed, by type of error.",
        pack="vector-search",
        required=False,
    ),
    _counter("vector_embedding_tokens_total", "model", "Tokens that were embedded.", pack="vector-search", required=False),
    # SSE connections
    _gauge("sse_active_connections", "tenant_id endpoint", "Server-sent event connections that are open.", pack="sse"),
    _histogram(
        "sse_connection_duration_seconds", "tenant_id endpoint", "Lifetime of server-sent event connections.", LIFETIME_SECONDS, pack="sse"
    ),
    _counter("sse_events_sent_total", "tenant_id event_type", "Events sent.", pack="sse"),
    _counter("sse_errors_total", "tenant_id error_type", "Failures of server-sent event connections, by type of error.", pack="sse"),
    _gauge("sse_max_connections", "", "Connections that one process is meant to hold.", pack="sse", required=False),
    # HTTP API
    _counter(
        "http_requests_total",
        "method endpoint status_code",
        "HTTP requests by route template and status.",
        pack="http",
        zeros={"status_code": ("500", "503")},
    ),
    _histogram(
        "http_request_duration_seconds",
        "method endpoint",
        "Duration of HTTP requests, to the last byte; to the first byte for event streams.",
        SECONDS,
        pack="http",
    ),
    _histogram("http_request_size_bytes", "method endpoint", "Size of request bodies.", BYTES, pack="http", unit="bytes"),
    _histogram(
        "http_response_size_bytes", "method endpoint", "Size of response bodies, counted as sent.", BYTES, pack="http", unit="bytes"
    ),
    # Database
    _gauge(
        "connection_pool_utilization_ratio",
        "pool_type",
        "Connections in use over those that the pool may open, overflow included.",
        pack="database",
        unit="ratio",
    ),
    _gauge("connection_pool_active_connections", "pool_type", "Connections in use.", pack="database"),
    _histogram("database_query_duration_seconds", "operation pool_type", "Duration of database queries.", QUERY_SECONDS, pack="database"),
    _counter(
        "database_queries_total",
        "operation pool_type status",
        "Database queries by outcome: success, error or cancelled.",
        pack="database",
        zeros={"status": OUTCOMES},
    ),
    _gauge(
        "connection_pool_max_connections",
        "pool_type",
        "Connections that the pool may open, overflow included.",
        pack="database",
        required=False,
    ),
    _histogram(
        "connection_pool_wait_seconds", "pool_type", "Time spent waiting for a connection.", QUERY_SECONDS, pack="database", required=False
    ),
    _counter("connection_pool_timeouts_total", "pool_type", "Waits for a connection that were given up.", pack="database", required=False),
    # System health
    _gauge("system_uptime_seconds", "", "Time since the process started.", pack="system", unit="seconds"),
    _gauge(
        "system_cpu_usage_percent",
        "",
        "CPU used by the process over the last seconds, in percent of the container's limit (or of all cores).",
        pack="system",
    ),
    _gauge("system_memory_usage_bytes", "type", "Memory of the process: rss (resident) and vms (virtual).", pack="system", unit="bytes"),
    Metric("active_tenants_count", "unknown", "Tenants seen in the last five minutes.", pack="system"),
    _gauge(
        "system_memory_limit_bytes",
        "",
        "Memory that the container may use (or that the machine has).",
        pack="system",
        unit="bytes",
        required=False,
    ),
    _gauge("system_cpu_limit_cores", "", "CPU cores that the container may use (or that the machine has).", pack="system", required=False),
    _gauge("app_active_tenants", "", "Tenants seen in the last five minutes.", pack="system", required=False),
    _counter(
        "app_metrics_label_overflow_total",
        "metric label",
        "Values of a label that were folded into __other__.",
        pack="system",
        required=False,
    ),
    _gauge("app_metrics_label_values", "label", "Distinct values that a label has been given.", pack="system", required=False),
)

ON_DEMAND: tuple[Metric, ...] = (
    _counter(
        "http_client_requests_total",
        "host method status_code",
        "Outgoing HTTP requests by status, or by the exception that came instead.",
        pack="http",
        required=False,
    ),
    _histogram(
        "http_client_request_duration_seconds",
        "host method",
        "Duration of outgoing HTTP requests, to the response's headers.",
        SECONDS,
        pack="http",
        required=False,
    ),
)
"""Metrics of integrations, on the page only where one is used; no alert or dashboard of the catalogue is about them."""

BY_NAME: Mapping[str, Metric] = MappingProxyType({m.name: m for m in METRICS})

FOREIGN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "up": frozenset(),
        "scrape_duration_seconds": frozenset(),
        "scrape_samples_scraped": frozenset(),
        "ALERTS": frozenset({"alertname", "alertstate", "severity", "profile", "signal"}),
    }
)
"""Series that rules and panels may use though no application exposes them, with the labels that they carry."""

TARGET_LABELS = frozenset({"namespace", "job", "instance", "pod", "service", "container"})
"""Labels that Prometheus adds to every series it scrapes through a ServiceMonitor."""


def series_of(metric: Metric) -> tuple[str, ...]:
    """The names under which PromQL sees the metric's series: a histogram has three."""
    if metric.type == "histogram":
        return (f"{metric.name}_bucket", f"{metric.name}_sum", f"{metric.name}_count")
    return (metric.name,)
