"""GA4 Integration Health: do calls to Google Analytics succeed, how fast, and how long will the quota last."""

from monitoring_operator.content.dashboards.model import Dashboard, Panel, Row, Target, tile
from monitoring_operator.content.dashboards.query import TENANT, aggregate, quantile, rate, ratio, series

_CALLS = "ga4_api_calls_total"
_ERROR = 'status="error"'
_MADE = 'status!="cancelled"'
_QUOTA_ALERTS = ("Ga4QuotaHigh", "Ga4QuotaExhaustionImminent")
_PROPERTY = ("tenant_id", "property_id")
_DAY = 'quota="tokens_per_day"'

_USED = aggregate("max", series("ga4_quota_usage_ratio", TENANT), _PROPERTY)
_HITS = rate("ga4_cache_hits_total", TENANT)
_LOOK_UPS = f"({_HITS} + {rate('ga4_cache_misses_total', TENANT)} > 0)"
_CONSUMED_IN_AN_HOUR = f"increase({series('ga4_quota_category_consumed_total', TENANT, _DAY)}[1h])"

GLANCE = Row(
    "At a glance",
    (
        tile("Call rate", "GA4 API calls per second.", "ops", rate(_CALLS, TENANT)),
        tile(
            "Failing calls",
            "Share of the GA4 API calls that failed, cancelled ones left aside.",
            "percentunit",
            ratio(_CALLS, _ERROR, _MADE, TENANT),
            alerts=("Ga4ApiHighErrorRate",),
        ),
        tile(
            "Call latency p95",
            "Nineteen of twenty calls took at most this long, over all endpoints.",
            "s",
            quantile(0.95, "ga4_api_latency_seconds"),
            alerts=("Ga4ApiHighLatency",),
        ),
        tile(
            "Highest quota use",
            "Share of today's core tokens that the busiest property has used.",
            "percentunit",
            f"max({_USED})",
            alerts=_QUOTA_ALERTS,
        ),
        tile(
            "Tokens left",
            "Core tokens that the poorest property has left today.",
            "short",
            aggregate("min", series("ga4_quota_remaining", TENANT)),
        ),
        tile(
            "Cache hits",
            "Share of cache look-ups that hit. Every hit is a call that costs no quota.",
            "percentunit",
            f"{_HITS} / {_LOOK_UPS}",
        ),
    ),
)

CALLS = Row(
    "Calls: rate, errors, duration",
    (
        Panel(
            "Calls by endpoint",
            "GA4 API calls per second by endpoint.",
            "ops",
            (Target(rate(_CALLS, TENANT, by=("endpoint",)), "{{endpoint}}"),),
            related=("Ga4TrafficVanished",),
            stacked=True,
        ),
        Panel(
            "Calls by outcome",
            "GA4 API calls per second by outcome. A cancelled call was given up by the application and is no error.",
            "ops",
            (Target(rate(_CALLS, TENANT, by=("status",)), "{{status}}"),),
            related=("Ga4ApiAllCallsFailing",),
            stacked=True,
        ),
        Panel(
            "Error ratio",
            "Share of the calls that failed. The alert looks at all endpoints together.",
            "percentunit",
            (
                Target(ratio(_CALLS, _ERROR, _MADE, TENANT, by=("job",)), "all"),
                Target(ratio(_CALLS, _ERROR, _MADE, TENANT, by=("endpoint",)), "{{endpoint}}"),
            ),
            alerts=("Ga4ApiHighErrorRate",),
        ),
        Panel(
            "Errors by type",
            "Failed calls per second by type: quota, permission, server error, timeout. Start here when the error ratio is high.",
            "ops",
            (Target(rate("ga4_api_errors_total", TENANT, by=("error_type",)), "{{error_type}}"),),
            stacked=True,
        ),
        Panel(
            "Latency p95 by endpoint",
            "Nineteen of twenty calls to the endpoint took at most this long. The line is where the alert fires.",
            "s",
            (Target(quantile(0.95, "ga4_api_latency_seconds", by=("endpoint",)), "{{endpoint}}"),),
            alerts=("Ga4ApiHighLatency",),
        ),
        Panel(
            "Distribution of latencies",
            "How many calls took how long. A second band high up is a second kind of call, or a timeout.",
            "s",
            (Target(rate("ga4_api_latency_seconds_bucket", by=("le",)), "{{le}}"),),
            "heatmap",
        ),
    ),
)

