"""The work queue keeps the promises that level-triggered reconciling rests on."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator.queue import Pace, Retry, WorkQueue

Work = Callable[[str], Awaitable[None]]


@asynccontextmanager
async def running(queue: WorkQueue[str], work: Work, workers: int = 4) -> Any:
    """The queue at work, ended afterwards."""
    task = asyncio.create_task(queue.run(work, workers))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settled(queue: WorkQueue[str]) -> None:
    """Waits until nothing is waiting or in work."""
    async with asyncio.timeout(5):
        while not queue.idle:
            await asyncio.sleep(0.001)


def test_a_key_added_while_it_is_worked_on_is_worked_on_once_more() -> None:
    """However many edits come while a reconcile runs, one more reconcile sees them all."""
    runs = []

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue()
        gate = asyncio.Event()

        async def work(key: str) -> None:
            runs.append(key)
            await gate.wait()

        async with running(queue, work):
            queue.add("a")
            await asyncio.sleep(0.01)
            for _ in range(50):
                queue.add("a")
            gate.set()
            await settled(queue)

    asyncio.run(scenario())

    assert ["a", "a"] == runs


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 8))
def test_a_key_never_runs_twice_at_once_and_is_never_lost(keys: list[str], workers: int) -> None:
    """Every added key is worked on after its last addition, and no two workers ever hold the same one."""
    last_seen: dict[str, int] = {}
    overlaps = []

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue()
        added = dict.fromkeys("abc", 0)
        inside: set[str] = set()

        async def work(key: str) -> None:
            overlaps.extend([key] if key in inside else [])
            inside.add(key)
            last_seen[key] = added[key]
            await asyncio.sleep(0)
            inside.discard(key)

        async with running(queue, work, workers):
            for key in keys:
                added[key] += 1
                queue.add(key)
                await asyncio.sleep(0)
            await settled(queue)

    asyncio.run(scenario())

    assert [] == overlaps
    assert {k: keys.count(k) for k in set(keys)} == last_seen


def test_failures_are_retried_with_growing_delays_and_success_resets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing key comes back after 0.5 s, 1 s, 2 s ...; after a success the count starts again."""
    monkeypatch.setattr("monitoring_operator.queue.random.uniform", lambda _a, _b: 1.0)
    delays: list[float] = []
    results = iter([Retry("no"), ValueError("bug"), Retry("no"), None, Retry("no")])

    class Recording(WorkQueue[str]):
        def add_after(self, key: str, seconds: float) -> None:
            delays.append(seconds)
            self.add(key)

    async def work(_key: str) -> None:
        result = next(results, None)
        if result is not None:
            raise result

    async def scenario() -> None:
        queue = Recording()
        async with running(queue, work):
            queue.add("a")
            await settled(queue)
            queue.add("a")
            await settled(queue)

    asyncio.run(scenario())

    assert [0.5, 1.0, 2.0, 0.5] == delays


