"""Cases of the alerts about requests, searches, connections and memory."""

from harness.content.written import AT, SERVICE, SILENT, Case
from monitoring_operator.proof.stimuli import INSTANCE, OTHER_INSTANCE
from monitoring_operator.proof.timeline import Series, counter

_HERE = {**AT, "instance": INSTANCE}
_GET = {**_HERE, "method": "GET"}

_CONNECTIONS = [
    Series("sse_active_connections", {**_HERE, "tenant_id": "t1", "endpoint": "/a"}, [500.0] * 60),
    Series("sse_active_connections", {**_HERE, "tenant_id": "t2", "endpoint": "/b"}, [460.0] * 60),
    Series("sse_active_connections", {**AT, "instance": OTHER_INSTANCE, "tenant_id": "t1", "endpoint": "/a"}, [600.0] * 60),
]


def requests(endpoint: str, status: str, per_scrape: float) -> Series:
    """HTTP requests."""
    return Series("http_requests_total", {**_GET, "endpoint": endpoint, "status_code": status}, counter([per_scrape] * 80))


CASES = (
    Case(
        "SseConnectionsNearLimit",
        "two tenants of 500 and 460 bring an instance near its limit; 600 on another do not",
        _CONNECTIONS,
        {"10m": ({"instance": INSTANCE},)},
    ),
    Case(
        "SseConnectionsNearLimit",
        "counted for the whole service, all instances count together",
        _CONNECTIONS,
        {"10m": SERVICE},
        {"alerts": {"rules": {"SseConnectionsNearLimit": {"scope": "service", "threshold": 1500}}}},
    ),
    Case(
        "HttpHighServerErrorRate",
        "however often probes succeed, ten percent of failing requests are ten percent",
        [requests("/q", "200", 90), requests("/q", "503", 10), requests("/healthz", "200", 100000)],
        {"10m": SERVICE},
    ),
    Case(
        "HttpHighServerErrorRate",
        "failing probes are not the users' requests",
        [
            requests("/q", "200", 90),
            *(
                requests(probe, "503", 100)
                for probe in ("/metrics", "/health", "/healthz", "/healthcheck", "/health/live", "/live", "/livez", "/liveness")
            ),
            *(requests(probe, "503", 100) for probe in ("/ready", "/readyz", "/readiness", "/startup", "/startupz")),
        ],
        {"10m": SILENT},
    ),
    *(
        Case("HttpHighServerErrorRate", f"{endpoint} only sounds like a probe", [requests(endpoint, "500", 10)], {"10m": SERVICE})
        for endpoint in ("/healthcare", "/live/stream", "/readymade", "/metrics/export")
    ),
    Case(
        "Ga4ApiHighLatency",
        "calls that take longer than the highest bucket are seen",
        [
            *(
                Series("ga4_api_latency_seconds_bucket", {**_HERE, "endpoint": "runReport", "le": le}, counter([increment] * 100))
                for le, increment in (("5", 0), ("30", 0), ("60", 0), ("+Inf", 40))
            ),
            Series("ga4_api_latency_seconds_count", {**_HERE, "endpoint": "runReport"}, counter([40] * 100)),
        ],
        {"9m": SILENT, "16m": ({"endpoint": "runReport"},)},
    ),
    Case(
        "HighMemoryUsage",
        "a process that reserved ninety times its limit and uses half of it is well",
        [
            Series("system_memory_usage_bytes", {**_HERE, "type": "vms"}, [90000.0] * 80),
            Series("system_memory_usage_bytes", {**_HERE, "type": "rss"}, [500.0] * 80),
            Series("system_memory_limit_bytes", _HERE, [1000.0] * 80),
        ],
        {"15m": SILENT},
    ),
)
