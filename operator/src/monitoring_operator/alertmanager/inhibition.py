"""Which alert mutes which: a critical its own warning twin, a dead service its other signals; never across profiles or tenants.

Two alerts may mute each other only if they agree in every label that can name a subject; a label that both lack counts as equal.
"""

from typing import Any

from monitoring_operator.alertmanager.matchers import matcher
from monitoring_operator.api.names import ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE, ALERT_LABEL_SEVERITY, ALERT_LABEL_SIGNAL

SERVICE_DOWN = "service_down"

SERVICE_LABELS = ("cluster", ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE, "job")
"""What names one application. `cluster` is the usual external label where several clusters share an Alertmanager."""

SUBJECT_LABELS = (
    "tenant_id",
    "property_id",
    "category",
    "quota",
    "endpoint",
    "method",
    "search_type",
    "model",
    "pool_type",
    "operation",
    "event_type",
    "error_type",
    "metric",
    "label",
    "pack",
    "instance",
)
"""What names the subject of an alert within an application: all labels of metrics and alerts but those that name an outcome."""


def inhibit_rules() -> list[dict[str, Any]]:
    """The rules, which touch only alerts that carry our labels.

    They have no `name`: prometheus-operator refuses the whole configuration for it.
    """
    return [
        _rule(["critical"], [], ["warning"], [], [*SERVICE_LABELS, ALERT_LABEL_SIGNAL, *SUBJECT_LABELS]),
        # A service_down that the user made a warning must not silence a page, and one that tells nobody must not silence anything.
        _rule(["critical"], [_down("=")], [], [_down("!=")], list(SERVICE_LABELS)),
        _rule(["warning"], [_down("=")], ["warning", "info"], [_down("!=")], list(SERVICE_LABELS)),
    ]


def _rule(source: list[str], source_signal: list[str], target: list[str], target_signal: list[str], equal: list[str]) -> dict[str, Any]:
    return {
        "source_matchers": _ours(source, source_signal),
        "target_matchers": _ours(target, target_signal),
        "equal": equal,
    }


def _ours(severities: list[str], signal: list[str]) -> list[str]:
    severity = []
    if severities:
        operator = "=" if len(severities) == 1 else "=~"
        severity = [matcher(ALERT_LABEL_SEVERITY, operator, "|".join(severities))]
    labels = [matcher(label, "=~", ".+") for label in (ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE, ALERT_LABEL_SIGNAL)]
    return [*labels, *severity, *signal]


def _down(operator: str) -> str:
    return matcher(ALERT_LABEL_SIGNAL, operator, SERVICE_DOWN)
