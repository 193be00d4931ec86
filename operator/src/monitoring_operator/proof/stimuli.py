"""For each alert, the series that make its condition true or false, beside all that must not confuse it.

A stimulus puts a value before the alert: the share of failing calls, the 95th percentile, the utilization. It surrounds it with
decoys (cancelled calls, probes, client errors, virtual memory, other instances just below), so that a rule that looks at the wrong
series is caught by the same cases as one that compares wrongly.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from app_metrics.catalogue import BY_NAME
from monitoring_operator.proof.timeline import Labels, Samples, Series, counter

INSTANCE = "10.0.0.1:8000"
OTHER_INSTANCE = "10.0.0.2:8000"
DAY = 86400.0
EVENTS = 2000.0
"""Events between two scrapes, unless an alert asks for more."""
_P95 = 0.95
_LESS_ELSEWHERE = 0.7
"""Share of the value that another instance has."""


@dataclass(frozen=True)
class Moment:
    """What the application does between two scrapes: the value that the alert is about, and the number of events. None: no scrape."""

    value: float
    events: float = EVENTS


Moments = Sequence[Moment | None]


@dataclass(frozen=True)
class Stimulus:
    """How to put a value before an alert.

    `subject` are the labels, beside namespace and job, with which the alert then fires. `warm_up` is the number of scrapes before a
    value can be seen: a rate needs two.
    """

    series: Callable[[Labels, Moments], Iterator[Series]]
    subject: Labels = field(default_factory=lambda: MappingProxyType({}))
    warm_up: int = 0


def _samples(moments: Moments, of: Callable[[Moment], float]) -> Samples:
    return [None if m is None else of(m) for m in moments]


def _counted(name: str, labels: Labels, moments: Moments, of: Callable[[Moment], float]) -> Series:
    return Series(name, labels, counter(_samples(moments, of)))


def _times(share: float) -> Callable[[Moment], float]:
    return lambda moment: share * moment.value


def _always(value: float) -> Callable[[Moment], float]:
    return lambda _: value


def _observed(bounds: Sequence[float], bound: float, *, slow: bool) -> Callable[[Moment], float]:
    def half(moment: Moment) -> float:
        share = 2 * _at_most(bounds, moment.value, bound)
        return moment.events / 2 * (max(0.0, share - 1) if slow else min(1.0, share))

    return half


def _errors_of_ga4(at: Labels, moments: Moments) -> Iterator[Series]:
    for tenant in ("t1", "t2"):
        labels = {**at, "instance": INSTANCE, "tenant_id": tenant, "endpoint": "runReport"}
        yield _counted("ga4_api_calls_total", {**labels, "status": "error"}, moments, lambda m: m.events * m.value / 2)
        yield _counted("ga4_api_calls_total", {**labels, "status": "success"}, moments, lambda m: m.events * (1 - m.value) / 2)
        yield _counted("ga4_api_calls_total", {**labels, "status": "cancelled"}, moments, lambda m: 3 * m.events)


def _errors_of_one_tenant(at: Labels, moments: Moments) -> Iterator[Series]:
    yield from _errors_of_ga4(at, moments)
    # Two tenants share the events of the others' stimulus, so each of these has as many calls as one of them.
    well = {**at, "instance": INSTANCE, "tenant_id": "t2", "endpoint": "runRealtimeReport"}
    yield _counted("ga4_api_calls_total", {**well, "status": "success"}, moments, lambda m: 10 * m.events)
    rest = {**at, "instance": OTHER_INSTANCE, "tenant_id": "t1", "endpoint": "runReport"}
    yield _counted("ga4_api_calls_total", {**rest, "status": "error"}, moments, lambda m: m.events * m.value / 2)
    yield _counted("ga4_api_calls_total", {**rest, "status": "success"}, moments, lambda m: m.events * (1 - m.value) / 2)


def _errors_of_http(at: Labels, moments: Moments) -> Iterator[Series]:
    labels = {**at, "instance": INSTANCE, "method": "GET"}
    report = {**labels, "endpoint": "/report"}
    yield _counted("http_requests_total", {**report, "status_code": "503"}, moments, lambda m: m.events * m.value / 2)
    yield _counted("http_requests_total", {**report, "status_code": "5xx"}, moments, lambda m: m.events * m.value / 2)
    yield _counted("http_requests_total", {**report, "status_code": "200"}, moments, lambda m: m.events * (1 - m.value) / 2)
    yield _counted("http_requests_total", {**report, "status_code": "404"}, moments, lambda m: m.events * (1 - m.value) / 2)
    for probe in ("/metrics", "/healthz", "/readyz"):
        yield _counted("http_requests_total", {**labels, "endpoint": probe, "status_code": "200"}, moments, lambda m: m.events)


def _quantile(metric: str, subject: Labels, decoys: Sequence[Labels]) -> Callable[[Labels, Moments], Iterator[Series]]:
    """Observations whose 95th percentile is the value, split over `decoys`, labels that the alert must sum over.

    The fast ones all belong to the first of two decoys and the slow ones to the second, so neither alone has that percentile.
    """
    bounds = BY_NAME[metric].buckets

    def series(at: Labels, moments: Moments) -> Iterator[Series]:
        for decoy, slow in zip(decoys, (False, True), strict=True):
            labels = {**at, "instance": INSTANCE, **subject, **decoy}
            for bound in (*bounds, float("inf")):
                le = "+Inf" if bound == float("inf") else f"{bound:g}"
                yield _counted(f"{metric}_bucket", {**labels, "le": le}, moments, _observed(bounds, bound, slow=slow))
            yield _counted(f"{metric}_count", labels, moments, _observed(bounds, float("inf"), slow=slow))

    return series


def _at_most(bounds: Sequence[float], p95: float, bound: float) -> float:
    """Share of observations up to `bound`, so that interpolation within the bucket of `p95` yields exactly it."""
    upper = min(b for b in bounds if b >= p95)
    lower = max((b for b in bounds if b < p95), default=0.0)
    inside = (p95 - lower) / (upper - lower)
    below, within = ((_P95 - inside) / (1 - inside), 1.0) if inside < _P95 else (0.0, _P95 / inside)
    return below if bound <= lower else within if bound == upper else 1.0


def _quota(at: Labels, moments: Moments) -> Iterator[Series]:
    for property_, share in (("p1", 1.0), ("p2", 0.4)):
        labels = {**at, "instance": INSTANCE, "tenant_id": "t1", "property_id": property_}
        yield Series("ga4_quota_usage_ratio", labels, _samples(moments, _times(share)))
        yield Series("ga4_quota_updated_timestamp_seconds", labels, _samples(moments, _always(1.0)))
        yield Series("ga4_quota_reset_timestamp_seconds", labels, _samples(moments, _always(DAY)))
    # A replica that asked for less than the first.
    at_less = {**at, "instance": "10.0.0.4:8000", "tenant_id": "t1", "property_id": "p1"}
    yield Series("ga4_quota_usage_ratio", at_less, _samples(moments, _times(0.5)))
    # Replicas that last read the quota before a refill still show the maximum: one knows the next refill, one only that of its reading.
    # Other properties and tenants of this instance are just as stale, which must not make its fresh reading stale.
    for instance, tenant, property_, refill in (
        (OTHER_INSTANCE, "t1", "p2", 2 * DAY),
        (OTHER_INSTANCE, "t1", "p1", 0.0),
        (INSTANCE, "t1", "p3", 0.0),
        (INSTANCE, "t2", "p1", 0.0),
    ):
        stale = {**at, "instance": instance, "tenant_id": tenant, "property_id": property_}
        yield Series("ga4_quota_usage_ratio", stale, _samples(moments, _always(0.999)))
        yield Series("ga4_quota_updated_timestamp_seconds", stale, _samples(moments, _always(1.0)))
        yield Series("ga4_quota_reset_timestamp_seconds", stale, _samples(moments, _always(refill)))


def _sse(at: Labels, moments: Moments) -> Iterator[Series]:
    for tenant, share in (("t1", 0.55), ("t2", 0.45)):
        labels = {**at, "instance": INSTANCE, "tenant_id": tenant, "endpoint": "/stream"}
        yield Series("sse_active_connections", labels, _samples(moments, _times(share)))


def _sse_per_instance(at: Labels, moments: Moments) -> Iterator[Series]:
    yield from _sse(at, moments)
    elsewhere = {**at, "instance": OTHER_INSTANCE, "tenant_id": "t1", "endpoint": "/stream"}
    yield Series("sse_active_connections", elsewhere, _samples(moments, lambda m: 0.6 * m.value))


def _pool(at: Labels, moments: Moments) -> Iterator[Series]:
    for labels, share in _scraped_twice(at):
        yield Series("connection_pool_utilization_ratio", {**labels, "pool_type": "primary"}, _samples(moments, _times(share)))
    replica = {**at, "instance": INSTANCE, "pool_type": "replica"}
    yield Series("connection_pool_utilization_ratio", replica, _samples(moments, _times(0.7)))


def _scraped_twice(at: Labels) -> Iterator[tuple[Labels, float]]:
    """Two instances, of which two Services select the first: its series are there twice, from moments in between."""
    yield {**at, "instance": INSTANCE, "service": "web"}, 1.0
    yield {**at, "instance": INSTANCE, "service": "web-canary"}, 0.9
    yield {**at, "instance": OTHER_INSTANCE, "service": "web"}, _LESS_ELSEWHERE


def _label_values(at: Labels, moments: Moments) -> Iterator[Series]:
    for instance, label, share in ((INSTANCE, "tenant_id", 1.0), (OTHER_INSTANCE, "tenant_id", 0.9), (INSTANCE, "endpoint", 0.5)):
        labels = {**at, "instance": instance, "label": label}
        yield Series("app_metrics_label_values", labels, _samples(moments, _times(share)))


def _cpu(at: Labels, moments: Moments) -> Iterator[Series]:
    for labels, share in _scraped_twice(at):
        yield Series("system_cpu_usage_percent", labels, _samples(moments, _times(share)))


def _memory(at: Labels, moments: Moments) -> Iterator[Series]:
    for labels, share in _scraped_twice(at):
        yield Series("system_memory_limit_bytes", labels, _samples(moments, _always(1024.0 if share == 1.0 else 512.0)))
        yield Series(
            "system_memory_usage_bytes",
            {**labels, "type": "rss"},
            _samples(moments, _times(share * 1024 if share != _LESS_ELSEWHERE else 358)),
        )
        yield Series("system_memory_usage_bytes", {**labels, "type": "vms"}, _samples(moments, _always(90000.0)))
    unlimited = {**at, "instance": "10.0.0.3:8000"}
    yield Series("system_memory_limit_bytes", unlimited, _samples(moments, _always(0.0)))
    yield Series("system_memory_usage_bytes", {**unlimited, "type": "rss"}, _samples(moments, _always(500.0)))


_QUOTA = Stimulus(_quota, {"tenant_id": "t1", "property_id": "p1"})
_POOL = Stimulus(_pool, {"instance": INSTANCE, "pool_type": "primary"})
_CPU = Stimulus(_cpu, {"instance": INSTANCE})
_SSE = Stimulus(_sse_per_instance, {"instance": INSTANCE})
_INSTANCES = ({"instance": INSTANCE}, {"instance": OTHER_INSTANCE})
_TENANTS = ({"tenant_id": "t1"}, {"tenant_id": "t2"})

STIMULI: Mapping[str, Stimulus] = MappingProxyType(
    {
        "Ga4ApiHighErrorRate": Stimulus(_errors_of_ga4, warm_up=1),
        "Ga4TenantHighErrorRate": Stimulus(_errors_of_one_tenant, {"tenant_id": "t1"}, warm_up=1),
        "MetricLabelsNearLimit": Stimulus(_label_values, {"label": "tenant_id"}),
        "Ga4QuotaExhaustionImminent": _QUOTA,
        "Ga4QuotaHigh": _QUOTA,
        "Ga4ApiHighLatency": Stimulus(
            _quantile("ga4_api_latency_seconds", {"endpoint": "runReport"}, _INSTANCES), {"endpoint": "runReport"}, warm_up=1
        ),
        "VectorSearchHighLatency": Stimulus(
            _quantile("vector_search_latency_seconds", {"search_type": "hybrid"}, _TENANTS), {"search_type": "hybrid"}, warm_up=1
        ),
        "SseConnectionsNearLimit": _SSE,
        "SseConnectionsHigh": _SSE,
        "HttpHighServerErrorRate": Stimulus(_errors_of_http, warm_up=1),
        "ConnectionPoolExhaustionImminent": _POOL,
        "ConnectionPoolHigh": _POOL,
        "CpuSaturated": _CPU,
        "CpuHigh": _CPU,
        "HighMemoryUsage": Stimulus(_memory, {"instance": INSTANCE}),
    }
)
"""Per alert with a threshold."""

PER_SERVICE = Stimulus(_sse)
"""For connections with `scope: service`."""

NO_STIMULUS = Stimulus(lambda _at, _moments: iter(()))
"""For alerts without a threshold, which `conditions` knows."""
