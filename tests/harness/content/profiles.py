"""Profiles to render, as short as a test needs them."""

from typing import Any

from monitoring_operator.api.profile import Profile, parse

NAMESPACE = "analytics"
NAME = "ga4-analytics"

EVERYTHING_CHANGED: dict[str, Any] = {
    "scrape": {"interval": "30s"},
    "alerts": {
        "rules": {
            "Ga4ApiHighErrorRate": {"threshold": 0.5, "for": "3m", "minEvents": 100},
            "Ga4QuotaExhaustionImminent": {"threshold": 0.75, "for": "4m"},
            "Ga4QuotaHigh": {"threshold": 0.5, "for": "90s"},
            "Ga4ApiHighLatency": {"threshold": 0.5, "for": "2m", "minEvents": 7},
            "VectorSearchHighLatency": {"threshold": 2.5, "for": "1m", "minEvents": 40},
            "SseConnectionsNearLimit": {"threshold": 128, "for": "70s", "scope": "service"},
            "SseConnectionsHigh": {"threshold": 64, "for": "4m", "scope": "service"},
            "HttpHighServerErrorRate": {"threshold": 0.25, "for": "3m", "minEvents": 300},
            "ConnectionPoolExhaustionImminent": {"threshold": 0.625, "for": "1m"},
            "ConnectionPoolHigh": {"threshold": 0.5, "for": "1m"},
            "CpuSaturated": {"threshold": 50, "for": "1m", "severity": "warning"},
            "CpuHigh": {"threshold": 25, "for": "6m"},
            "HighMemoryUsage": {"threshold": 0.5, "for": "3m", "severity": "critical"},
            "ServiceDown": {"for": "5m", "severity": "warning"},
            "Ga4TenantHighErrorRate": {"threshold": 0.5, "for": "2m", "minEvents": 30},
            "MetricLabelsNearLimit": {"threshold": 64, "for": "1m"},
        }
    },
}
"""A profile's word on every alert, with thresholds that floats represent exactly."""


def spec(**sections: Any) -> dict[str, Any]:
    """The smallest valid spec with `sections` on top; `scrape` is merged, all others are taken as given."""
    scrape = {"selector": {"matchLabels": {"app": NAME}}, "port": "http", **sections.pop("scrape", {})}
    return {"scrape": scrape, **sections}


def profile(*, namespace: str = NAMESPACE, name: str = NAME, **sections: Any) -> Profile:
    """A parsed profile; see `spec`."""
    return parse({"metadata": {"namespace": namespace, "name": name, "uid": "0001"}, "spec": spec(**sections)}, strict=True)
