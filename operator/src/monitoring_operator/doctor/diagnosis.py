"""All checks, in the order in which one thing rests on another."""

from monitoring_operator.doctor import alertmanager, grafana, platform, prometheus, prometheus_operator, rights
from monitoring_operator.doctor.facts import Facts, Settings
from monitoring_operator.doctor.finding import Finding


def diagnose(facts: Facts, settings: Settings) -> list[Finding]:
    """Everything that there is to say about a cluster."""
    return [
        *platform.check(facts),
        *rights.check(facts, settings.user),
        *prometheus_operator.check(facts),
        *prometheus.check(facts, settings),
        *alertmanager.check(facts),
        *grafana.check(facts),
    ]
