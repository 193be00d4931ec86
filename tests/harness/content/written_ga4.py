"""Cases of the alerts about GA4: calls that fail, vanish or never succeed, and quotas that run out."""

from collections.abc import Sequence

from harness.content.stimuli import DAY, INSTANCE, OTHER_INSTANCE
from harness.content.timeline import Samples, Series, counter
from harness.content.written import AT, NEIGHBOURS, SERVICE, SILENT, Case

_PROPERTY = {"tenant_id": "t1", "property_id": "p1"}
_ITS_QUOTA = (_PROPERTY,)


def calls(status: str, increments: Sequence[float | None], labels: dict[str, str] | None = None) -> Series:
    """GA4 calls that ended with `status`."""
    subject = {**AT, "instance": INSTANCE, "tenant_id": "t1", "endpoint": "runReport", **(labels or {})}
    return Series("ga4_api_calls_total", {**subject, "status": status}, counter(increments))


def usage(instance: str, used: float, read: float, refill: float) -> list[Series]:
    """What one replica shows of a property's quota, for an hour."""
    at = {**AT, "instance": instance, **_PROPERTY}
    return [
        Series("ga4_quota_usage_ratio", at, [used] * 240),
        Series("ga4_quota_updated_timestamp_seconds", at, [read] * 240),
        Series("ga4_quota_reset_timestamp_seconds", at, [refill] * 240),
    ]


def tokens(left: Samples, used: Samples, refill: float, *, instance: str = INSTANCE, read: float = 1.0) -> list[Series]:
    """What one replica says about a property's core tokens of the day, beside quotas that must not count."""
    at = {**AT, "instance": instance, **_PROPERTY}
    day = {"category": "core", "quota": "tokens_per_day"}
    series = [
        Series("ga4_quota_category_remaining", {**at, **day}, left),
        Series("ga4_quota_category_consumed_total", {**at, **day}, counter(used)),
        Series("ga4_quota_reset_timestamp_seconds", at, [refill] * len(left)),
        Series("ga4_quota_updated_timestamp_seconds", at, [read] * len(left)),
    ]
    for other in ({**at, **day, "quota": "tokens_per_hour"}, {**at, **day, "category": "realtime"}):
        series.append(Series("ga4_quota_category_remaining", other, [1.0] * len(left)))
        series.append(Series("ga4_quota_category_consumed_total", other, counter([9999.0] * len(left))))
    return series


_HOURS = 400
"""Samples in 100 minutes."""

ERRORS = (
    Case(
        "Ga4ApiHighErrorRate",
        "first errors of a counter that was there at zero are seen",
        [calls("success", [50] * 80), calls("error", [0] * 20 + [50] * 60)],
        {"5m": SILENT, "12m": SERVICE},
    ),
    Case(
        "Ga4ApiHighErrorRate",
        "a restart in the middle of an outage does not end it",
        [Series(c.name, c.labels, [*c.samples, *c.samples]) for c in (calls("error", [20] * 40), calls("success", [80] * 40))],
        {"9m": SERVICE, "10m15s": SERVICE, "12m": SERVICE, "19m": SERVICE},
    ),
    Case(
        "Ga4ApiHighErrorRate",
        "cancelled calls are no traffic",
        [calls("error", [0.45] * 80), calls("cancelled", [1000] * 80)],
        {"15m": SILENT},
    ),
    Case(
        "Ga4ApiHighErrorRate",
        "cancelled calls dilute nothing",
        [calls("error", [20] * 80), calls("success", [20] * 80), calls("cancelled", [1000] * 80)],
        {"15m": SERVICE},
    ),
    Case(
        "Ga4ApiAllCallsFailing",
        "a call every ten minutes that always fails is noticed",
        [calls("error", [0, *([1] + [0] * 39) * 8]), calls("success", [0] * 321), calls("cancelled", [50] * 321)]
        + [s for at in NEIGHBOURS for s in (calls("success", [9] * 321, {**at}),)],
        {"19m": SILENT, "25m15s": SILENT, "25m30s": SERVICE, "75m": SERVICE},
    ),
    Case(
        "Ga4ApiAllCallsFailing",
        "one success within the hour keeps it silent",
        [calls("error", [0, *([1] + [0] * 39) * 10]), calls("success", [0] * 100 + [1] + [0] * 300)]
        + [s for at in NEIGHBOURS for s in (calls("error", [9] * 401, {**at}),)],
        {"30m": SILENT, "70m": SILENT, "84m": SILENT, "92m": SERVICE},
    ),
    Case(
        "Ga4ApiAllCallsFailing",
        "two failures are not enough, and three are, for an hour",
        [calls("error", [0, 0, 1, 0, 0, 1] + [0] * 94 + [1] + [0] * 299), calls("success", [0] * 400)],
        {"24m45s": SILENT, "30m15s": SERVICE, "55m": SERVICE, "62m": SILENT},
    ),
    Case(
        "Ga4TrafficVanished",
        "fires ten minutes after the last call and five of waiting, while the hour before was busy",
        [calls("success", [3] * 280 + [0] * 400), calls("cancelled", [9] * 680)]
        + [s for at in NEIGHBOURS for s in (calls("success", [3] * 680, {**at}),)],
        {"75m": SILENT, "80m": SILENT, "84m30s": SILENT, "85m": SERVICE, "120m": SERVICE, "137m": SERVICE, "145m": SILENT},
    ),
    Case(
        "Ga4TrafficVanished",
        "fires when a restart took the counters with it",
        [calls("success", [3] * 280)],
        {"90m": SERVICE},
    ),
    Case(
        "Ga4TrafficVanished",
        "nineteen calls in ten minutes are too few to miss them, twenty-one are not",
        [calls("success", [0.475] * 280 + [0] * 100)],
        {"85m15s": SILENT, "90m": SILENT},
    ),
    Case(
        "Ga4TrafficVanished",
        "twenty-one calls in ten minutes are missed",
        [calls("success", [0.525] * 280 + [0] * 100)],
        {"90m": SERVICE},
    ),
    Case("Ga4TrafficVanished", "silent on a service that has just started", [calls("success", [0] * 200)], {"30m": SILENT, "49m": SILENT}),
)

