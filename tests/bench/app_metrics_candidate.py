"""app_metrics as a candidate of a benchmark of HTTP metrics middlewares, scrapes and recorders.

Each function has the shape that such a benchmark asks for: `http` changes an application, `scrape` returns a renderer of that many
counters, `stall` an ASGI application that serves them, `micro` named operations.
"""

from collections.abc import Callable, Iterable
from typing import Any

from starlette.applications import Starlette

from app_metrics import Registry, instrument
from app_metrics.catalogue import METRICS, Metric
from app_metrics.exposition import page


def http(app: Any) -> None:
    """Instruments the application with a registry of its own."""
    instrument(app, registry=Registry())


def _filled(children: int, metrics: Iterable[Metric]) -> Registry:
    registry = Registry(metrics, limits={"endpoint": children + 2})
    for number in range(children):
        registry.increment("http_requests_total", "GET", f"/api/v1/resource{number}/{{id}}", "200", by=number)
    return registry


def scrape(children: int, labels: list[str]) -> Callable[[], bytes]:
    """A renderer of so many counters."""
    registry = _filled(children, [Metric("http_requests_total", "counter", "r", tuple(labels))])
    return lambda: page(registry)


def stall(children: int) -> Any:
    """The metrics page of so many counters, through the application that serves it."""
    app = Starlette()
    instrument(app, registry=_filled(children, METRICS))
    return app


def micro() -> dict[str, Callable[[], object]]:
    """What recorders and trackers cost."""
    from app_metrics import record_ga4_api_success, record_sse_event, track_vector_search  # noqa: PLC0415 - they fill the process's registry

    registry = Registry()

    def tracked() -> None:
        with track_vector_search("acme", "hybrid"):
            pass

    return {
        "registry.increment": lambda: registry.increment("ga4_api_calls_total", "acme", "runReport", "success"),
        "record_ga4_api_success": lambda: record_ga4_api_success("runReport", "acme"),
        "record_sse_event": lambda: record_sse_event("acme", "click"),
        "with track_vector_search": tracked,
    }
