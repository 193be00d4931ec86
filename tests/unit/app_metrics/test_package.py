"""What the library promises before anything is measured: a cheap import, a sound catalogue, clear errors at set-up."""

import subprocess
import sys

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

import app_metrics
from app_metrics import Registry, instrument
from app_metrics.catalogue import BY_NAME, METRICS, ON_DEMAND

HEAVY = ("fastapi", "starlette", "sentry_sdk", "kopf", "kubernetes", "pydantic", "prometheus_client", "sqlalchemy", "httpx")


def test_installed_and_not_an_empty_namespace() -> None:
    """From the repository root `import app_metrics` could find the project folder instead of the package."""
    assert app_metrics.__file__ is not None


def test_no_framework_comes_along() -> None:
    """An application pays for what it uses: importing the library loads no framework, client or error tracker."""
    code = f"import sys, app_metrics; print([m for m in {HEAVY!r} if m in sys.modules])"

    assert "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip()


def test_catalogue_is_standard_library_only() -> None:
    """The operator reads it without installing what an application needs."""
    code = f"import sys, app_metrics.catalogue; print([m for m in {HEAVY!r} if m in sys.modules])"

    assert "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip()


def test_required_metrics() -> None:
    """Names and labels as the requirements list them."""
    required = {
        "ga4_api_calls_total": "tenant_id endpoint status",
        "ga4_api_latency_seconds": "endpoint",
        "ga4_quota_usage_ratio": "tenant_id property_id",
        "ga4_quota_remaining": "tenant_id property_id",
        "ga4_api_errors_total": "tenant_id error_type",
        "ga4_cache_hit_rate": "tenant_id",
        "vector_search_latency_seconds": "tenant_id search_type",
        "vector_search_results_count": "tenant_id",
        "vector_search_cache_hit_rate": "tenant_id",
        "vector_embedding_duration_seconds": "model",
        "vector_embedding_batch_size": "",
        "sse_active_connections": "tenant_id endpoint",
        "sse_connection_duration_seconds": "tenant_id endpoint",
        "sse_events_sent_total": "tenant_id event_type",
        "sse_errors_total": "tenant_id error_type",
        "http_requests_total": "method endpoint status_code",
        "http_request_duration_seconds": "method endpoint",
        "http_request_size_bytes": "method endpoint",
        "http_response_size_bytes": "method endpoint",
        "connection_pool_utilization_ratio": "pool_type",
        "connection_pool_active_connections": "pool_type",
        "database_query_duration_seconds": "operation pool_type",
        "database_queries_total": "operation pool_type status",
        "system_uptime_seconds": "",
        "system_cpu_usage_percent": "",
        "system_memory_usage_bytes": "type",
        "active_tenants_count": "",
    }

    assert {name: tuple(labels.split()) for name, labels in required.items()} == {m.name: m.labels for m in METRICS if m.required}


@pytest.mark.parametrize("metric", [*METRICS, *ON_DEMAND], ids=lambda metric: metric.name)
def test_metric_is_sound(metric: app_metrics.catalogue.Metric) -> None:
    """Counters and no others end in _total, units are suffixes, buckets grow, help is a sentence, zeros name labels of it."""
    assert (metric.type == "counter") == metric.name.endswith("_total")
    assert metric.name.endswith(metric.unit)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert (metric.type == "histogram") == bool(metric.buckets)
    assert metric.help.endswith(".")
    assert {label for label, _ in metric.zeros} <= set(metric.labels)
    assert (BY_NAME.get(metric.name) is metric) == (metric in METRICS)


def test_second_instrument_changes_nothing_and_says_so(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    """Counting every request twice would be worse than a line in the log."""
    app = Starlette()
    instrument(app, registry=registry)
    instrument(app, registry=registry)

    assert 1 == len(app.router.routes)
    assert ["instrument() was called twice for the same application; the second call changes nothing"] == caplog.messages


def test_page_that_another_route_serves_already(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    """An application that moves from another library has both for a while: ours is shown, and the log says so."""
    app = Starlette(routes=[Route("/metrics", Response())])
    instrument(app, registry=registry)

    assert ["/metrics is already served by another route; the page of app_metrics comes before it"] == caplog.messages


def test_page_can_be_left_out(registry: Registry) -> None:
    """For applications that show their metrics elsewhere."""
    app = Starlette()
    instrument(app, path=None, registry=registry)

    assert [] == app.router.routes


def test_bad_arguments_are_refused() -> None:
    """With what is wrong and what would be right."""
    with pytest.raises(ValueError, match="path must begin with '/', not 'metrics'"):
        instrument(Starlette(), path="metrics")
    with pytest.raises(TypeError, match="app must be a FastAPI or Starlette application, not object"):
        instrument(object())  # type: ignore[arg-type]


def test_clear_forgets_everything(registry: Registry) -> None:
    """Tests of an application start from nothing; what was cached before does not write into lost series."""
    registry.increment("ga4_cache_hits_total", "acme")
    registry.clear()
    registry.increment("ga4_cache_hits_total", "acme")

    assert 1.0 == registry.values["ga4_cache_hits_total"].at("acme").value
