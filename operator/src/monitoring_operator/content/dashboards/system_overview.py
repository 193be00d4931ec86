"""System Overview: is it up, is it well, what is wrong. Symptoms first, then what may cause them."""

from monitoring_operator.content.dashboards.model import Dashboard, Panel, Row, Target, tile
from monitoring_operator.content.dashboards.query import aggregate, mean, quantile, rate, ratio, series, share
from monitoring_operator.content.promql import USER_REQUESTS

_SERVER_ERROR = 'status_code=~"5.."'
_ALERTS = 'ALERTS{alertstate="firing",namespace=~"$namespace",profile=~"$job"}'

GLANCE = Row(
    "At a glance",
    (
        tile(
            "Instances up",
            "Instances that Prometheus can scrape. None means that the service is down, or that nothing selects its Service.",
            "short",
            aggregate("sum", series("up")),
            alerts=("ServiceDown",),
            bad="none",
        ),
        tile(
            "Request rate",
            "HTTP requests of users per second, without probes and scrapes.",
            "reqps",
            rate("http_requests_total", USER_REQUESTS),
        ),
        tile(
            "Server errors",
            "Share of the users' HTTP requests that were answered with 5xx.",
            "percentunit",
            ratio("http_requests_total", _SERVER_ERROR, USER_REQUESTS),
            alerts=("HttpHighServerErrorRate",),
        ),
        tile(
            "Request latency p95",
            "Nineteen of twenty HTTP requests were answered within this time.",
            "s",
            quantile(0.95, "http_request_duration_seconds", USER_REQUESTS),
        ),
        tile(
            "Active tenants",
            "Tenants seen in the last five minutes by the busiest instance.",
            "short",
            aggregate("max", series("active_tenants_count")),
        ),
        tile(
            "Firing alerts",
            "Alerts of this profile that are firing now. The table below names them.",
            "short",
            f"count({_ALERTS}) or vector(0)",
            bad="any",
        ),
        Panel(
            "Alerts",
            "The alerts that are firing now, with what they are about. Empty is good.",
            "short",
            (Target(_ALERTS, instant=True),),
            "table",
            24,
            6,
            transformations=(
                {
                    "id": "organize",
                    "options": {
                        "excludeByName": {"Time": True, "Value": True, "__name__": True, "alertstate": True, "job": True, "profile": True},
                        "indexByName": {"severity": 0, "alertname": 1, "signal": 2, "instance": 3, "tenant_id": 4},
                        "renameByName": {},
                    },
                },
            ),
        ),
    ),
)

HTTP = Row(
    "HTTP: rate, errors, duration",
    (
        Panel(
            "Requests by status",
            "HTTP requests per second by status code, probes and scrapes included.",
            "reqps",
            (Target(rate("http_requests_total", by=("status_code",)), "{{status_code}}"),),
            stacked=True,
        ),
        Panel(
            "Server error ratio",
            "Share of the users' requests that were answered with 5xx. The line is where the alert fires.",
            "percentunit",
            (Target(ratio("http_requests_total", _SERVER_ERROR, USER_REQUESTS, by=("job",)), "{{job}}"),),
            alerts=("HttpHighServerErrorRate",),
        ),
        Panel(
            "Request latency",
            "Median, p95 and p99 of the users' requests. Far apart means that few requests are much slower than most.",
            "s",
            tuple(
                Target(quantile(q, "http_request_duration_seconds", USER_REQUESTS), n)
                for q, n in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
            ),
        ),
        Panel(
            "Slowest endpoints p95",
            "The ten endpoints with the highest p95 now.",
            "s",
            (Target(f"topk(10, {quantile(0.95, 'http_request_duration_seconds', by=('method', 'endpoint'))})", "{{method}} {{endpoint}}"),),
        ),
        Panel(
            "Server errors by endpoint",
            "Where the 5xx come from, per second. Start here when the error ratio is high.",
            "reqps",
            (Target(rate("http_requests_total", _SERVER_ERROR, by=("method", "endpoint")), "{{method}} {{endpoint}}"),),
        ),
        Panel(
            "Mean body size",
            "Mean size of request and response bodies. A jump explains latency that no other panel does.",
            "bytes",
            (Target(mean("http_request_size_bytes"), "request"), Target(mean("http_response_size_bytes"), "response")),
        ),
    ),
    pack="http",
)