def test_a_retry_has_its_own_longest_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known to heal soon is not left waiting for minutes."""
    monkeypatch.setattr("monitoring_operator.queue.random.uniform", lambda _a, _b: 1.0)
    queue: WorkQueue[str] = WorkQueue()
    delays: list[float] = []
    monkeypatch.setattr(queue, "add_after", lambda _key, seconds: delays.append(seconds))

    for _ in range(40):
        queue._again("a", 30.0, Retry("no"))

    assert 30.0 == delays[-1] == max(delays)


def test_an_event_brings_a_waiting_retry_forward() -> None:
    """A key that waits for its retry is worked on at once when something happens to it."""
    runs = []

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue()

        async def work(key: str) -> None:
            runs.append(key)

        async with running(queue, work):
            queue.add_after("a", 3600)
            queue.add("a")
            await settled(queue)

        assert not queue._timers

    asyncio.run(scenario())

    assert ["a"] == runs


def test_the_oldest_run_is_known_to_the_liveness_check() -> None:
    """A reconcile that hangs is visible as its age."""
    now = [100.0]

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue(clock=lambda: now[0])

        async def work(_key: str) -> None:
            await asyncio.Event().wait()

        async with running(queue, work):
            queue.add("a")
            await asyncio.sleep(0.01)
            now[0] += 130

            assert 130.0 == queue.longest_run()

    asyncio.run(scenario())


def test_waits_and_retries_are_told() -> None:
    """How long a key waited for a worker, how long one still waits, and which is put back: what metrics are made of."""
    now = [100.0]
    waits: list[float] = []
    retried: list[str] = []
    busy = asyncio.Event()

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue(clock=lambda: now[0], waited=waits.append, retried=retried.append)

        async def work(key: str) -> None:
            await busy.wait()
            if key == "fails":
                raise Retry("not yet", at_most=1000)

        queue.add("fails")
        now[0] += 3
        async with running(queue, work, workers=1):
            await asyncio.sleep(0.01)
            assert 0.0 == queue.oldest_wait()
            queue.add("waits")
            now[0] += 5
            assert 5.0 == queue.oldest_wait()
            busy.set()
            await settled(queue)

    asyncio.run(scenario())

    assert ([3.0, 5.0], ["fails"]) == (waits, retried)


def test_a_storm_about_one_key_costs_a_run_a_second() -> None:
    """A thousand edits a second for ten minutes: the burst, and then one run a second, the last after the last edit."""
    pace: Pace[str] = Pace(burst=20, interval=1.0)
    runs = []
    for millisecond in range(600_000):
        now = millisecond / 1000
        if pace.wait("a", now) <= 0:
            pace.ran("a", now)
            runs.append(now)

    assert 619 <= len(runs) <= 620
    assert 20 == sum(r < 0.5 for r in runs)


def test_a_key_that_rested_has_its_burst_again() -> None:
    """Twenty edits now and then are all acted on at once."""
    pace: Pace[str] = Pace(burst=20, interval=1.0)
    waits = []
    for start in (0.0, 100.0):
        for _ in range(20):
            waits.append(pace.wait("a", start))
            pace.ran("a", start)

    assert {0.0} == set(waits)
    assert 1.0 == pace.wait("a", 100.0)


def test_keys_that_are_long_gone_are_forgotten() -> None:
    """Whatever comes and goes in months."""
    pace: Pace[int] = Pace()
    for key in range(20_000):
        pace.ran(key, float(key))

    assert len(pace._due) <= 1001


def test_the_last_of_a_storm_is_acted_on() -> None:
    """The pace delays, and loses nothing."""
    seen = []

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue(pace=Pace(burst=2, interval=0.05))
        edits = 0

        async def work(_key: str) -> None:
            seen.append(edits)

        async with running(queue, work):
            for _ in range(200):
                edits += 1
                queue.add("a")
                await asyncio.sleep(0.001)
            async with asyncio.timeout(5):
                while seen[-1] != 200:
                    await asyncio.sleep(0.01)

    asyncio.run(scenario())

    assert len(seen) < 100


@pytest.mark.parametrize("error", [Retry("not yet"), ValueError("bug")])
def test_a_storm_about_a_failing_key_does_not_fill_the_log(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """A thousand failures in a thousand seconds: a line for each step of the backoff."""
    now = [0.0]
    queue: WorkQueue[str] = WorkQueue(clock=lambda: now[0])
    caplog.set_level("INFO")

    async def scenario() -> None:
        for second in range(1000):
            now[0] = float(second)
            queue._again("a", 300.0, error)
        queue._timers["a"].cancel()

    asyncio.run(scenario())

    assert 8 <= len(caplog.records) <= 24


def test_who_ends_begins_nothing_more() -> None:
    """What is in work goes on to its end; what waits, comes, or would be tried again is left."""
    runs = []

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue()
        begun, gate = asyncio.Event(), asyncio.Event()

        async def work(key: str) -> None:
            begun.set()
            await gate.wait()
            runs.append(key)
            raise Retry("no", at_most=0.001)

        async with running(queue, work, workers=1):
            queue.add("in work")
            await begun.wait()
            queue.add("waits")
            queue.add("in work")
            queue.stop()
            queue.add("comes")
            gate.set()
            await settled(queue)
            await asyncio.sleep(0.02)

    asyncio.run(scenario())

    assert ["in work"] == runs
