"""What rendering knows besides the profile. Gathered from the cluster beforehand, or given on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DEFAULT_RUNBOOK_BASE_URL = "https://monitoring-operator.dev/runbooks"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The facts that rendering needs; the same inputs give the same bytes.

    `prometheus_labels` are the labels by which the cluster's Prometheus selects; `runbook_base_url` is where runbooks are when
    the profile does not say; `grafana_url` (may be empty) is what dashboard links start with; `own_dashboards` are the profile's own,
    checked and adopted (`content.user_dashboards`), by name and key of the ConfigMap that they come from.
    """

    prometheus_labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    runbook_base_url: str = DEFAULT_RUNBOOK_BASE_URL
    grafana_url: str = ""
    own_dashboards: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))
