"""Cache look-ups. What counts are the two counters; the hit rates of the requirements are worked out from them at each scrape,
over the last five minutes, because a gauge of ratios can be averaged neither over time nor over processes.
"""

import time
from collections import deque
from typing import NamedTuple

from app_metrics.registry import REGISTRY, Registry
from app_metrics.tenants import TENANTS
from app_metrics.tracking import never_raises

WINDOW = 300.0
_STEP = 10.0


class _Sample(NamedTuple):
    at: float
    hits: float
    lookups: float


class HitRate:
    """Keeps one hit-rate gauge in step with its counters; a tenant without a look-up in the window has none."""

    def __init__(self, registry: Registry, subject: str) -> None:
        self._registry = registry
        self._names = (f"{subject}_cache_hits_total", f"{subject}_cache_misses_total", f"{subject}_cache_hit_rate")
        self._samples: dict[tuple[str, ...], deque[_Sample]] = {}
        registry.before_scrape(f"the {subject} cache", self.refresh)
        registry.caches.append(self._samples.clear)

    def record(self, tenant_id: object, *, hit: bool) -> None:
        """Counts one look-up; both counters exist from the first one on."""
        hits, misses = (self._registry.values[name].at(tenant_id) for name in self._names[:2])
        with self._registry.lock:
            (hits if hit else misses).value += 1.0
        TENANTS.seen(tenant_id)

    def refresh(self, now: float | None = None) -> None:
        """Sets the gauges as of `now` (monotonic seconds)."""
        at = time.monotonic() if now is None else now
        hits_name, misses_name, rate_name = self._names
        rates, misses = self._registry.values[rate_name], self._registry.values[misses_name]
        for key, hits in list(self._registry.values[hits_name].series.items()):
            current = _Sample(at, hits.value, hits.value + misses.unguarded(*key).value)
            samples = self._samples.setdefault(key, deque([_Sample(at, 0.0, 0.0)]))
            while len(samples) > 1 and at - samples[1].at >= WINDOW:
                samples.popleft()
            lookups = current.lookups - samples[0].lookups
            if lookups > 0:
                rates.unguarded(*key).value = (current.hits - samples[0].hits) / lookups
            else:
                rates.remove(*key)
            if len(samples) == 1 or at - samples[-1].at >= _STEP:
                samples.append(current)


GA4 = HitRate(REGISTRY, "ga4")
VECTOR_SEARCH = HitRate(REGISTRY, "vector_search")


@never_raises
def record_ga4_cache_hit(tenant_id: object) -> None:
    """Counts a GA4 cache look-up that hit."""
    GA4.record(tenant_id, hit=True)


@never_raises
def record_ga4_cache_miss(tenant_id: object) -> None:
    """Counts a GA4 cache look-up that missed."""
    GA4.record(tenant_id, hit=False)


@never_raises
def record_vector_search_cache_hit(tenant_id: object) -> None:
    """Counts a search cache look-up that hit."""
    VECTOR_SEARCH.record(tenant_id, hit=True)


@never_raises
def record_vector_search_cache_miss(tenant_id: object) -> None:
    """Counts a search cache look-up that missed."""
    VECTOR_SEARCH.record(tenant_id, hit=False)