SSE = Row(
    "Server-sent events",
    (
        Panel(
            "Connections by instance",
            "Open server-sent event connections per instance, with the limits of the alerts and the capacity that the process states.",
            "short",
            (
                Target(aggregate("sum", series("sse_active_connections"), ("instance",)), "{{instance}}"),
                Target(aggregate("max", series("sse_max_connections"), ("instance",)), "{{instance}} capacity"),
            ),
            alerts=("SseConnectionsHigh", "SseConnectionsNearLimit"),
        ),
        Panel(
            "Events and errors",
            "Events sent per second by type, and failures of connections by type of error.",
            "ops",
            (
                Target(rate("sse_events_sent_total", by=("event_type",)), "{{event_type}}"),
                Target(rate("sse_errors_total", by=("error_type",)), "error: {{error_type}}"),
            ),
        ),
        Panel(
            "Connection lifetime",
            "How long connections lived that have ended. Short lives mean that clients reconnect all the time.",
            "s",
            tuple(Target(quantile(q, "sse_connection_duration_seconds"), n) for q, n in ((0.5, "p50"), (0.95, "p95"))),
        ),
    ),
    pack="sse",
)

SATURATION = Row(
    "Saturation: CPU and memory",
    (
        Panel(
            "CPU",
            "CPU used by each instance, in percent of its limit (or of all cores where it has none).",
            "percent",
            (Target(aggregate("max", series("system_cpu_usage_percent"), ("instance",)), "{{instance}}"),),
            alerts=("CpuHigh", "CpuSaturated"),
        ),
        Panel(
            "Memory used of limit",
            "Resident memory of each instance over its limit. At 100 % the kernel kills the process.",
            "percentunit",
            (
                Target(
                    share(
                        aggregate("max", series("system_memory_usage_bytes", 'type="rss"'), ("instance",)),
                        aggregate("max", series("system_memory_limit_bytes"), ("instance",)),
                    ),
                    "{{instance}}",
                ),
            ),
            alerts=("HighMemoryUsage",),
            maximum=1,
        ),
        Panel(
            "Memory",
            "Resident (rss) and virtual (vms) memory. Resident memory that only ever grows is a leak.",
            "bytes",
            (Target(aggregate("max", series("system_memory_usage_bytes"), ("instance", "type")), "{{instance}} {{type}}"),),
        ),
        Panel(
            "Uptime",
            "Time since each process started. Teeth are restarts.",
            "s",
            (Target(aggregate("max", series("system_uptime_seconds"), ("instance",)), "{{instance}}"),),
            width=12,
        ),
        Panel(
            "CPU limit",
            "CPU cores that each instance may use: what 100 % in the CPU panel means.",
            "short",
            (Target(aggregate("max", series("system_cpu_limit_cores"), ("instance",)), "{{instance}}"),),
            width=12,
        ),
    ),
    pack="system",
)

INSTRUMENTATION = Row(
    "Instrumentation",
    (
        Panel(
            "Scrapes",
            "Whether each instance could be scraped: 1 is yes.",
            "short",
            (Target(series("up"), "{{instance}}"),),
            "state-timeline",
            related=("ServiceDown", "InstanceDown", "InstrumentationMissing"),
            bad="none",
            defaults={"mappings": [{"type": "value", "options": {"0": {"text": "down"}, "1": {"text": "up"}}}]},
        ),
        Panel(
            "Scrape duration",
            "How long Prometheus takes to scrape each instance. Near the timeout, scrapes start to fail.",
            "s",
            (Target(series("scrape_duration_seconds"), "{{instance}}"),),
        ),
        Panel(
            "Samples per scrape",
            "Series that each instance exposes. Beyond the profile's sampleLimit Prometheus refuses the whole scrape.",
            "short",
            (Target(series("scrape_samples_scraped"), "{{instance}}"),),
        ),
        Panel(
            "Label values",
            "Distinct values per label, of which the library allows fewer than 100. What comes later is folded into __other__.",
            "short",
            (Target(aggregate("max", series("app_metrics_label_values"), ("label",)), "{{label}}"),),
            alerts=("MetricLabelsNearLimit",),
        ),
        Panel(
            "Folded label values",
            "Observations per second whose label value was folded into __other__.",
            "ops",
            (Target(rate("app_metrics_label_overflow_total", by=("metric", "label")), "{{metric}} {{label}}"),),
        ),
        Panel(
            "Tenants per instance",
            "Tenants that each instance has seen in the last five minutes.",
            "short",
            (Target(aggregate("max", series("app_active_tenants"), ("instance",)), "{{instance}}"),),
        ),
    ),
    collapsed=True,
)

DASHBOARD = Dashboard(
    "system-overview",
    "System Overview",
    "Whether the service is up and well: requests, errors, latency, connections, CPU and memory, and every alert that is firing.",
    (GLANCE, HTTP, SSE, SATURATION, INSTRUMENTATION),
)
