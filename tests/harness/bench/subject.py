"""The profile that is created a thousand times: four children, and nothing in them that two profiles share."""

from harness.cluster import Object
from monitoring_operator.api.resources import PROFILE

CHILDREN = 4
"""ServiceMonitor, PrometheusRule and two dashboards."""
DASHBOARDS = ("system-overview", "database-health")


def profile_of(number: int, namespace: str, edition: int) -> Object:
    """The profile with a number; another edition changes every one of its children."""
    team = f"team-{number}-{edition}"
    return {
        "apiVersion": PROFILE.api_version,
        "kind": PROFILE.kind,
        "metadata": {"name": f"profile-{number:05d}", "namespace": namespace},
        "spec": {
            "scrape": {"selector": {"matchLabels": {"app": f"app-{number}", "team": team}}, "port": "http"},
            "alerts": {"labels": {"team": team}},
            "dashboards": {"include": list(DASHBOARDS), "folder": team},
        },
    }
