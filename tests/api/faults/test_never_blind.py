"""Whatever happens to its watches, the operator sees again within its watch timeout, or has ended and sees after its restart."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import harness
from harness.controlplane import ControlPlane
from harness.faults import Answer, Delay, Drop, Fault, Hang, Mute, Truncate, error_event, refused
from harness.operator import Operator
from harness.profiles import child, condition, get, profile, settled
from harness.proxy import FaultProxy
from harness.wait import wait_for

WATCH_TIMEOUT = 9.0
SKEW = Path(harness.__file__).parent / "skew"
SLACK = 30.0
"""For a process that starts, on a machine that has other things to do."""
ARGS = (f"--watch-timeout={WATCH_TIMEOUT:g}s", "--resync-interval=1h")
KINDS = r"/(monitoringprofiles|prometheuses|alertmanagers|servicemonitors|prometheusrules|configmaps|secrets|customresourcedefinitions)$"
thorough = pytest.mark.thorough


def the_monitor_is_back(cluster: ControlPlane, namespace: str, before: str) -> bool:
    """Whether a deleted ServiceMonitor was made again."""
    found = cluster.find("servicemonitors", "web", namespace)
    return found is not None and found["metadata"]["uid"] != before


def the_newcomer_is_ready(cluster: ControlPlane, namespace: str) -> bool:
    """Whether the profile that came in the meantime is looked after."""
    return condition(get(cluster, namespace, "late"), "Ready").get("status") == "True"


@contextmanager
def all_watches(proxy: FaultProxy, *faults: tuple[Fault, str]) -> Iterator[None]:
    """Every open watch is cut, and the next ones meet a fault, by verb."""
    with ExitStack() as stack:
        for fault, verb in faults:
            stack.enter_context(proxy.fault(fault, verbs={verb}, path=KINDS))
        assert proxy.kill_watches() >= 7
        yield


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([], id="killed"),
        pytest.param([(Mute(), "watch")], id="silent"),
        pytest.param([(Hang(), "watch")], id="hung"),
        pytest.param([(error_event(410), "watch")], id="gone"),
        pytest.param([(Truncate(150), "watch")], id="truncated", marks=thorough),
        pytest.param([(Truncate(150, rudely=True), "watch")], id="torn", marks=thorough),
        pytest.param([(refused(410), "watch")], id="410", marks=thorough),
        pytest.param([(error_event(500), "watch")], id="error", marks=thorough),
        pytest.param([(refused(403), "watch")], id="403", marks=thorough),
        pytest.param([(refused(500), "watch")], id="500", marks=thorough),
        pytest.param([(refused(503), "watch")], id="503", marks=thorough),
        pytest.param([(refused(401), "watch")], id="401", marks=thorough),
        pytest.param([(refused(429, retry_after=1), "watch")], id="429", marks=thorough),
        pytest.param([(Answer(200, "not json\n"), "watch")], id="garbage", marks=thorough),
        pytest.param([(Delay(2.0), "watch")], id="slow", marks=thorough),
        pytest.param([(error_event(410), "watch"), (Hang(), "list")], id="gone-and-lists-hang", marks=thorough),
        pytest.param([(error_event(410), "watch"), (Truncate(40), "list")], id="gone-and-lists-truncated", marks=thorough),
    ],
)
def test_a_fault_that_lasts(
    faults: list[tuple[Fault, str]], proxy: FaultProxy, start_behind_proxy: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """All watches are cut and stay wrong; then a child is deleted and a profile is made. Seen or ended, within the timeout."""
    operator = start_behind_proxy("blind", *ARGS)
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    before = child(cluster, "servicemonitors", "web", namespace)["metadata"]["uid"]

    with all_watches(proxy, *faults):
        cluster.kubectl("delete", "servicemonitor", "web", f"--namespace={namespace}")
        cluster.apply(profile(namespace, "late"))

        def sees() -> bool:
            return the_monitor_is_back(cluster, namespace, before) and the_newcomer_is_ready(cluster, namespace)

        wait_for(lambda: operator.exit_code is not None or sees(), what="it sees or has ended", timeout=WATCH_TIMEOUT + SLACK)
    if operator.exit_code is not None:
        assert 1 == operator.exit_code, operator.tail()
        start_behind_proxy("blind", *ARGS)
    wait_for(sees, what="it sees again", timeout=WATCH_TIMEOUT + SLACK)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Hang(), id="hangs", marks=thorough),
        pytest.param(Drop(), id="drops", marks=thorough),
        pytest.param(refused(503), id="503", marks=thorough),
        pytest.param(refused(429, retry_after=1), id="429", marks=thorough),
        pytest.param(refused(401), id="401", marks=thorough),
    ],
)
def test_an_outage(
    fault: Fault, proxy: FaultProxy, start_behind_proxy: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """The API server is out for twice the timeout. The operator says that it is alive, and sees within the timeout of its end."""
    operator = start_behind_proxy("blind", *ARGS)
    cluster.apply(profile(namespace))
    settled(cluster, namespace)
    before = child(cluster, "servicemonitors", "web", namespace)["metadata"]["uid"]
    cluster.kubectl("delete", "servicemonitor", "web", f"--namespace={namespace}")

    with proxy.fault(fault):
        proxy.kill_watches()
        cluster.apply(profile(namespace, "late"))
        over = time.monotonic() + 2 * WATCH_TIMEOUT
        wait_for(lambda: operator.exit_code is not None or time.monotonic() > over, what="the outage is over", timeout=3 * WATCH_TIMEOUT)
        assert operator.exit_code is not None or operator.get("/livez")[0] == 200
    if operator.exit_code is not None:
        start_behind_proxy("blind", *ARGS)
    wait_for(
        lambda: the_monitor_is_back(cluster, namespace, before) and the_newcomer_is_ready(cluster, namespace),
        what="it sees again",
        timeout=WATCH_TIMEOUT + SLACK,
    )


@pytest.mark.parametrize(
    "jumps", [pytest.param([86_400, -86_400], id="a-day-and-back"), pytest.param([-1e6, 1e6, 0], id="far", marks=thorough)]
)
def test_the_wall_clock_jumps(
    jumps: list[float], proxy: FaultProxy, start_behind_proxy: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """After each jump all watches are cut: the operator repairs what is deleted, and neither ends nor waits for the clock."""
    skew = cluster.folder / "skew"
    skew.write_text("0")
    path = os.pathsep.join(filter(None, (str(SKEW), os.environ.get("PYTHONPATH"))))
    operator = start_behind_proxy("jumping", *ARGS, env={"PYTHONPATH": path, "SKEW_FILE": str(skew)})
    cluster.apply(profile(namespace))
    settled(cluster, namespace, timeout=60)

    for jump in jumps:
        replace(skew, str(jump))
        proxy.kill_watches()
        before = child(cluster, "servicemonitors", "web", namespace)["metadata"]["uid"]
        cluster.kubectl("delete", "servicemonitor", "web", f"--namespace={namespace}")
        wait_for(
            lambda before=before: the_monitor_is_back(cluster, namespace, before),  # type: ignore[misc]
            what=f"it sees after a jump by {jump:g} s",
            timeout=WATCH_TIMEOUT + SLACK,
        )
    assert operator.exit_code is None


def replace(path: Path, text: str) -> None:
    """Write a file such that nobody reads half of it."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)