QUOTA = (
    Case(
        "Ga4QuotaExhaustionImminent",
        "a reading from before the refill does not hold up what was read since",
        [*usage(INSTANCE, 0.99, 10, 1800), *usage(OTHER_INSTANCE, 0.2, 2000, 1800 + DAY)],
        {"29m": _ITS_QUOTA, "36m": SILENT},
    ),
    Case(
        "Ga4QuotaHigh",
        "an old reading of today still counts",
        usage(INSTANCE, 0.93, 10, DAY),
        {"59m": _ITS_QUOTA},
    ),
    Case(
        "Ga4QuotaHigh",
        "a reading from just before the refill is forgotten when the next refill is known",
        usage(INSTANCE, 0.93, 10, DAY + 20),
        {"59m": SILENT},
    ),
    Case(
        "Ga4QuotaExhaustionImminent",
        "a library without timestamps is believed",
        [Series("ga4_quota_usage_ratio", {**AT, "instance": INSTANCE, **_PROPERTY}, [0.97] * 80)],
        {"10m": _ITS_QUOTA},
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "fires when tokens end before the day: two a second, 10,000 left, eight hours to go",
        [
            *tokens([10000.0] * _HOURS, [30.0] * _HOURS, 8 * 3600),
            *(Series(s.name, {**s.labels, **at}, s.samples) for at in NEIGHBOURS for s in tokens([9.0] * _HOURS, [99.0] * _HOURS, DAY)),
        ],
        {"9m30s": SILENT, "70m": _ITS_QUOTA},
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "silent when they last: a slow pace an hour before the refill",
        tokens([10000.0] * _HOURS, [30.0] * _HOURS, 10000),
        {"90m": SILENT},
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "silent in the last quarter of an hour",
        tokens([10.0] * _HOURS, [30.0] * _HOURS, 6000),
        {"84m45s": _ITS_QUOTA, "85m": SILENT},
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "waits ten minutes",
        tokens([100000.0] * 300 + [1000.0] * 100, [30.0] * _HOURS, 8 * 3600),
        {"84m45s": SILENT, "85m": _ITS_QUOTA},
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "silent when nothing is consumed",
        tokens([1.0] * _HOURS, [0.0] * _HOURS, DAY),
        {"90m": SILENT},
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "the lowest reading and all consumers count together",
        tokens([90000.0] * _HOURS, [15.0] * _HOURS, 7000) + tokens([2000.0] * _HOURS, [15.0] * _HOURS, 7000, instance=OTHER_INSTANCE),
        {"90m": _ITS_QUOTA},
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "two slow consumers are as fast as one",
        [s for instance in (INSTANCE, OTHER_INSTANCE) for s in tokens([2500.0] * _HOURS, [15.0] * _HOURS, 7200, instance=instance)],
        {"90m": _ITS_QUOTA},
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "readings from before the refill are ignored, whether the next refill is known or not",
        tokens([10.0] * _HOURS, [30.0] * _HOURS, 60, instance=OTHER_INSTANCE)
        + tokens([10.0] * _HOURS, [30.0] * _HOURS, 8 * 3600, instance="10.0.0.3:8000", read=-70000.0)
        + tokens([200000.0] * _HOURS, [30.0] * _HOURS, 8 * 3600),
        {"90m": SILENT},
    ),
)
CASES = ERRORS + QUOTA
