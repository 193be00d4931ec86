"""The dashboards: plain data by name, drawn for a profile by `draw`."""

from collections.abc import Mapping
from types import MappingProxyType

from monitoring_operator.content.dashboards import database_health, ga4_health, system_overview, tenant_activity, vector_search
from monitoring_operator.content.dashboards.model import Dashboard

DASHBOARDS: Mapping[str, Dashboard] = MappingProxyType(
    {module.DASHBOARD.name: module.DASHBOARD for module in (system_overview, ga4_health, tenant_activity, vector_search, database_health)}
)
"""Every dashboard by name, in the order in which they are listed."""
