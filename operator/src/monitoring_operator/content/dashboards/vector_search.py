"""Vector Search Performance: how fast searches are, whether they find anything, and what embedding costs."""

from monitoring_operator.content.dashboards.model import Dashboard, Panel, Row, Target, tile
from monitoring_operator.content.dashboards.query import TENANT, aggregate, mean, quantile, rate, series, share

_LATENCY = "vector_search_latency_seconds"
_RESULTS = "vector_search_results_count"
# Prometheus 2 keeps the bucket's text as it was exposed, Prometheus 3 writes it as a float.
_NO_RESULT = 'le=~"0|0[.]0"'
_HITS = rate("vector_search_cache_hits_total", TENANT)
_LOOK_UPS = f"({_HITS} + {rate('vector_search_cache_misses_total', TENANT)} > 0)"


def _failing(*by: str) -> str:
    searches = rate(f"{_LATENCY}_count", TENANT, by=by)
    return share(f"({rate('vector_search_errors_total', TENANT, by=by)} or 0 * {searches})", searches)


_EMPTY = share(rate(f"{_RESULTS}_bucket", TENANT, _NO_RESULT), rate(f"{_RESULTS}_count", TENANT))

GLANCE = Row(
    "At a glance",
    (
        tile("Search rate", "Vector searches per second.", "ops", rate(f"{_LATENCY}_count", TENANT)),
        tile("Failing searches", "Share of the searches that failed.", "percentunit", _failing()),
        tile(
            "Search latency p95",
            "Nineteen of twenty searches took at most this long, over all types.",
            "s",
            quantile(0.95, _LATENCY, TENANT),
            alerts=("VectorSearchHighLatency",),
        ),
        tile("Empty answers", "Share of the searches that found nothing: the quality that users feel first.", "percentunit", _EMPTY),
        tile("Cache hits", "Share of cache look-ups that hit.", "percentunit", f"{_HITS} / {_LOOK_UPS}"),
        tile("Embedded texts", "Texts that are embedded per second.", "ops", rate("vector_embedding_batch_size_sum")),
    ),
)

SEARCHES = Row(
    "Searches: rate, errors, duration",
    (
        Panel(
            "Searches by type",
            "Vector searches per second by type.",
            "ops",
            (Target(rate(f"{_LATENCY}_count", TENANT, by=("search_type",)), "{{search_type}}"),),
            stacked=True,
        ),
        Panel(
            "Error ratio by type",
            "Share of each type's searches that failed.",
            "percentunit",
            (Target(_failing("search_type"), "{{search_type}}"),),
        ),
        Panel(
            "Errors by type of error",
            "Failed searches per second by type of error. Start here when the error ratio is high.",
            "ops",
            (Target(rate("vector_search_errors_total", TENANT, by=("error_type",)), "{{error_type}}"),),
        ),
        Panel(
            "Latency p95 by type",
            "Nineteen of twenty searches of the type took at most this long. The line is where the alert fires.",
            "s",
            (Target(quantile(0.95, _LATENCY, TENANT, by=("search_type",)), "{{search_type}}"),),
            alerts=("VectorSearchHighLatency",),
        ),
        Panel(
            "Slowest tenants p95",
            "The ten tenants with the highest p95. With few searches this is noise, which is why no alert looks at it.",
            "s",
            (Target(f"topk(10, {quantile(0.95, _LATENCY, TENANT, by=('tenant_id',))})", "{{tenant_id}}"),),
        ),
        Panel(
            "Distribution of latencies",
            "How many searches took how long.",
            "s",
            (Target(rate(f"{_LATENCY}_bucket", TENANT, by=("le",)), "{{le}}"),),
            "heatmap",
        ),
    ),
)

QUALITY = Row(
    "Results and cache",
    (
        Panel(
            "Results per search",
            "Mean number of results, and the share of searches without any on the right axis.",
            "short",
            (Target(mean(_RESULTS, TENANT), "results"), Target(_EMPTY, "empty answers")),
            overrides=(
                {
                    "matcher": {"id": "byName", "options": "empty answers"},
                    "properties": [{"id": "unit", "value": "percentunit"}, {"id": "custom.axisPlacement", "value": "right"}],
                },
            ),
        ),
        Panel(
            "Cache hit rate by tenant",
            "Share of each tenant's cache look-ups that hit, as the application states it.",
            "percentunit",
            (Target(aggregate("avg", series("vector_search_cache_hit_rate", TENANT), ("tenant_id",)), "{{tenant_id}}"),),
        ),
        Panel(
            "Cache look-ups",
            "Cache look-ups per second by result.",
            "ops",
            (Target(_HITS, "hit"), Target(rate("vector_search_cache_misses_total", TENANT), "miss")),
            stacked=True,
        ),
    ),
)

EMBEDDING = Row(
    "Embedding",
    (
        Panel(
            "Embedding duration p95",
            "Nineteen of twenty embedding calls of the model took at most this long.",
            "s",
            (Target(quantile(0.95, "vector_embedding_duration_seconds", by=("model",)), "{{model}}"),),
        ),
        Panel(
            "Batch sizes",
            "How many texts are embedded in one call. Small batches pay the round trip for every text.",
            "short",
            (Target(rate("vector_embedding_batch_size_bucket", by=("le",)), "{{le}}"),),
            "heatmap",
        ),
        Panel(
            "Tokens",
            "Tokens that are embedded per second, by model: what a provider charges for.",
            "ops",
            (Target(rate("vector_embedding_tokens_total", by=("model",)), "{{model}}"),),
            stacked=True,
        ),
    ),
)

DASHBOARD = Dashboard(
    "vector-search",
    "Vector Search Performance",
    "How fast vector searches are, how often they fail or find nothing, what the cache saves and how embedding fares.",
    (GLANCE, SEARCHES, QUALITY, EMBEDDING),
    tenant=True,
)