QUOTA = Row(
    "Quota",
    (
        Panel(
            "Quota used today",
            "Share of each property's core tokens per day that is used. It falls to 0 at midnight Pacific time.",
            "percentunit",
            (Target(_USED, "{{tenant_id}} {{property_id}}"),),
            width=12,
            alerts=_QUOTA_ALERTS,
            maximum=1,
        ),
        Panel(
            "Time until tokens run out",
            "At the pace of the last hour, against the time until the refill. Below it, the property will stand still for a while.",
            "s",
            (
                Target(
                    f"{aggregate('min', series('ga4_quota_category_remaining', TENANT, _DAY), (*_PROPERTY, 'category'))}"
                    f" / ({aggregate('sum', _CONSUMED_IN_AN_HOUR, (*_PROPERTY, 'category'))} / 3600 > 0)",
                    "{{tenant_id}} {{property_id}} {{category}}",
                ),
                Target(
                    f"{aggregate('max', series('ga4_quota_reset_timestamp_seconds', TENANT), _PROPERTY)} - time()",
                    "refill {{tenant_id}} {{property_id}}",
                ),
            ),
            width=12,
            related=("Ga4QuotaPaceTooHigh",),
        ),
        Panel(
            "Left of each quota",
            "What is left of every quota of every category. Each category has a pool of its own; an empty one blocks the property.",
            "short",
            (
                Target(
                    aggregate("min", series("ga4_quota_category_remaining", TENANT), ("property_id", "category", "quota")),
                    "{{property_id}} {{category}} {{quota}}",
                ),
            ),
        ),
        Panel(
            "Tokens per hour by tenant",
            "Daily tokens that each tenant consumed in the last hour.",
            "short",
            (Target(aggregate("sum", _CONSUMED_IN_AN_HOUR, ("tenant_id",)), "{{tenant_id}}"),),
            stacked=True,
        ),
        Panel(
            "Age of the reading",
            "Time since each property's quota was last read. The quota is only known from answers, so a quiet property's grows old.",
            "s",
            (
                Target(
                    f"time() - {aggregate('max', series('ga4_quota_updated_timestamp_seconds', TENANT), _PROPERTY)}",
                    "{{tenant_id}} {{property_id}}",
                ),
            ),
        ),
    ),
)

CACHE = Row(
    "Cache and tenants",
    (
        Panel(
            "Cache hit rate by tenant",
            "Share of each tenant's cache look-ups that hit, as the application states it.",
            "percentunit",
            (Target(aggregate("avg", series("ga4_cache_hit_rate", TENANT), ("tenant_id",)), "{{tenant_id}}"),),
        ),
        Panel(
            "Cache look-ups",
            "Cache look-ups per second by result.",
            "ops",
            (Target(_HITS, "hit"), Target(rate("ga4_cache_misses_total", TENANT), "miss")),
            stacked=True,
        ),
        Panel(
            "Busiest tenants",
            "The ten tenants with the most GA4 API calls per second now.",
            "ops",
            (Target(f"topk(10, {rate(_CALLS, TENANT, by=('tenant_id',))})", "{{tenant_id}}", instant=True),),
            "bargauge",
        ),
    ),
)

DASHBOARD = Dashboard(
    "ga4-health",
    "GA4 Integration Health",
    "Whether calls to the Google Analytics Data API succeed, how fast they are, and how long each property's quota will last.",
    (GLANCE, CALLS, QUOTA, CACHE),
    tenant=True,
)
