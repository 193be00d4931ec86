"""ServiceDown: no target up, or none there."""

from pathlib import Path

from harness.content import cases, promtool
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.timeline import Series

AT = {"namespace": NAMESPACE, "job": NAME}
DOWN = {"exp_labels": {**AT, "profile": NAME, "severity": "critical", "signal": "service_down"}}
NEIGHBOURS = [
    *cases.up({"namespace": NAMESPACE, "job": "neighbour"}, [0.0] * 100),
    *cases.up({"namespace": "elsewhere", "job": NAME}, [0.0] * 100),
]


def judge(folder: Path, series: list[Series], checks: dict[str, bool]) -> None:
    """`checks` says for some times whether ServiceDown fires; neighbours are down all the time and do not count."""
    test = {
        "input_series": [s.document() for s in (*series, *NEIGHBOURS)],
        "alert_rule_test": [
            {"eval_time": at, "alertname": "ServiceDown", "exp_alerts": [DOWN] if fires else []} for at, fires in checks.items()
        ],
    }
    passed, words = promtool.prove(folder, cases.groups(cases.rule(profile(), "ServiceDown")), [test], interval="15s")
    assert passed, words


def test_silent_while_one_of_two_is_up(tmp_path: Path) -> None:
    """One instance of two keeps the service up."""
    judge(tmp_path, cases.up(AT, [0.0] * 100, [1.0] * 100), {"2m": False, "20m": False})


def test_fires_when_all_are_down_and_resolves_with_the_first(tmp_path: Path) -> None:
    """Two minutes after the last instance went down it fires, and ends when one is back."""
    gone = [1.0] * 4 + [0.0] * 36
    judge(tmp_path, cases.up(AT, gone + [1.0] * 10, [*gone, *[0.0] * 10]), {"2m45s": False, "3m": True, "9m45s": True, "10m": False})


def test_fires_when_nothing_was_ever_scraped(tmp_path: Path) -> None:
    """A ServiceMonitor that selects nothing is a service that is down."""
    judge(tmp_path, [], {"1m45s": False, "2m": True})


def test_fires_when_targets_vanish(tmp_path: Path) -> None:
    """A deleted Deployment takes its `up` with it; that is five minutes of staleness, then the wait."""
    judge(tmp_path, cases.up(AT, [1.0] * 4), {"5m": False, "6m45s": False, "8m": True})


def test_a_short_outage_is_silent(tmp_path: Path) -> None:
    """A rolling restart of the only instance does not page."""
    judge(tmp_path, cases.up(AT, [1.0] * 4 + [0.0] * 8 + [1.0] * 20), {"2m45s": False, "3m": False, "5m": False})
