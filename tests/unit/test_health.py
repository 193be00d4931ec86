"""The probes tell a hung process from a quiet one, and readiness means that the cluster is known."""

import asyncio
import contextlib
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from harness.wait import wait_for
from monitoring_operator.handlers.runtime import _heartbeat
from monitoring_operator.health import CannotServe, Health, serve
from monitoring_operator.queue import WorkQueue


@pytest.fixture
def now() -> list[float]:
    """A clock to be turned by hand."""
    return [1000.0]


@pytest.fixture
def health(now: list[float]) -> Health:
    """Healthy and ready at the start."""
    return Health(clock=lambda: now[0], heartbeat=now[0], api_answered=now[0], synced=True)


@pytest.fixture
def base(health: Health) -> Iterator[str]:
    """The address of a server with these probes."""
    server = serve("127.0.0.1", 0, health, lambda: b"up 1\n")
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def ask(url: str) -> tuple[int, str]:
    """Status and body."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_healthy_and_ready(base: str) -> None:
    """Both probes say ok, the metrics page is there, anything else is not."""
    assert [(200, "ok\n"), (200, "ok\n"), (200, "up 1\n"), (404, "not found\n")] == [
        ask(f"{base}{p}") for p in ("/livez", "/readyz", "/metrics", "/")
    ]


def test_a_hung_event_loop_is_not_alive(base: str, now: list[float]) -> None:
    """No heartbeat for more than 15 seconds."""
    now[0] += 16

    assert (503, "the event loop has not moved for 16 s\n") == ask(f"{base}/livez")


def test_a_stuck_reconcile_is_not_alive(base: str, health: Health) -> None:
    """A key that is worked on for twice its deadline."""
    health.longest_run = lambda: 121.0

    assert (503, "a reconcile has been running for 121 s\n") == ask(f"{base}/livez")


def test_an_outage_of_the_api_makes_unready_but_not_dead(base: str, health: Health, now: list[float]) -> None:
    """A restart would not bring the API server back."""
    now[0] += 121
    health.heartbeat = now[0]

    assert [200, 503] == [ask(f"{base}/livez")[0], ask(f"{base}/readyz")[0]]


def test_not_ready_before_the_first_listing(base: str, health: Health) -> None:
    """Readiness means that what there is in the cluster is known."""
    health.synced = False

    assert (503, "the first listing is not complete\n") == ask(f"{base}/readyz")


def test_a_taken_address_is_named(base: str, health: Health) -> None:
    """The error says which address could not be had."""
    port = int(base.rpartition(":")[2])

    with pytest.raises(CannotServe, match=f"127.0.0.1:{port}"):
        serve("127.0.0.1", port, health, lambda: b"")


def test_a_loop_that_is_blocked_is_noticed_from_outside(base: str, health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    """The heartbeat is the loop's own, and the answer comes from a thread."""
    monkeypatch.setattr("monitoring_operator.handlers.runtime.HEARTBEAT", 0.02)
    monkeypatch.setattr("monitoring_operator.health.LONGEST_SILENCE", 0.5)
    health.clock = time.monotonic
    released, over = threading.Event(), threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        pulse = asyncio.create_task(_heartbeat(health))
        while not over.is_set():
            await asyncio.sleep(0.02)
        pulse.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    wait_for(lambda: loops and ask(f"{base}/livez")[0] == 200, what="the loop beats")
    loops[0].call_soon_threadsafe(released.wait)

    wait_for(lambda: ask(f"{base}/livez")[0] == 503, what="the blocked loop is noticed")
    released.set()
    wait_for(lambda: ask(f"{base}/livez")[0] == 200, what="it beats again")
    over.set()
    thread.join(10)


def test_a_reconcile_that_swallows_its_deadline_is_noticed(base: str, health: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that cannot even be cancelled holds its key for ever; the queue's own clock tells."""
    monkeypatch.setattr("monitoring_operator.health.LONGEST_RUN", 0.2)
    health.clock = time.monotonic

    async def scenario() -> tuple[int, str]:
        queue: WorkQueue[str] = WorkQueue()
        health.longest_run = queue.longest_run
        stuck = asyncio.Event()

        async def work(_key: str) -> None:
            while not stuck.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await stuck.wait()

        worker = asyncio.create_task(queue.run(work, 1))
        queue.add("a")
        await asyncio.sleep(0.5)
        health.heartbeat = time.monotonic()
        answer = await asyncio.to_thread(ask, f"{base}/livez")
        stuck.set()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        return answer

    assert (503, True) == ((found := asyncio.run(scenario()))[0], found[1].startswith("a reconcile has been running"))


def test_a_replica_that_waits_is_ready(base: str, health: Health) -> None:
    """It has nothing to know as long as another one leads; as soon as it leads itself, it has."""
    health.synced, health.standby = False, True
    waiting = ask(f"{base}/readyz")[0]
    health.standby = False

    assert (200, 503) == (waiting, ask(f"{base}/readyz")[0])
