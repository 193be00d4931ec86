"""The keyed work queue: level-triggered, one run a key at a time, per-key backoff. The semantics of client-go's workqueue.

A key that is added while it is being worked on is worked on once more afterwards, however often it was added: N edits are far
fewer than N reconciles. kopf's own queues process every event and cannot retry an event handler.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 300.0

logger = logging.getLogger(__name__)


class Retry(Exception):
    """Raised by a worker: try this key again later, with growing delays. `why` is for the log."""

    def __init__(self, why: str, *, at_most: float = LONGEST_BACKOFF) -> None:
        super().__init__(why)
        self.at_most = at_most


class Pace(Generic[K]):
    """Lets a key be worked on `burst` times in a row, and then once every `interval` seconds: a storm about one costs no more."""

    def __init__(self, burst: int = 20, interval: float = 1.0) -> None:
        self._interval = interval
        self._ahead = (burst - 1) * interval
        self._due: dict[K, float] = {}
        self._sweep = 1000

    def wait(self, key: K, now: float) -> float:
        """Seconds until the key may be worked on."""
        return max(0.0, self._due.get(key, 0.0) - self._ahead - now)

    def ran(self, key: K, now: float) -> None:
        """The key is being worked on."""
        self._due[key] = max(self._due.get(key, 0.0), now) + self._interval
        if len(self._due) > self._sweep:
            self._due = {k: due for k, due in self._due.items() if due > now}
            self._sweep = 2 * len(self._due) + 1000


class WorkQueue(Generic[K]):
    """Keys that want work. Not thread-safe: it belongs to one event loop."""

    def __init__(
        self,
        *,
        pace: Pace[K] | None = None,
        clock: Callable[[], float] = time.monotonic,
        waited: Callable[[float], None] = lambda _seconds: None,
        retried: Callable[[K], None] = lambda _key: None,
    ) -> None:
        """`waited` is told how many seconds a key has waited when a worker takes it, `retried` of each key that is put back."""
        self._clock = clock
        self._waited = waited
        self._retried = retried
        self._pace = pace
        self._logged: dict[K, float] = {}
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._dirty: dict[K, float] = {}
        self._working: dict[K, float] = {}
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._stopped = False

    def stop(self) -> None:
        """Nothing more is begun; what is being worked on goes on."""
        self._stopped = True
        self._dirty.clear()
        while not self._ready.empty():
            self._ready.get_nowait()

    def add(self, key: K) -> None:
        """Wants `key` to be worked on as soon as a worker is free and its pace allows. A waiting retry of it is brought forward."""
        if self._stopped or key in self._dirty:
            return
        wait = self._pace.wait(key, self._clock()) if self._pace is not None else 0.0
        if wait > 0:
            self.add_after(key, wait)
            return
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        self._dirty[key] = self._clock()
        if key not in self._working:
            self._ready.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Wants `key` to be worked on in `seconds`, unless it is wanted earlier anyway."""
        if key in self._dirty:
            return
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    @property
    def depth(self) -> int:
        """Keys that wait for a worker now."""
        return self._ready.qsize()

    @property
    def idle(self) -> bool:
        """Whether nothing waits or is being worked on; keys whose retry lies in the future do not count."""
        return not self._dirty and not self._working

    def longest_run(self) -> float:
        """Seconds that the oldest key in work has been worked on; 0 if there is none. Read by the liveness check from a thread."""
        started = min(list(self._working.values()), default=None)
        return 0.0 if started is None else self._clock() - started

    def oldest_wait(self) -> float:
        """Seconds that the key that waits longest has waited for a worker; 0 if none waits. May be called from a thread."""
        since = min(list(self._dirty.values()), default=None)
        return 0.0 if since is None else self._clock() - since

    async def run(self, work: Callable[[K], Awaitable[None]], workers: int) -> None:
        """Works until cancelled, on up to `workers` keys at once."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._worker(work))

    async def _worker(self, work: Callable[[K], Awaitable[None]]) -> None:
        while True:
            key = await self._ready.get()
            since = self._dirty.pop(key, None)
            if since is not None:
                self._waited(self._clock() - since)
            self._working[key] = self._clock()
            if self._pace is not None:
                self._pace.ran(key, self._working[key])
            try:
                await work(key)
            except Retry as retry:
                self._again(key, retry.at_most, retry)
            except Exception as bug:  # noqa: BLE001 -- one key's bug must not end a worker
                self._again(key, LONGEST_BACKOFF, bug)
            else:
                self._failures.pop(key, None)
                self._logged.pop(key, None)
            finally:
                del self._working[key]
                if key in self._dirty:
                    self._ready.put_nowait(key)

    def _again(self, key: K, at_most: float, error: Exception) -> None:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self._retried(key)
        delay = min(FIRST_BACKOFF * 2 ** min(failures, 16), at_most) * random.uniform(0.8, 1.2)  # noqa: S311 -- jitter
        # What brings retries forward must not fill the log: a key is in it once for each step of its backoff.
        now = self._clock()
        if now - self._logged.get(key, float("-inf")) >= delay / 4:
            self._logged[key] = now
            if isinstance(error, Retry):
                logger.info("%s: %s; trying again in %.1f s", key, error, delay)
            else:
                logger.error("reconciling %s failed", key, exc_info=error)
        self.add_after(key, delay)
