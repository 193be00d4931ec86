"""Which tenants have been there lately. Every recorder that is given a tenant says so here."""

import time

from app_metrics.registry import REGISTRY, Registry
from app_metrics.tracking import never_raises

WINDOW = 300.0
"""Seconds after which a tenant that does nothing is no longer active."""
MOST = 10_000
"""Tenants that are remembered at most; a gauge may saturate, memory must not grow."""


class ActiveTenants:
    """Tenants with the time (monotonic, seconds) they were last seen."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._last: dict[object, float] = {}
        registry.before_scrape("active tenants", self.refresh)
        registry.caches.append(self._last.clear)

    def seen(self, tenant_id: object) -> None:
        """Notes that `tenant_id` did something just now."""
        if tenant_id in self._last or len(self._last) < MOST:
            self._last[tenant_id] = time.monotonic()

    def refresh(self) -> None:
        """Forgets the idle ones and sets the gauges."""
        oldest = time.monotonic() - WINDOW
        for tenant, last in list(self._last.items()):
            if last < oldest:
                self._last.pop(tenant, None)
        for name in ("active_tenants_count", "app_active_tenants"):
            self._registry.set(name, to=len(self._last))


TENANTS = ActiveTenants(REGISTRY)


@never_raises
def record_tenant_activity(tenant_id: object) -> None:
    """Counts `tenant_id` as active for the next five minutes."""
    TENANTS.seen(tenant_id)
