"""A rotated credential is in its key of the shared Secret in time, whether its Secret is watched or not."""

import time
from collections.abc import Callable

import pytest

from harness.controlplane import ControlPlane
from harness.operator import Operator
from harness.profiles import alertmanager, notifications, profile, secret, secret_data, settled
from harness.wait import wait_for
from monitoring_operator.cli.main import cli
from monitoring_operator.handlers.runtime import FIRST_RESYNC
from monitoring_operator.reconcile.world import COALESCE

StartOperator = Callable[..., Operator]
JITTER = 1.1
"""How much longer than its interval a periodic check may wait."""

WATCHED, LOOKED_AT = 5.0, 90.0
"""Seconds within which a rotation arrives, with our label and without it."""

ALLOWANCE = 10.0
"""Seconds for reading, merging and writing, on a busy machine."""


@pytest.mark.parametrize("watched", [True, False], ids=["watched", "looked at"])
def test_a_rotation_arrives_in_time(
    start_operator: StartOperator,
    cluster: ControlPlane,
    namespace: str,
    pair: str,
    watched: bool,  # noqa: FBT001 -- a table
) -> None:
    """Measured three times; without the label the interval is shortened, and what ships is reckoned from it."""
    interval = 2.0
    source = secret(namespace, pagerduty="first", slack="s")
    source["metadata"]["labels"] = {"monitoring-operator.dev/role": "source"} if watched else {}
    cluster.apply(alertmanager(pair), source, profile(namespace, notifications=notifications(pair)))
    start_operator(f"--namespace={namespace}", f"--namespace={pair}", f"--poll-interval={'1h' if watched else '2s'}")
    settled(cluster, namespace)
    slowest = 0.0
    for value in ("second", "third", "fourth"):
        source["stringData"]["pagerduty"] = value
        cluster.apply(source)
        started = time.monotonic()
        wait_for(lambda value=value: value in secret_data(cluster, pair).values(), what=f"the {value} key", timeout=30)  # type: ignore[misc]
        slowest = max(slowest, time.monotonic() - started)

    print(f"slowest of three rotations: {slowest:.2f} s")
    assert slowest <= (WATCHED if watched else JITTER * interval + ALLOWANCE)


def test_the_interval_that_ships_keeps_the_promise() -> None:
    """The interval of the command line, which the chart does not change, leaves room for the rest of the way."""
    option = next(p for p in cli.commands["run"].params if p.name == "poll_interval")
    shipped = option.type.convert(option.default, None, None)
    assert shipped == 60.0
    assert JITTER * max(shipped, FIRST_RESYNC) + COALESCE + ALLOWANCE <= LOOKED_AT
