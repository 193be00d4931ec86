"""Calls to the GA4 Data API and the quotas that they use up.

The tracker counts the call itself: an exception must not leave without a trace, or a total outage looks like no traffic. The
requirements' own way of writing it, a tracker followed by `record_ga4_api_success` or `record_ga4_api_error`, counts the
call once all the same: what a recorder says about the call that a tracker of the same context has just counted is already
known. "Just" ends with the next scrape, so that a recorder used without a tracker is never silenced for long.
"""

import time
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app_metrics.errors import outcome, type_of
from app_metrics.registry import REGISTRY
from app_metrics.tenants import TENANTS
from app_metrics.tracking import Tracker, never_raises

CORE = ("core", "tokens_per_day")
"""Category and name of the quota that the two gauges of the requirements are about."""

_latest: ContextVar["GA4Call | None"] = ContextVar("app_metrics_ga4_call", default=None)
_quotas: dict[tuple[str, ...], float] = {}
_COUNTED = "_app_metrics_counted"
REGISTRY.caches.append(_quotas.clear)


class GA4Call(Tracker):
    """One call to the GA4 Data API. See `track_ga4_api_call`."""

    def __init__(self, endpoint: str, tenant_id: object) -> None:
        self.key = (endpoint, tenant_id)
        self.status: str | None = None
        self.open = False
        self.confirmed = False
        self.outer: GA4Call | None = None
        self.scrape = 0

    def _fresh(self) -> Self:
        return type(self)(*self.key)

    def _begin(self) -> None:
        self.status, self.open, self.confirmed = None, True, False
        before = _latest.get()
        self.outer = before if before is None or before.open else before.outer
        _latest.set(self)

    def _end(self, seconds: float, error: BaseException | None) -> None:
        self.open = False
        self.scrape = REGISTRY.scrapes
        _latest.set(self)
        REGISTRY.observe("ga4_api_latency_seconds", self.key[0], value=seconds)
        if self.status is None:
            self.status = outcome(error)
            _count(*self.key, self.status, error)
        else:
            self.confirmed = True


def track_ga4_api_call(endpoint: str, tenant_id: object) -> GA4Call:
    """A tracker that times and counts a call: for `with` (also around `await`), `async with`, or as a decorator.

    Without an exception the call is a success; a cancelled one is `cancelled` and no error.
    """
    return GA4Call(endpoint, tenant_id)


@never_raises
def record_ga4_api_success(endpoint: str, tenant_id: object) -> None:
    """Counts a successful call, unless a tracker has counted it."""
    if not _already(endpoint, tenant_id, "success"):
        _count(endpoint, tenant_id, "success", None)


@never_raises
def record_ga4_api_error(endpoint: str, tenant_id: object, error_type: BaseException | str = "unknown") -> None:
    """Counts a failed call, unless a tracker has counted it. `error_type` is a word or the exception itself."""
    if not getattr(error_type, _COUNTED, False) and not _already(endpoint, tenant_id, "error"):
        _count(endpoint, tenant_id, "error", error_type)


def _already(endpoint: str, tenant_id: object, status: str) -> bool:
    """Whether the call that is meant has been counted with this status; an open one is told that it has been now."""
    call = _latest.get()
    while call is not None:
        if call.key == (endpoint, tenant_id):
            if call.open:
                counted = call.status is not None
                call.status = call.status or status
                return counted
            if call.status == status and not call.confirmed and call.scrape == REGISTRY.scrapes:
                call.confirmed = True
                return True
        call = call.outer
    return False


def _count(endpoint: str, tenant_id: object, status: str, error: BaseException | str | None) -> None:
    TENANTS.seen(tenant_id)
    errors = REGISTRY.values["ga4_api_errors_total"]
    if (tenant_id, endpoint, status) not in REGISTRY.values["ga4_api_calls_total"].series:
        errors.touch(tenant_id)
    REGISTRY.increment("ga4_api_calls_total", tenant_id, endpoint, status)
    if status == "error" and error is not None:
        # The exception may reach the recorder by another way than the context: out of a task, for one.
        with suppress(AttributeError):
            setattr(error, _COUNTED, True)
        REGISTRY.increment("ga4_api_errors_total", tenant_id, type_of(error))


@never_raises
def record_ga4_quota(tenant_id: object, property_id: object, used: float, total: float) -> None:
    """Sets the property's core tokens per day: `used` of `total`. The gauges go away at the daily refill."""
    if total <= 0:
        raise ValueError(f"total must be positive, not {total}")
    remaining = max(total - used, 0.0)
    REGISTRY.set("ga4_quota_usage_ratio", tenant_id, property_id, to=min(max(used / total, 0.0), 1.0))
    REGISTRY.set("ga4_quota_remaining", tenant_id, property_id, to=remaining)
    record_ga4_quota_category(tenant_id, property_id, *CORE, remaining=remaining)


@never_raises
def record_ga4_quota_category(
    tenant_id: object, property_id: object, category: str, quota: str, *, remaining: float, consumed: float = 0.0
) -> None:
    """Sets what is left of one quota (`tokens_per_hour`, ...) of a category (`core`, `realtime`, `funnel`) and adds what a call took."""
    now = time.time()
    reset = next_refill(now)
    REGISTRY.set("ga4_quota_category_remaining", tenant_id, property_id, category, quota, to=remaining)
    REGISTRY.increment("ga4_quota_category_consumed_total", tenant_id, property_id, category, quota, by=max(consumed, 0.0))
    REGISTRY.set("ga4_quota_updated_timestamp_seconds", tenant_id, property_id, to=now)
    REGISTRY.set("ga4_quota_reset_timestamp_seconds", tenant_id, property_id, to=reset)
    key = REGISTRY.values["ga4_quota_category_remaining"].key(tenant_id, property_id, category, quota)
    _quotas[key] = _quotas[key[:2]] = reset
    TENANTS.seen(tenant_id)


def forget_refilled(now: float | None = None) -> None:
    """Drops the quota gauges whose refill has passed: nobody knows what is left then, and an old 96 percent must not page."""
    at = time.time() if now is None else now
    for key, reset in list(_quotas.items()):
        if at < reset:
            continue
        del _quotas[key]
        names = ["ga4_quota_category_remaining"] if len(key) > 2 else _PROPERTY_GAUGES  # noqa: PLR2004 - property or one quota of it
        for name in names:
            REGISTRY.values[name].remove(*key)


_PROPERTY_GAUGES = [
    "ga4_quota_usage_ratio",
    "ga4_quota_remaining",
    "ga4_quota_updated_timestamp_seconds",
    "ga4_quota_reset_timestamp_seconds",
]
REGISTRY.before_scrape("GA4 quotas", forget_refilled)


def _pacific() -> tzinfo:
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # slim images come without the time zone database
        return timezone(timedelta(hours=-8))


def next_refill(now: float) -> float:
    """When GA4 refills daily quotas after `now`: midnight Pacific time, both in Unix seconds."""
    zone = _pacific()
    local = datetime.fromtimestamp(now, UTC).astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), zone).timestamp()
