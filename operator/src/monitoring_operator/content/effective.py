"""An alert as it applies to one profile: the catalogue's defaults with the profile's word on them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from monitoring_operator.api import durations
from monitoring_operator.api.alerts import AlertOverride, Severity
from monitoring_operator.api.profile import PACKS, Pack, Profile
from monitoring_operator.content import catalogue, parameters, promql
from monitoring_operator.content.catalogue import Alert, Scope

WINDOW_SECONDS = 300.0
SCRAPES_PER_WINDOW = 4
"""A rate needs two samples; four leave room for failed scrapes."""
SCRAPES_BEFORE_FIRING = 2
"""One odd sample is no incident."""

WITNESSES: Mapping[Pack, str] = MappingProxyType(
    {
        "ga4": "ga4_api_calls_total",
        "vector-search": "vector_search_latency_seconds_count",
        "sse": "sse_active_connections",
        "http": "http_requests_total",
        "database": "connection_pool_utilization_ratio",
        "system": "system_uptime_seconds",
    }
)
"""Per pack, the series that a service which uses it cannot but have."""

REMEMBERED = 64
"""Profiles whose alerts are kept: those in work at one moment, each of which is asked for them by checks, rules and dashboards."""

_UNCHANGED = AlertOverride()


@dataclass(frozen=True, slots=True)
class Effective:
    """One alert with its final settings, its texts filled in. `limit` is the threshold as people say it."""

    alert: Alert
    threshold: float | None
    for_: str
    severity: Severity
    min_events: int | None
    scope: Scope | None
    by: tuple[str, ...]
    limit: str
    expr: str
    summary: str
    description: str


def window(profile: Profile) -> str:
    """The range over which rates are taken: five minutes, or longer where scrapes are so rare that it would hold too few."""
    return durations.text(max(WINDOW_SECONDS, SCRAPES_PER_WINDOW * durations.seconds(profile.spec.scrape.interval)))


@lru_cache(REMEMBERED)
def effective(profile: Profile) -> tuple[Effective, ...]:
    """The alerts that `profile` wants, in the catalogue's order; none if alerts are switched off.

    Overrides of unknown alerts are passed over here: `check.problems` refuses them.
    """
    spec = profile.spec
    if not spec.alerts.enabled:
        return ()
    groups = {catalogue.AVAILABILITY, *spec.packs}
    common = {
        "target": promql.target(profile),
        "users": promql.USER_REQUESTS,
        "missing": _missing(profile),
        "window": window(profile),
        "longWindow": durations.text(2 * durations.seconds(window(profile))),
    }
    soonest = SCRAPES_BEFORE_FIRING * durations.seconds(spec.scrape.interval)
    return tuple(
        _effective(alert, override, common, soonest)
        for alert in catalogue.alerts().values()
        if alert.group in groups and (override := spec.alerts.rules.get(alert.name, _UNCHANGED)).enabled
    )


def _missing(profile: Profile) -> str:
    """The packs of which a service that is up shows nothing, as series with the label `pack`."""
    target = promql.target(profile)
    return "\nor ".join(
        f"label_replace((max by (namespace, job) (up{{{target}}}) == 1)"
        f" unless on (namespace, job) {WITNESSES[pack]}{{{target}}},"
        f" {promql.string('pack')}, {promql.string(pack)}, {promql.string('')}, {promql.string('')})"
        for pack in sorted(set(profile.spec.packs), key=PACKS.index)
    )


def min_events(alert: Alert, threshold: float | None) -> int | None:
    """Events that the window must hold by default: so many that a single bad one stays at or below the threshold."""
    if alert.min_events is None or alert.unit != "ratio" or not threshold:
        return alert.min_events
    return max(alert.min_events, math.ceil(1 / Decimal(repr(threshold))))


def _effective(alert: Alert, override: AlertOverride, common: Mapping[str, str], soonest: float) -> Effective:
    threshold = alert.threshold if override.threshold is None else override.threshold
    events = min_events(alert, threshold) if override.min_events is None else override.min_events
    scope = alert.scope and (override.scope or alert.scope)
    by = ("namespace", "job", *alert.subject, *(("instance",) if scope == "instance" else ()))
    limit = "" if threshold is None or alert.unit is None else parameters.human(threshold, alert.unit)
    values = {
        **common,
        "by": ", ".join(by),
        "limit": limit,
        "threshold": "" if threshold is None else parameters.number(threshold),
        "minEvents": "" if events is None else str(events),
    }
    default_for = durations.text(max(durations.seconds(alert.for_), soonest))
    return Effective(
        alert=alert,
        threshold=threshold,
        for_=default_for if override.for_ is None else override.for_,
        severity=override.severity or alert.severity,
        min_events=events,
        scope=scope,
        by=by,
        limit=limit,
        expr=parameters.substitute(alert.expr, values),
        summary=alert.summary,
        description=parameters.substitute(alert.description, values),
    )
