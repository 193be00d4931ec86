"""The profile's word on an alert, and what follows from it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.content.profiles import profile
from monitoring_operator.api.profile import PACKS
from monitoring_operator.content import ALERT_NAMES, promql
from monitoring_operator.content.check import problems
from monitoring_operator.content.effective import Effective, effective
from monitoring_operator.render.dashboards import render_dashboards
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules


def one(name: str, *, interval: str = "15s", **override: Any) -> Effective:
    """The alert `name` of a profile that overrides it."""
    made = profile(scrape={"interval": interval}, alerts={"rules": {name: override}})
    return next(e for e in effective(made) if e.alert.name == name)


def test_what_is_not_said_stays() -> None:
    """An override of one field leaves the others as the catalogue has them."""
    alert = one("CpuHigh", threshold=70)

    assert (70, "10m", "warning", "70 %") == (alert.threshold, alert.for_, alert.severity, alert.limit)
    assert alert.expr.endswith("> 70")


def test_a_disabled_alert_is_gone() -> None:
    """`enabled: false` removes one alert, `alerts.enabled: false` all of them."""
    without = profile(alerts={"rules": {"CpuHigh": {"enabled": False}}})

    assert {"CpuHigh"} == {e.alert.name for e in effective(profile())} - {e.alert.name for e in effective(without)}
    assert () == effective(profile(alerts={"enabled": False}))


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_brings_its_alerts_and_availability(pack: str) -> None:
    """Whatever the packs, a service that is down is noticed."""
    groups = {e.alert.group for e in effective(profile(packs=[pack]))}

    assert {"availability", pack} == groups


@pytest.mark.parametrize(("threshold", "events"), [(0.05, 20), (0.02, 50), (0.03, 34), (0.5, 20), (0.001, 1000), (0, 20)])
def test_one_bad_event_never_fires(threshold: float, events: int) -> None:
    """A stricter threshold asks for more events, so that a single bad one cannot pass it."""
    assert events == one("Ga4ApiHighErrorRate", threshold=threshold).min_events


def test_min_events_of_the_profile_wins() -> None:
    """Who sets minEvents gets it, also 0."""
    assert 3 == one("Ga4ApiHighErrorRate", threshold=0.02, minEvents=3).min_events
    assert one("Ga4ApiHighErrorRate", minEvents=0).expr.endswith(">= 0")


@pytest.mark.parametrize(("interval", "window"), [("15s", "[5m]"), ("1m", "[5m]"), ("2m", "[8m]")])
def test_rare_scrapes_widen_the_window(interval: str, window: str) -> None:
    """A rate needs several samples, however far apart they are."""
    assert window in one("Ga4ApiHighErrorRate", interval=interval).expr


def test_rare_scrapes_lengthen_the_default_wait() -> None:
    """The catalogue's `for` gives way where it would be shorter than two scrapes."""
    assert "4m" == one("CpuSaturated", interval="2m", **{"for": "4m"}).for_
    assert "6m" == one("ConnectionPoolExhaustionImminent", interval="3m").for_


def test_scope_decides_what_is_summed() -> None:
    """Connections are limited per instance, or in all."""
    assert ("namespace", "job", "instance") == one("SseConnectionsHigh").by
    assert ("namespace", "job") == one("SseConnectionsHigh", scope="service").by
    assert "sum by (namespace, job) (" in one("SseConnectionsHigh", scope="service").expr


@given(
    name=st.sampled_from(ALERT_NAMES),
    threshold=st.none() | st.floats(min_value=0, allow_infinity=False),
    events=st.none() | st.integers(min_value=0),
    interval=st.sampled_from(["1s", "15s", "1m", "10m", "1h"]),
    namespace=st.text(min_size=1, max_size=20),
)
def test_whatever_a_profile_says_is_rendered_as_promql(
    name: str, threshold: float | None, events: int | None, interval: str, namespace: str
) -> None:
    """No figure and no name makes an expression that does not parse, or a check that fails instead of finding fault."""
    override = {key: value for key, value in (("threshold", threshold), ("minEvents", events)) if value is not None}
    made = profile(namespace=namespace, scrape={"interval": interval}, alerts={"rules": {name: override}})

    problems(made)
    assert set() == {promql.error(alert.expr) for alert in effective(made)} - {None}


def test_saying_the_default_changes_nothing() -> None:
    """A profile that states what is the default anyway gets the same rules and dashboards."""
    said = {alert.alert.name: {"threshold": float(alert.threshold)} for alert in effective(profile()) if alert.threshold is not None}
    both = [profile(), profile(alerts={"rules": said})]

    rules, boards = (
        [[m.digest for m in render(made, Inputs())] for made in both] for render in (render_prometheus_rules, render_dashboards)
    )

    assert rules[0] == rules[1]
    assert boards[0] == boards[1]
