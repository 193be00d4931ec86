"""Alert groups as YAML and dashboards as small builders: what the product knows about monitoring.

The names stand here as plain tuples because the CRD's rules are made from them, and making a CRD must not cost a parse of the
catalogue. A test holds them against the YAML files and the builders.
"""

ALERT_NAMES: tuple[str, ...] = (
    "ServiceDown",
    "InstanceDown",
    "InstrumentationMissing",
    "Ga4ApiHighErrorRate",
    "Ga4QuotaExhaustionImminent",
    "Ga4QuotaHigh",
    "Ga4ApiHighLatency",
    "Ga4TenantHighErrorRate",
    "Ga4ApiAllCallsFailing",
    "Ga4TrafficVanished",
    "Ga4QuotaPaceTooHigh",
    "VectorSearchHighLatency",
    "SseConnectionsNearLimit",
    "SseConnectionsHigh",
    "HttpHighServerErrorRate",
    "ConnectionPoolExhaustionImminent",
    "ConnectionPoolHigh",
    "CpuSaturated",
    "CpuHigh",
    "HighMemoryUsage",
    "MetricLabelsNearLimit",
)
"""Alerts of the catalogue, in the order in which they are rendered."""

DASHBOARD_NAMES: tuple[str, ...] = ("system-overview", "ga4-health", "tenant-activity", "vector-search", "database-health")
"""Dashboards of the catalogue, in the order in which they are listed."""
