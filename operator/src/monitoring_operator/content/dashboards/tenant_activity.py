"""Tenant Activity: who does how much, who suffers, who crowds out the others."""

from collections.abc import Mapping
from typing import Any

from monitoring_operator.content.dashboards.model import Dashboard, Panel, Row, Target, tile
from monitoring_operator.content.dashboards.query import TENANT, aggregate, quantile, rate, ratio, series

_CALLS = "ga4_api_calls_total"
_SEARCHES = "vector_search_latency_seconds_count"
_BY_TENANT = ("tenant_id",)
_TENANT_KNOWN = 'tenant_id!=""'
_CALL_ERRORS = ratio(_CALLS, 'status="error"', 'status!="cancelled"', TENANT, by=_BY_TENANT)

_COLUMNS = (
    ("GA4 calls/s", "ops", rate(_CALLS, TENANT, by=_BY_TENANT)),
    ("GA4 errors", "percentunit", _CALL_ERRORS),
    ("Quota used", "percentunit", aggregate("max", series("ga4_quota_usage_ratio", TENANT), _BY_TENANT)),
    ("Searches/s", "ops", rate(_SEARCHES, TENANT, by=_BY_TENANT)),
    ("Search p95", "s", quantile(0.95, "vector_search_latency_seconds", TENANT, by=_BY_TENANT)),
    ("Open connections", "short", aggregate("sum", series("sse_active_connections", TENANT), _BY_TENANT)),
)


def _column(index: int, title: str, unit: str) -> Mapping[str, Any]:
    properties = [{"id": "displayName", "value": title}, {"id": "unit", "value": unit}]
    return {"matcher": {"id": "byName", "options": f"Value #{chr(ord('A') + index)}"}, "properties": properties}


_CHOOSE = {
    "title": "Show only this tenant",
    "url": "${__url.path}?${__url_time_range}&${datasource:queryparam}&${namespace:queryparam}&${job:queryparam}&${instance:queryparam}"
    "&var-tenant=${__data.fields.tenant_id:percentencode}",
}

GLANCE = Row(
    "At a glance",
    (
        tile(
            "Active tenants",
            "Tenants seen in the last five minutes by the busiest instance.",
            "short",
            aggregate("max", series("active_tenants_count")),
            width=6,
        ),
        tile(
            "Tenants with failing calls",
            "Tenants more than a twentieth of whose GA4 API calls fail.",
            "short",
            f"count({_CALL_ERRORS} > 0.05) or vector(0)",
            width=6,
        ),
        tile(
            "Largest share of calls",
            "Share of all GA4 API calls that the busiest tenant makes. Near 100 % one tenant uses what all share.",
            "percentunit",
            f"max({rate(_CALLS, by=_BY_TENANT)}) / ({rate(_CALLS)} > 0)",
            width=6,
        ),
        tile(
            "Largest share of searches",
            "Share of all vector searches that the busiest tenant makes.",
            "percentunit",
            f"max({rate(_SEARCHES, by=_BY_TENANT)}) / ({rate(_SEARCHES)} > 0)",
            width=6,
        ),
        Panel(
            "Tenants",
            "One line per tenant. A click on a tenant shows only that tenant, on every dashboard of this profile.",
            "short",
            tuple(Target(expr, instant=True) for _, _, expr in _COLUMNS),
            "table",
            24,
            9,
            overrides=(
                *(_column(index, title, unit) for index, (title, unit, _) in enumerate(_COLUMNS)),
                {
                    "matcher": {"id": "byName", "options": "tenant_id"},
                    "properties": [{"id": "displayName", "value": "Tenant"}, {"id": "links", "value": [_CHOOSE]}],
                },
            ),
            transformations=(
                {"id": "merge", "options": {}},
                {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": {}}},
            ),
        ),
    ),
)

SHARES = Row(
    "Who uses what",
    (
        Panel(
            "GA4 calls by tenant",
            "GA4 API calls per second by tenant.",
            "ops",
            (Target(rate(_CALLS, TENANT, by=_BY_TENANT), "{{tenant_id}}"),),
            stacked=True,
        ),
        Panel(
            "Searches by tenant",
            "Vector searches per second by tenant.",
            "ops",
            (Target(rate(_SEARCHES, TENANT, by=_BY_TENANT), "{{tenant_id}}"),),
            stacked=True,
        ),
        Panel(
            "Connections by tenant",
            "Open server-sent event connections by tenant.",
            "short",
            (Target(aggregate("sum", series("sse_active_connections", TENANT), _BY_TENANT), "{{tenant_id}}"),),
            stacked=True,
        ),
        Panel(
            "Quota used by tenant",
            "Share of today's core tokens that each tenant's busiest property has used.",
            "percentunit",
            (Target(aggregate("max", series("ga4_quota_usage_ratio", TENANT), _BY_TENANT), "{{tenant_id}}"),),
            alerts=("Ga4QuotaHigh", "Ga4QuotaExhaustionImminent"),
        ),
        Panel(
            "GA4 error ratio by tenant",
            "Share of each tenant's GA4 API calls that failed. One tenant alone points at its credentials or its quota.",
            "percentunit",
            (Target(_CALL_ERRORS, "{{tenant_id}}"),),
            alerts=("Ga4TenantHighErrorRate",),
        ),
        Panel(
            "Events sent by tenant",
            "Server-sent events per second by tenant.",
            "ops",
            (Target(rate("sse_events_sent_total", TENANT, by=_BY_TENANT), "{{tenant_id}}"),),
            stacked=True,
        ),
    ),
)

ONE = Row(
    "Tenant $tenant",
    (
        Panel(
            "GA4 calls by outcome",
            "The tenant's GA4 API calls per second by outcome.",
            "ops",
            (Target(rate(_CALLS, TENANT, by=("status",)), "{{status}}"),),
            stacked=True,
        ),
        Panel(
            "Search latency",
            "Median and p95 of the tenant's vector searches.",
            "s",
            tuple(Target(quantile(q, "vector_search_latency_seconds", TENANT), n) for q, n in ((0.5, "p50"), (0.95, "p95"))),
        ),
        Panel(
            "Connection errors",
            "Failures of the tenant's server-sent event connections per second, by type of error.",
            "ops",
            (Target(rate("sse_errors_total", TENANT, by=("error_type",)), "{{error_type}}"),),
        ),
    ),
    collapsed=True,
    repeat="tenant",
)

CARDINALITY = Row(
    "Cardinality",
    (
        Panel(
            "Series by tenant",
            "Time series that each tenant's label value costs Prometheus, for the twenty largest.",
            "short",
            (Target(f"topk(20, {aggregate('count', series('', TENANT, _TENANT_KNOWN), _BY_TENANT)})", "{{tenant_id}}"),),
            width=12,
        ),
        Panel(
            "Distinct tenants",
            "Values that the label tenant_id has been given. At 100, further tenants are folded into __other__.",
            "short",
            (Target(aggregate("max", series("app_metrics_label_values", 'label="tenant_id"'), ("instance",)), "{{instance}}"),),
            width=12,
        ),
    ),
    collapsed=True,
)

DASHBOARD = Dashboard(
    "tenant-activity",
    "Tenant Activity",
    "What each tenant does and how it fares: calls, errors, searches, connections and quota, and who crowds out the others.",
    (GLANCE, SHARES, ONE, CARDINALITY),
    tenant=True,
)
