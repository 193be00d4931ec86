"""The alert of a test of notifications: fenced to one profile, recognisable, and over by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.alerts import Severity

ALERT_NAME = "NotificationTest"
SIGNAL = "notification_test"
"""A signal of its own: it mutes no real alert, and none but a dead service mutes it."""

TEST_LABEL = "test"


def trial_labels(namespace: str, profile: str, severity: Severity) -> dict[str, str]:
    """The labels of the test alert, which take the same way as those of the profile's own alerts of this severity."""
    return {
        "alertname": ALERT_NAME,
        names.ALERT_LABEL_NAMESPACE: namespace,
        names.ALERT_LABEL_PROFILE: profile,
        names.ALERT_LABEL_SEVERITY: severity,
        names.ALERT_LABEL_SIGNAL: SIGNAL,
        "job": profile,
        TEST_LABEL: "true",
    }


def trial_alert(labels: dict[str, str], *, begin: datetime, lasts: timedelta) -> dict[str, Any]:
    """The alert as Alertmanager's API v2 takes it. It ends by itself; with `lasts` of zero it has ended."""
    return {
        "labels": labels,
        "annotations": {
            "summary": "This is a test of notifications. Nothing is wrong.",
            "description": f"Sent by `monitoring-operator notify-test` for {labels[names.ALERT_LABEL_NAMESPACE]}/"
            f"{labels[names.ALERT_LABEL_PROFILE]}; it ends by itself.",
        },
        "startsAt": _time(begin),
        "endsAt": _time(begin + lasts),
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
