"""Poison and storms: what is wrong or busy in one place costs little there, and nothing elsewhere."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from harness.api import Api
from harness.controlplane import ControlPlane
from harness.operator import USER, Operator
from harness.profiles import alertmanager, condition, events, get, notifications, profile, quiet, secret, secret_data, settled
from harness.wait import wait_for
from monitoring_operator.api.resources import PROFILE, SECRET

BROKEN = {"alert": "Broken", "expr": "1 +", "severity": "warning", "summary": "Broken."}
STORM = 6.0


@pytest.fixture
def api(control_plane: ControlPlane) -> Iterator[Api]:
    """Single requests, quicker than kubectl."""
    client = Api(control_plane.kubeconfig)
    yield client
    client.close()


@contextlib.contextmanager
def hammering(act: Callable[[int], object], threads: int = 4) -> Iterator[list[int]]:
    """Calls `act` with rising numbers as fast as it can be done, from several threads, until the block ends; yields what was done."""
    done: list[int] = []
    over = threading.Event()

    def hammer() -> None:
        while not over.is_set():
            done.append(len(done))
            act(len(done))

    workers = [threading.Thread(target=hammer) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield done
    finally:
        over.set()
        for worker in workers:
            worker.join()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("profiles", [pytest.param(60, id="60"), pytest.param(1000, id="1000", marks=pytest.mark.thorough)])
def test_one_broken_among_many(profiles: int, start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str) -> None:
    """Everybody else is ready as soon as without it; it has one Event and a handful of lines in the log."""
    operator = start_operator()
    lines, start = operator.log_lines(), time.monotonic()
    bodies = [
        profile(namespace, f"p{i}", alerts={"extra": [BROKEN] if i == 7 else []}, dashboards={"enabled": False}) for i in range(profiles)
    ]
    for first in range(0, profiles, 100):
        cluster.apply(*bodies[first : first + 100])

    def verdicts() -> dict[str, str]:
        return {p["metadata"]["name"]: condition(p, "Ready").get("status", "") for p in cluster.list("monitoringprofiles", namespace)}

    wait_for(lambda: len(verdicts()) == profiles and all(verdicts().values()), what="verdicts", timeout=120 + profiles * 0.3, interval=1.0)
    print(f"{profiles} profiles have verdicts after {time.monotonic() - start:.0f} s; {operator.log_lines() - lines} lines in the log")
    assert ["p7"] == [name for name, verdict in verdicts().items() if verdict != "True"]
    assert 1 == events(cluster, namespace)["p7", "InvalidSpec"]
    assert operator.log_lines() - lines < 10


def test_edits_without_end_on_one_profile(start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str, api: Api) -> None:
    """As many as the API server takes: the burst and then a reconcile a second, another profile is ready at once, the last edit wins."""
    operator = start_operator()
    cluster.apply(profile(namespace, dashboards={"enabled": False}))
    settled(cluster, namespace, timeout=90)
    before, start = operator.metric("monitoring_operator_reconciles_total"), time.monotonic()

    with hammering(lambda n: api.merge(PROFILE, namespace, "web", {"spec": {"scrape": {"sampleLimit": 1000 + n}}})) as done:
        time.sleep(STORM / 2)
        cluster.apply(profile(namespace, "calm", dashboards={"enabled": False}))
        settled(cluster, namespace, "calm", timeout=120)
        wait_for(lambda: time.monotonic() - start > STORM, what="the storm is over")
    took = time.monotonic() - start
    last = api.get(PROFILE, namespace, "web")["spec"]["scrape"]["sampleLimit"]
    settled(cluster, namespace, timeout=90)

    print(f"{len(done)} edits in {took:.0f} s")
    assert last == cluster.list("servicemonitors", namespace)[1]["spec"]["sampleLimit"]
    assert len(done) > 30
    assert operator.metric("monitoring_operator_reconciles_total") - before <= 20 + 1.5 * took + 10


def test_a_profile_that_flaps(start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str, api: Api) -> None:
    """Valid and invalid in turns, as fast as can be: one Event for each of the two, and its children are never gone."""
    operator = start_operator()
    cluster.apply(profile(namespace, dashboards={"enabled": False}))
    settled(cluster, namespace, timeout=90)
    position, lines, over = cluster.audit_position(), operator.log_lines(), time.monotonic() + STORM

    def flap(number: int) -> None:
        api.merge(PROFILE, namespace, "web", {"spec": {"alerts": {"extra": [BROKEN] if number % 2 else []}}})
        time.sleep(0.05)

    with hammering(flap, threads=1):
        wait_for(lambda: time.monotonic() > over, what="the storm is over")
    api.merge(PROFILE, namespace, "web", {"spec": {"alerts": {"extra": []}}})
    settled(cluster, namespace, timeout=90)

    assert {("web", "Ready"): 1, ("web", "InvalidSpec"): 1} == events(cluster, namespace)
    assert [] == [w for w in cluster.writes(USER, after=position) if w.startswith("delete")]
    assert operator.log_lines() - lines < 10


def test_a_secret_that_changes_all_the_time(
    start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str, api: Api
) -> None:
    """Watched by its label: the configuration's Secret is written at most about once a second, and holds the last value in the end."""
    operator = start_operator()
    watched = secret(namespace, pagerduty="key-0", slack="https://hooks.example.com/x")
    watched["metadata"]["labels"] = {"monitoring-operator.dev/role": "source"}
    cluster.apply(alertmanager(namespace), watched)
    cluster.apply(profile(namespace, notifications=notifications(namespace), dashboards={"enabled": False}))
    settled(cluster, namespace, timeout=90)
    position, start = cluster.audit_position(), time.monotonic()

    with hammering(lambda n: api.merge(SECRET, namespace, "notify", {"stringData": {"pagerduty": f"key-{n}"}})) as done:
        wait_for(lambda: time.monotonic() - start > STORM, what="the storm is over")
    took = time.monotonic() - start
    api.merge(SECRET, namespace, "notify", {"stringData": {"pagerduty": "the-last"}})

    wait_for(lambda: "the-last" in secret_data(cluster, namespace).values(), what="the last value is there", timeout=60)
    quiet(operator)
    writes = [w for w in cluster.writes(USER, after=position) if f"secrets {namespace}/routes" in w]
    assert len(done) > 30
    assert len(writes) <= 2 * took + 5
    assert {} == events(cluster, namespace)
    assert get(cluster, namespace)["status"]
