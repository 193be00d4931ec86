"""An hour of an instrumented application's life as OpenMetrics: every metric of the catalogue, from two instances, with faults.

promtool turns it into blocks that a real Prometheus serves, so queries can be run as they are without waiting an hour.
"""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

from app_metrics.catalogue import METRICS, Metric, series_of
from harness.content.profiles import NAME, NAMESPACE

START = 1_700_000_000
STEP = 30
END = START + 3600

VALUES: Mapping[str, tuple[str, ...]] = {
    "tenant_id": ("acme", "globex"),
    "property_id": ("1001",),
    "endpoint": ("/report", "/healthz"),
    "method": ("GET",),
    "status_code": ("200", "404", "503"),
    "status": ("success", "error", "cancelled"),
    "error_type": ("quota", "timeout"),
    "search_type": ("semantic", "hybrid"),
    "event_type": ("update",),
    "operation": ("select", "insert"),
    "pool_type": ("primary", "replica"),
    "category": ("core", "realtime"),
    "quota": ("tokens_per_day", "tokens_per_hour"),
    "model": ("small",),
    "type": ("rss", "vms"),
    "metric": ("http_requests_total",),
    "label": ("tenant_id", "endpoint"),
}
"""Values of each label of the catalogue."""

_GAUGES: Mapping[str, float] = {
    "system_memory_limit_bytes": 2e9,
    "system_memory_usage_bytes": 1e9,
    "ga4_quota_reset_timestamp_seconds": END + 8 * 3600.0,
    "ga4_quota_updated_timestamp_seconds": START + 60.0,
    "ga4_quota_category_remaining": 9000.0,
    "active_tenants_count": 2.0,
}
"""Values of gauges that are not somewhere between 0 and 1."""


def write(path: Path) -> None:
    """Write the recording."""
    with path.open("w", encoding="utf-8") as file:
        for line in _lines():
            file.write(line + "\n")


def _lines() -> Iterator[str]:
    for metric in METRICS:
        for name in series_of(metric):
            # Each series under a name of its own: OpenMetrics is strict about suffixes, and Prometheus stores names only.
            yield f"# TYPE {name} unknown"
            for instance in ("10.0.0.1:8000", "10.0.0.2:8000"):
                yield from _series(metric, name, {"namespace": NAMESPACE, "job": NAME, "instance": instance})
    for name, value in (("up", 1.0), ("scrape_duration_seconds", 0.02), ("scrape_samples_scraped", 400.0)):
        yield f"# TYPE {name} unknown"
        for instance in ("10.0.0.1:8000", "10.0.0.2:8000"):
            yield from _samples(name, {"namespace": NAMESPACE, "job": NAME, "instance": instance}, value, 0)
    yield "# TYPE ALERTS unknown"
    fired = {"alertname": "CpuHigh", "alertstate": "firing", "severity": "warning", "signal": "cpu", "profile": NAME}
    yield from _samples("ALERTS", {**fired, "namespace": NAMESPACE, "job": NAME, "instance": "10.0.0.1:8000"}, 1, 0)
    yield "# EOF"


def _series(metric: Metric, name: str, target: Mapping[str, str]) -> Iterator[str]:
    for combination in itertools.product(*(VALUES[label] for label in metric.labels)):
        labels = {**target, **dict(zip(metric.labels, combination, strict=True))}
        if name.endswith("_bucket"):
            bounds = [*metric.buckets, float("inf")]
            for position, bound in enumerate(bounds, start=1):
                le = "+Inf" if bound == float("inf") else str(float(bound))
                yield from _samples(name, {**labels, "le": le}, 0, 10 * position / len(bounds))
        elif metric.type == "histogram":
            yield from _samples(name, labels, 0, 10 if name.endswith("_count") else 8)
        elif metric.type == "counter":
            yield from _samples(name, labels, 0, 1 if labels.get("status") == "error" or labels.get("status_code") == "503" else 10)
        elif name == "system_uptime_seconds":
            yield from _samples(name, labels, 0, STEP)
        else:
            yield from _samples(name, labels, _GAUGES.get(name, 0.4), 0)


def _samples(name: str, labels: Mapping[str, str], start: float, growth: float) -> Iterator[str]:
    text = ",".join(f'{label}="{value}"' for label, value in labels.items())
    for index in range((END - START) // STEP + 1):
        yield f"{name}{{{text}}} {start + growth * index:.10g} {START + index * STEP}"
