"""Rule tests made from a profile: for every alert the same questions, asked at the profile's own thresholds and durations."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app_metrics.catalogue import BY_NAME
from monitoring_operator.api import durations
from monitoring_operator.api.profile import Profile
from monitoring_operator.content.check import upper_bound
from monitoring_operator.content.effective import Effective, effective, window
from monitoring_operator.proof.stimuli import EVENTS, INSTANCE, NO_STIMULUS, PER_SERVICE, STIMULI, Moment, Moments, Stimulus
from monitoring_operator.proof.timeline import Labels, Samples, Series
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules

Test = dict[str, Any]
"""One of promtool's tests."""

MARGIN = 0.01
"""How far from the threshold "just above" and "just below" are, as a share of it."""
HEALTHY = 0.1
"""What the value falls back to, as a share of the threshold."""
FEWER = 0.6
"""Among so much less traffic than it takes, the same bad events are too many."""


@dataclass(frozen=True)
class Subject:
    """One alert of one profile with the figures that its tests are made from, all in scrapes."""

    profile: Profile
    alert: Effective
    stimulus: Stimulus = NO_STIMULUS

    @property
    def name(self) -> str:
        return self.alert.alert.name

    @property
    def threshold(self) -> float:
        assert self.alert.threshold is not None
        return self.alert.threshold

    @property
    def step(self) -> float:
        return durations.seconds(self.profile.spec.scrape.interval)

    @property
    def wait(self) -> int:
        """Evaluations from the first true one to the one that fires."""
        return math.ceil(durations.seconds(self.alert.for_) / self.step)

    @property
    def window(self) -> int:
        return math.ceil(durations.seconds(window(self.profile)) / self.step)

    @property
    def keep(self) -> int:
        return math.ceil(durations.seconds(self.alert.alert.keep_firing_for or "0s") / self.step)

    @property
    def above(self) -> float:
        """Just above the threshold, and still what a value can be."""
        bound = upper_bound(self.alert.alert)
        nearest = self.threshold * (1 + MARGIN) or MARGIN
        return nearest if bound is None else min(nearest, (self.threshold + bound[0]) / 2)

    def moment(self, value: float) -> Moment:
        """A moment with events enough for the alert's guard at once, also where several instances or tenants share them."""
        return Moment(value, max(EVENTS, 4.0 * (self.alert.min_events or 0)))

    @property
    def at(self) -> Labels:
        return {"namespace": self.profile.namespace, "job": self.profile.name}

    def firing(self, subject: Labels | None = None) -> list[dict[str, Any]]:
        """What promtool must find when the alert fires for `subject`, by default the stimulus' own; annotations left aside."""
        given = self.profile.spec.alerts.labels
        fixed = {"profile": self.profile.name, "severity": self.alert.severity, "signal": self.alert.alert.signal}
        return [{"exp_labels": {**self.at, **(self.stimulus.subject if subject is None else subject), **given, **fixed}}]

    def test(self, name: str, series: list[Series], checks: dict[int, bool], subject: Labels | None = None) -> Test:
        """One promtool test: `checks` says for some scrapes whether the alert fires there."""
        return {
            "name": f"{self.name}: {name}",
            "input_series": [s.document() for s in series],
            "alert_rule_test": [
                {"eval_time": durations.text(at * self.step), "alertname": self.name, "exp_alerts": self.firing(subject) if fires else []}
                for at, fires in sorted(checks.items())
            ],
        }


def subject(profile: Profile, name: str) -> Subject:
    """The alert `name` of `profile`, ready to be tested."""
    alert = next(e for e in effective(profile) if e.alert.name == name)
    return Subject(profile, alert, PER_SERVICE if alert.scope == "service" else STIMULI.get(name, NO_STIMULUS))


def rendered(profile: Profile, name: str, inputs: Inputs | None = None) -> dict[str, Any]:
    """The rule `name` as it is rendered for the profile."""
    manifest = render_prometheus_rules(profile, inputs or Inputs())[0]
    (found,) = (r for group in manifest.body["spec"]["groups"] for r in group["rules"] if r["alert"] == name)
    return dict(found)


def rule(profile: Profile, name: str) -> dict[str, Any]:
    """The rendered rule without its annotations, which have tests of their own."""
    return {key: value for key, value in rendered(profile, name).items() if key != "annotations"}


def groups(*rules: dict[str, Any]) -> list[dict[str, Any]]:
    """A rule file's groups that hold just these rules."""
    return [{"name": "under-test", "rules": list(rules)}]


def boundary_cases(s: Subject) -> Iterator[Test]:
    """Fires just above the threshold, after `for` and not before, and resolves; stays silent just below, at it, and without data."""
    above, below, healthy = (s.moment(value) for value in (s.above, s.threshold * (1 - MARGIN), s.threshold * HEALTHY))
    start = s.stimulus.warm_up
    fires = start + s.wait
    sick = fires + 4
    gone = sick + s.keep + (s.window + 1 if s.stimulus.warm_up else 0)
    moments = [above] * sick + [healthy] * (gone - sick + 3)
    checks = {fires - 1: False, fires: True, sick - 1: True, gone: False, gone + 2: False}
    if s.keep:
        checks[gone - 1 - (s.window + 1 if s.stimulus.warm_up else 0)] = True
    yield s.test("fires just above the threshold after `for`, and resolves", _surrounded(s, moments), checks)

    long = 2 * fires + s.window
    yield s.test("silent just below the threshold", _surrounded(s, [below] * long), dict.fromkeys((fires, long - 1), False))
    yield s.test("silent without data", [], dict.fromkeys((0, fires, long), False))
    if s.threshold == math.ldexp(round(math.ldexp(s.threshold, 20)), -20) and s.alert.alert.histogram is None:
        yield s.test("silent at the threshold", _alone(s, [s.moment(s.threshold)] * long), dict.fromkeys((fires, long - 1), False))
    if s.wait > 1 and not s.stimulus.warm_up:
        # One healthy sample starts the wait anew.
        dip = [above] * (fires - 1) + [healthy] + [above] * (s.wait + 1)
        yield s.test("a dip starts `for` anew", _alone(s, dip), {fires: False, 2 * fires - 1: False, 2 * fires: True})


