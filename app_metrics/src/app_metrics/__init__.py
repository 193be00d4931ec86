"""Metrics and error tracking for FastAPI and Starlette applications."""

from app_metrics.caches import (
    record_ga4_cache_hit,
    record_ga4_cache_miss,
    record_vector_search_cache_hit,
    record_vector_search_cache_miss,
)
from app_metrics.database import record_connection_pool, record_connection_pool_wait, record_database_query, track_database_query
from app_metrics.ga4 import (
    record_ga4_api_error,
    record_ga4_api_success,
    record_ga4_quota,
    record_ga4_quota_category,
    track_ga4_api_call,
)
from app_metrics.instrumentation import instrument
from app_metrics.registry import REGISTRY, Registry
from app_metrics.sentry import (
    add_breadcrumb,
    capture_exception,
    capture_message,
    init_sentry,
    set_tenant_context,
    start_span,
    start_transaction,
)
from app_metrics.sse import (
    record_sse_error,
    record_sse_event,
    set_sse_max_connections,
    track_sse_connection,
    track_sse_connection_end,
    track_sse_connection_start,
)
from app_metrics.tenants import record_tenant_activity
from app_metrics.vector import record_vector_embedding_tokens, record_vector_search_results, track_vector_embedding, track_vector_search

__all__ = [
    "REGISTRY",
    "Registry",
    "add_breadcrumb",
    "capture_exception",
    "capture_message",
    "init_sentry",
    "instrument",
    "record_connection_pool",
    "record_connection_pool_wait",
    "record_database_query",
    "record_ga4_api_error",
    "record_ga4_api_success",
    "record_ga4_cache_hit",
    "record_ga4_cache_miss",
    "record_ga4_quota",
    "record_ga4_quota_category",
    "record_sse_error",
    "record_sse_event",
    "record_tenant_activity",
    "record_vector_embedding_tokens",
    "record_vector_search_cache_hit",
    "record_vector_search_cache_miss",
    "record_vector_search_results",
    "set_sse_max_connections",
    "set_tenant_context",
    "start_span",
    "start_transaction",
    "track_database_query",
    "track_ga4_api_call",
    "track_sse_connection",
    "track_sse_connection_end",
    "track_sse_connection_start",
    "track_vector_embedding",
    "track_vector_search",
]
