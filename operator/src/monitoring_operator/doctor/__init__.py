"""Is a cluster ready for its first profile? Everything that is commonly set up wrong around the operator, each with its mend."""

from monitoring_operator.doctor.diagnosis import diagnose
from monitoring_operator.doctor.facts import Facts, Settings
from monitoring_operator.doctor.finding import Finding, Level

__all__ = ["Facts", "Finding", "Level", "Settings", "diagnose"]