def traffic_cases(s: Subject) -> Iterator[Test]:
    """Silent while the window holds fewer events than it must, however bad they are; fires with just enough."""
    if not s.alert.min_events:
        return
    worst = 1.0 if s.alert.alert.unit == "ratio" else s.above
    few, enough = (Moment(worst, s.alert.min_events * share / s.window) for share in (0.95, 1.05))
    long = 2 * s.window + s.wait + 4
    yield s.test("silent on low traffic", _alone(s, [few] * long), dict.fromkeys((s.wait + s.window, long - 1), False))
    yield s.test("fires on just enough traffic", _alone(s, [enough] * long), {s.wait: False, long - 1: True})


def scrape_cases(s: Subject) -> Iterator[Test]:
    """Scrapes that fail now and then do not hide what is wrong."""
    above = s.moment(s.above)
    gap: Moments = ([above] * 5 + [None] * 2) * (s.wait // 5 + 4)
    end = s.stimulus.warm_up + s.wait + 3
    yield s.test("fires through failed scrapes", _alone(s, gap), {end: True})


def counter_cases(s: Subject) -> Iterator[Test]:
    """Counters that start anew with the process do not hide what is wrong, and neither do those that stood at zero until then."""
    if not s.stimulus.warm_up:
        return
    life = s.window + s.wait + 2
    restarted = [Series(one.name, one.labels, [*one.samples, *one.samples]) for one in _alone(s, [s.moment(s.above)] * life)]
    # Right after the restart, then with both lives in the window, then with the second alone.
    checks = dict.fromkeys((life - 1, life, life + 1, life + s.window // 2, 2 * life - 1), True)
    yield s.test("a restart does not end it", restarted, checks)
    if s.alert.alert.unit == "ratio":
        well = s.window + s.wait
        first = [s.moment(0.0)] * well + [s.moment(1.0)] * (life + 1)
        yield s.test("sees the first errors of counters at zero", _alone(s, first), {well - 1: False, well + life: True})


def all_cases(s: Subject) -> list[Test]:
    """Every case that can be made for an alert with a threshold."""
    return [*boundary_cases(s), *traffic_cases(s), *window_cases(s), *scrape_cases(s), *counter_cases(s)]


def window_cases(s: Subject) -> Iterator[Test]:
    """Rates look back over the window, neither shorter nor longer: seen when all is suddenly well, and when only the traffic changes."""
    ratio = s.alert.alert.unit == "ratio"
    bounds = BY_NAME[s.alert.alert.histogram].buckets if s.alert.alert.histogram else ()
    if not s.stimulus.warm_up or not (ratio or s.threshold in bounds):
        return
    if ratio:
        worst, well, limit = 1.0, 0.0, s.threshold
    else:
        # All observations in the bucket above the threshold; the alert ends when fewer than one in twenty are left there.
        above = bounds[bounds.index(s.threshold) + 1]
        worst, well, limit = s.threshold + 0.95 * (above - s.threshold), s.threshold * HEALTHY, 0.05
    sick = s.window + s.wait + 3
    # The share of bad events that the window still holds falls evenly, from all to none.
    quiet = math.floor(s.window * (1 - limit))
    moments = [s.moment(worst)] * sick + [s.moment(well)] * (2 * s.window)
    yield s.test("forgets after the window", _alone(s, moments), {sick + quiet - 2: True, sick + quiet + 2: False})
    if ratio and 0 < s.threshold < FEWER:
        # The same number of bad events each time, first among four times as many as the threshold allows, then among 0.6 times.
        many = 2 * s.moment(0).events
        few = many / 4 * FEWER
        moments = [Moment(s.threshold / 4, many)] * (s.window + 3) + [Moment(s.threshold / FEWER, few)] * (3 * s.window + s.wait)
        crossing = s.window + 3 + math.floor(s.window * 3000 / 3400) + s.wait
        yield s.test("compares with the window's traffic", _alone(s, moments), {crossing - 2: False, crossing + 2: True})


def _alone(s: Subject, moments: Moments) -> list[Series]:
    series = list(s.stimulus.series(s.at, moments))
    if s.threshold > 0:
        return series
    # Nothing is just below 0: every other subject would fire as well.
    return [one for one in series if all(one.labels.get(name, value) == value for name, value in s.stimulus.subject.items())]


def _surrounded(s: Subject, moments: Moments) -> list[Series]:
    """The stimulus, beside neighbours that are as bad as can be all the time: the same name elsewhere, another name here."""
    bad = [s.moment(s.above)] * len(moments)
    neighbours = ({"namespace": "elsewhere", "job": s.profile.name}, {"namespace": s.profile.namespace, "job": "neighbour"})
    return [
        *_alone(s, moments),
        *(series for at in neighbours for series in s.stimulus.series(at, bad)),
    ]


def up(at: Labels, *instances: Samples, first: str = INSTANCE) -> list[Series]:
    """The `up` series of instances of a job."""
    return [Series("up", {**at, "instance": first if i == 0 else f"10.0.1.{i}:8000"}, list(samples)) for i, samples in enumerate(instances)]
