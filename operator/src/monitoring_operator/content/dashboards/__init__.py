"""The dashboards: plain data by name, drawn for a profile by `draw`."""

from collections.abc import Mapping
from types import MappingProxyType

from monitoring_operator.content.dashboards import database_health, system_overview
from monitoring_operator.content.dashboards.model import Dashboard

DASHBOARDS: Mapping[str, Dashboard] = MappingProxyType({d.name: d for d in (system_overview.DASHBOARD, database_health.DASHBOARD)})
"""Every dashboard by name, in the order in which they are listed."""
