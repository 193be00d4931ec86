"""Rule tests for the alerts without a threshold: what is there while they must fire, and what while they must not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from monitoring_operator.content.effective import WITNESSES
from monitoring_operator.proof.cases import Subject, Test
from monitoring_operator.proof.stimuli import DAY, INSTANCE, OTHER_INSTANCE
from monitoring_operator.proof.timeline import Labels, Series, counter

HOUR = 3600.0
_PROPERTY = {"tenant_id": "t1", "property_id": "p1"}
_TOKENS = {**_PROPERTY, "category": "core", "quota": "tokens_per_day"}

Sick = Sequence[bool]
"""For every scrape, whether the alert's condition holds there."""


@dataclass(frozen=True)
class Condition:
    """How to make a condition true and untrue again.

    `onset` is the number of scrapes from the first sick one to the first evaluation that sees it, at most `blur` - 1 fewer where versions
    of Prometheus differ; `few` makes the same condition out of fewer events than the alert asks for. `without_data` says whether the
    alert fires when nothing is there at all.
    """

    series: Callable[[Subject, Sick], Iterator[Series]]
    subject: Callable[[Subject], Labels] = field(default=lambda _: MappingProxyType({}))
    onset: Callable[[Subject], int] = field(default=lambda _: 0)
    blur: int = 1
    few: Callable[[Subject], Iterator[Series]] | None = None
    without_data: bool = False


def condition_cases(s: Subject) -> Iterator[Test]:
    """Fires after `for` and not before, resolves; stays silent while all is well, without data and on little traffic."""
    condition = CONDITIONS[s.name]
    onset, fires = condition.onset(s), condition.onset(s) + s.wait
    sick, long = fires + 2, 2 * fires + 8
    subject = condition.subject(s)
    bad = [True] * sick + [False] * 3
    checks = {fires: True, sick - 1: True, sick: False, sick + 2: False, **({fires - condition.blur: False} if fires else {})}
    yield s.test("fires after `for`, and resolves", list(condition.series(s, bad)), checks, subject)
    well = list(condition.series(s, [False] * long))
    yield s.test("silent while all is well", well, dict.fromkeys((onset, fires, long - 1), False), subject)
    if condition.without_data:
        yield s.test("fires without data", [], {s.wait: True, **({s.wait - 1: False} if s.wait else {})}, subject)
    else:
        yield s.test("silent without data", [], dict.fromkeys((0, fires, long), False), subject)
    if condition.few is not None and (s.alert.min_events or 0) > 1:
        yield s.test("silent on low traffic", list(condition.few(s)), dict.fromkeys((fires, long - 1), False), subject)


def _instances(s: Subject, sick: Sick) -> Iterator[Series]:
    """One instance is sick, the other always well."""
    yield Series("up", {**s.at, "instance": INSTANCE}, [float(not bad) for bad in sick])
    yield Series("up", {**s.at, "instance": OTHER_INSTANCE}, [1.0] * len(sick))


def _service(s: Subject, sick: Sick) -> Iterator[Series]:
    """Of two instances one stays down even when the service is well."""
    yield Series("up", {**s.at, "instance": INSTANCE}, [float(not bad) for bad in sick])
    yield Series("up", {**s.at, "instance": OTHER_INSTANCE}, [0.0] * len(sick))


def _witnesses(s: Subject, sick: Sick) -> Iterator[Series]:
    """The first pack's metric is missing while all others are there."""
    yield Series("up", {**s.at, "instance": INSTANCE}, [1.0] * len(sick))
    for pack in s.profile.spec.packs:
        missing = pack == s.profile.spec.packs[0]
        yield Series(WITNESSES[pack], {**s.at, "instance": INSTANCE}, [None if bad and missing else 1.0 for bad in sick])


def _calls(s: Subject, status: str, made: Sequence[float]) -> Series:
    labels = {**s.at, "instance": INSTANCE, "tenant_id": "t1", "endpoint": "runReport", "status": status}
    return Series("ga4_api_calls_total", labels, counter(made))


def _failing(s: Subject, sick: Sick) -> Iterator[Series]:
    each = 10.0 * max(1, s.alert.min_events or 0)
    yield _calls(s, "error", [each] * len(sick))
    # Cancelled calls are none; the successes come with the first scrape that is well.
    yield _calls(s, "cancelled", [each] * len(sick))
    yield _calls(s, "success", [0.0 if bad else each for bad in [*sick[1:], False]])


def _few_failing(s: Subject) -> Iterator[Series]:
    quiet = 40
    yield _calls(s, "error", [*[0.0] * quiet, 0.9 * (s.alert.min_events or 0), *[0.0] * (2 * s.wait + quiet)])


def _stopped_after(s: Subject) -> int:
    """Scrapes for which there are calls before they stop: so many that they are still seen an hour later, after the wait."""
    return 2 * s.window + s.wait + 10


def _vanished(s: Subject, sick: Sick) -> Iterator[Series]:
    """Calls stop, and after the last sick scrape they are there again."""
    each = 10.0 * max(1, s.alert.min_events or 0)
    busy = _stopped_after(s)
    stopped = max(0, sum(sick) - busy)
    made = [each] * busy + [0.0] * stopped + [each] * (len(sick) - busy - stopped) if any(sick) else [each] * len(sick)
    yield _calls(s, "success", [*made[1:], each])
    yield _calls(s, "cancelled", [each] * len(sick))


def _few_vanished(s: Subject) -> Iterator[Series]:
    share = 0.8 * (s.alert.min_events or 0) / (2 * s.window)
    yield _calls(s, "success", [share] * _stopped_after(s) + [0.0] * (2 * _vanished_onset(s) + s.wait))


def _vanished_onset(s: Subject) -> int:
    """Both windows must be as they should: an hour ago busy, now empty, which a window that includes its left edge is one scrape later."""
    return max(round(HOUR / s.step) + 1, _stopped_after(s) + 2 * s.window - 1)


def _pace(s: Subject, sick: Sick) -> Iterator[Series]:
    """Two tokens a second with one left, while sick; plenty left otherwise. A day lies ahead."""
    at = {**s.at, "instance": INSTANCE}
    yield Series("ga4_quota_category_remaining", {**at, **_TOKENS}, [1.0 if bad else 1e9 for bad in sick])
    yield Series("ga4_quota_category_consumed_total", {**at, **_TOKENS}, counter([2 * s.step] * len(sick)))
    yield Series("ga4_quota_reset_timestamp_seconds", {**at, **_PROPERTY}, [DAY] * len(sick))
    yield Series("ga4_quota_updated_timestamp_seconds", {**at, **_PROPERTY}, [1.0] * len(sick))


CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        "ServiceDown": Condition(_service, without_data=True),
        "InstanceDown": Condition(_instances, lambda _: {"instance": INSTANCE}),
        "InstrumentationMissing": Condition(_witnesses, lambda s: {"pack": s.profile.spec.packs[0]}),
        "Ga4ApiAllCallsFailing": Condition(_failing, onset=lambda _: 1, few=_few_failing),
        "Ga4TrafficVanished": Condition(_vanished, onset=_vanished_onset, blur=2, few=_few_vanished),
        "Ga4QuotaPaceTooHigh": Condition(_pace, lambda _: _PROPERTY, onset=lambda _: 1),
    }
)
"""Per alert without a threshold."""
