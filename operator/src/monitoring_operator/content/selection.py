"""Which dashboards a profile gets. Apart from the builders, so that an alert can link to one without building it."""

from collections.abc import Mapping
from types import MappingProxyType

from monitoring_operator.api.profile import PACKS, Pack, Profile
from monitoring_operator.content import DASHBOARD_NAMES

SHOWN_FOR: Mapping[str, tuple[Pack, ...]] = MappingProxyType(
    {
        "system-overview": PACKS,
        "ga4-health": ("ga4",),
        "tenant-activity": ("ga4", "vector-search", "sse"),
        "vector-search": ("vector-search",),
        "database-health": ("database",),
    }
)
"""The packs of which a profile needs one to get the dashboard by default."""


def dashboard_names(profile: Profile) -> tuple[str, ...]:
    """The dashboards of `profile`, in the catalogue's order, whatever order it includes them in."""
    wanted = profile.spec.dashboards
    if not wanted.enabled:
        return ()
    if wanted.include is not None:
        return tuple(name for name in DASHBOARD_NAMES if name in wanted.include)
    return tuple(name for name in DASHBOARD_NAMES if set(SHOWN_FOR[name]) & set(profile.spec.packs))
