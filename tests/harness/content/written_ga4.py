"""Cases of the alerts about GA4: calls that fail, vanish or never succeed, and quotas that run out."""

from collections.abc import Sequence

from harness.content.written import AT, NEIGHBOURS, SERVICE, SILENT, Case
from monitoring_operator.proof.stimuli import DAY, INSTANCE, OTHER_INSTANCE
from monitoring_operator.proof.timeline import Labels, Samples, Series, counter

_PROPERTY = {"tenant_id": "t1", "property_id": "p1"}
_ITS_QUOTA = (_PROPERTY,)


def calls(status: str, increments: Sequence[float | None], labels: Labels | None = None) -> Series:
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


_MINUTES = {"scrape": {"interval": "1m"}}
"""One scrape a minute is enough for alerts that look at an hour."""


def _both(series: Series) -> list[Series]:
    """The same counted half and half by two instances."""
    halves = [None if sample is None else sample / 2 for sample in series.samples]
    return [Series(series.name, {**series.labels, "instance": instance}, halves) for instance in (INSTANCE, OTHER_INSTANCE)]


_LONG = 50
_EVERY_OTHER_MINUTE = {"scrape": {"interval": "2m"}}
"""Profile and samples of the cases of the quota's pace, which go on for 100 minutes."""


def _pace(left: float, used: float, refill: float, *, instance: str = INSTANCE, read: float = 1.0) -> list[Series]:
    """A steady pace of `used` tokens a minute, with `left` tokens left."""
    return tokens([left] * _LONG, [2 * used] * _LONG, refill, instance=instance, read=read)


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
        [*_both(calls("error", [0, *([1] + [0] * 9) * 8])), calls("cancelled", [50] * 81)]
        + [calls("success", [9] * 81, at) for at in NEIGHBOURS],
        {"19m": SILENT, "26m": SILENT, "27m": SERVICE, "75m": SERVICE},
        _MINUTES,
    ),
    Case(
        "Ga4ApiAllCallsFailing",
        "one success within the hour keeps it silent, though neighbours have none",
        [*_both(calls("error", [0, *([1] + [0] * 9) * 10])), calls("success", [0] * 25 + [1] + [0] * 75)]
        + [calls("success", [0] * 101, {"tenant_id": "t2"})]
        + [calls("error", [9] * 101, at) for at in NEIGHBOURS],
        {"30m": SILENT, "70m": SILENT, "84m": SILENT, "92m": SERVICE},
        _MINUTES,
    ),
    Case(
        "Ga4ApiAllCallsFailing",
        "two failures are not enough, and three are, for an hour",
        [calls("error", [0, 1, 1] + [0] * 21 + [1] + [0] * 75)],
        {"24m": SILENT, "30m": SERVICE, "55m": SERVICE, "62m": SILENT},
        _MINUTES,
    ),
    Case(
        "Ga4TrafficVanished",
        "fires ten minutes after the last call and five of waiting, while the hour before was busy",
        [
            *_both(calls("success", [6] * 70 + [0] * 100)),
            *_both(calls("error", [6] * 70 + [0] * 100)),
            calls("cancelled", [36] * 170),
            *(calls("success", [12] * 170, at) for at in NEIGHBOURS),
        ],
        {"75m": SILENT, "80m": SILENT, "83m": SILENT, "85m": SERVICE, "120m": SERVICE, "137m": SERVICE, "146m": SILENT},
        _MINUTES,
    ),
    Case(
        "Ga4TrafficVanished",
        "neighbours' calls that vanished are not ours, and failing calls are calls",
        [calls("error", [12] * 110), *(calls("success", [12] * 70 + [0] * 40, at) for at in NEIGHBOURS)],
        {"85m": SILENT, "100m": SILENT},
        _MINUTES,
    ),
    Case("Ga4TrafficVanished", "fires when a restart took the counters with it", [calls("success", [12] * 70)], {"90m": SERVICE}, _MINUTES),
    Case(
        "Ga4TrafficVanished",
        "nineteen calls in ten minutes are too few to miss them",
        _both(calls("success", [1.9] * 70 + [0] * 30)),
        {"85m": SILENT, "90m": SILENT},
        _MINUTES,
    ),
    Case(
        "Ga4TrafficVanished",
        "twenty-one calls in ten minutes are missed",
        _both(calls("success", [2.1] * 70 + [0] * 30)),
        {"90m": SERVICE},
        _MINUTES,
    ),
    Case(
        "Ga4TrafficVanished",
        "one call in a quarter of an hour is a call",
        [calls("success", [12] * 70 + [1] + ([0] * 8 + [1]) * 5), calls("success", [0] * 110, {"tenant_id": "t2"})],
        {"85m": SILENT, "95m": SILENT},
        _MINUTES,
    ),
    Case(
        "Ga4TrafficVanished",
        "silent on a service that has just started",
        [calls("success", [0] * 50)],
        {"30m": SILENT, "49m": SILENT},
        _MINUTES,
    ),
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
        usage(INSTANCE, 0.93, -40000, 8 * 3600),
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
            *_pace(10000, 120, 8 * 3600),
            *(Series(s.name, {**s.labels, **at}, s.samples) for at in NEIGHBOURS for s in _pace(9, 99, DAY)),
        ],
        {"8m": SILENT, "70m": _ITS_QUOTA},
        _EVERY_OTHER_MINUTE,
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "silent when they last: a slow pace an hour before the refill",
        _pace(10000, 120, 10000),
        {"90m": SILENT},
        _EVERY_OTHER_MINUTE,
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "silent in the last quarter of an hour",
        _pace(10, 120, 5940),
        {"82m": _ITS_QUOTA, "84m": SILENT},
        _EVERY_OTHER_MINUTE,
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "waits ten minutes",
        tokens([100000.0] * 37 + [1000.0] * 13, [240.0] * _LONG, 8 * 3600),
        {"82m": SILENT, "84m": _ITS_QUOTA},
        _EVERY_OTHER_MINUTE,
    ),
    Case("Ga4QuotaPaceTooHigh", "silent when nothing is consumed", _pace(1, 0, DAY), {"90m": SILENT}, _EVERY_OTHER_MINUTE),
    Case(
        "Ga4QuotaPaceTooHigh",
        "looks back an hour, also when nothing was consumed lately",
        tokens([1000.0] * _LONG, [240.0] * 25 + [0.0] * 25, 8 * 3600),
        {"90m": _ITS_QUOTA},
        _EVERY_OTHER_MINUTE,
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "looks back no longer than an hour",
        tokens([10000.0] * _LONG, [12000.0] * 10 + [2.0] * 40, 8 * 3600),
        {"60m": _ITS_QUOTA, "98m": SILENT},
        _EVERY_OTHER_MINUTE,
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "the lowest reading and all consumers count together",
        _pace(90000, 60, 7000) + _pace(2000, 60, 7000, instance=OTHER_INSTANCE),
        {"90m": _ITS_QUOTA},
        _EVERY_OTHER_MINUTE,
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "two slow consumers are as fast as one, and a replica that has not seen the refill does not count",
        _pace(2500, 60, 7200) + _pace(2500, 60, 7200, instance=OTHER_INSTANCE) + _pace(10, 0, 60, instance="10.0.0.3:8000"),
        {"90m": _ITS_QUOTA},
        _EVERY_OTHER_MINUTE,
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "readings from before the refill are ignored, whether the next refill is known or not",
        _pace(10, 120, 60, instance=OTHER_INSTANCE)
        + _pace(10, 120, 8 * 3600, instance="10.0.0.3:8000", read=-70000.0)
        + _pace(200000, 120, 8 * 3600),
        {"90m": SILENT},
        _EVERY_OTHER_MINUTE,
    ),
    Case(
        "Ga4QuotaPaceTooHigh",
        "a reading of this morning still counts, though other properties of the instance were read before the refill",
        [
            *_pace(1000, 120, 8 * 3600, read=-40000.0),
            *(
                Series(s.name, {**s.labels, **other}, s.samples)
                for other in ({"property_id": "p2"}, {"tenant_id": "t2"}, {"instance": OTHER_INSTANCE})
                for s in _pace(500, 0, 60)
            ),
        ],
        {"90m": _ITS_QUOTA},
        _EVERY_OTHER_MINUTE,
    ),
)
CASES = ERRORS + QUOTA
