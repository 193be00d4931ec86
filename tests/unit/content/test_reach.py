"""How far back rules look, and that what Prometheus does not keep is not asked for."""

import pytest

from harness.content.profiles import profile
from monitoring_operator.content.reach import problems, reach

HOUR = 3600.0


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        ("up == 0", 0),
        ("1", 0),
        ("x offset 1h", 1),
        ("x offset -1h", 0),
        ("rate(x[2h])", 2),
        ("rate(x[2h] offset 3h)", 5),
        ("rate(x[2h]) / rate(y[30m] offset 2h)", 2.5),
        ("max_over_time(x[4h:1m])", 4),
        ("max_over_time(rate(x[2h] offset 30m)[4h:1m] offset 1h)", 7.5),
        ("max_over_time(min_over_time(x[1h:1m])[1h:1m])", 2),
        ("max_over_time((x or y offset 6h)[1h:])", 7),
        ("absent_over_time(export_success_total[26h]) or vector(1)", 26),
        ("x @ 0", 0),
    ],
)
def test_reach(expression: str, hours: float) -> None:
    """Ranges, offsets and subqueries add up along one branch; of several branches the longest counts."""
    assert hours * HOUR == reach(expression)


def test_an_extra_alert_beyond_what_is_kept_is_refused() -> None:
    """With the field's path and both lengths; what fits exactly is taken."""
    extra = {"alert": "A", "expr": "absent_over_time(x[26h])", "severity": "info", "summary": "s"}
    made = profile(alerts={"extra": [extra]})

    assert ["spec.alerts.extra[0].expr: looks back 1d2h, and Prometheus keeps 1d"] == list(map(str, problems(made, 24 * HOUR)))
    assert () == problems(made, 26 * HOUR)
    assert () == problems(made, None)


def test_an_alert_of_the_catalogue_beyond_what_is_kept_says_how_to_switch_it_off() -> None:
    """Its window is ours, so there is nothing to shorten."""
    path = "spec.alerts.rules.Ga4TrafficVanished"
    expected = [f"{path}: looks back 1h10m, and Prometheus keeps 1h5m: keep more there, or switch the alert off by {path}.enabled: false"]

    assert expected == list(map(str, problems(profile(), 65 * 60)))
    assert () == problems(profile(alerts={"rules": {"Ga4TrafficVanished": {"enabled": False}}}), 65 * 60)
    assert () == problems(profile(alerts={"enabled": False}), 60)


def test_texts_in_quotes_do_not_matter() -> None:
    """They are what the rules of two profiles differ in; what looks like a range in them is none."""
    assert (
        HOUR
        == reach('sum(rate(up{job="web"}[1h]))')
        == reach('sum(rate(up{job="x[30d]\\"offset 30d"}[1h]))')
        == reach("rate({__name__='up'}[1h])")
    )
