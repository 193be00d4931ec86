"""Notices a watch that is dead while the API server lives: kopf tries it again and again, or has given up without an end.

Signs of life are an answer to a list or to the opening of a watch, and every byte that comes by it; bookmarks come about every
minute, and a watch without any is opened anew.

Things may have been missed by a watch that lives, and only a list of our own can tell. When kopf has to list anew (after 410),
it does not notice what was deleted meanwhile. A watch that is cut off early, again and again, may never come to the end of its
first event. And one that ended without a single byte may have been cut off from what happened, or belong to a kind of which
there was nothing to tell: API servers send no bookmarks for one that never changed.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

PAUSE = 1.0
"""Least seconds between two openings of one watch: kopf would open one that is closed at once again and again without a pause."""


class Blind(Exception):
    """A watch gives no sign of life although the API server answers; only a new process can hope for better."""


class Stream(Protocol):
    """Where the bytes of an open watch come in."""

    total_bytes: int


@dataclass(slots=True)
class _Watch:
    sign: float
    """When it last gave a sign of life."""
    opened: float = float("-inf")
    stream: Stream | None = None
    heard: int = 0
    silences: int = 0
    relisted: bool = False
    verified: float = float("-inf")


class Watchdog:
    """Keeps the signs of life of every path that has to be watched. `limit` is in seconds."""

    def __init__(self, limit: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._suspects: set[str] = set()
        self._watches: dict[str, _Watch] = {}
        self._outage = clock()

    def expect(self, paths: Iterable[str]) -> None:
        """These paths have to be watched, and no others: from now on a new one has its time to be opened."""
        self._watches = {path: self._watches.get(path) or _Watch(self._clock()) for path in paths}

    async def turn(self, path: str) -> None:
        """Returns when a watch of `path` may be opened again."""
        watch = self._watches.get(path)
        if watch is not None:
            await asyncio.sleep(watch.opened + PAUSE - self._clock())

    def asked(self, path: str, *, watching: bool) -> None:
        """A list of `path` has been asked for (its first page), or a watch."""
        watch = self._watches.get(path)
        if watch is None:
            return
        if not watching:
            watch.relisted = watch.stream is not None
        elif watch.relisted:
            watch.relisted = False
            self._suspects.add(path)

    def answered(self, path: str, stream: Stream | None) -> None:
        """A list was given, or a watch has been opened whose bytes come in by `stream`."""
        watch, now = self._watches.get(path), self._clock()
        if watch is None:
            return
        if stream is not None:
            self._closed(path, watch)
            watch.stream, watch.heard, watch.opened = stream, stream.total_bytes, now
        watch.sign = now

    def suspects(self) -> list[str]:
        """Paths that have to be listed now; each is named once, and not again before a third of the limit has gone by."""
        now = self._clock()
        due = [p for p in self._suspects & self._watches.keys() if self._watches[p].verified + self._limit / 3 <= now]
        for path in due:
            self._watches[path].verified = now
        self._suspects -= set(due)
        return due

    def suspect(self, path: str) -> None:
        """`path` could not be listed, or changes were found of which its watch had not told: it has to be listed once more."""
        if path in self._watches:
            self._watches[path].silences = 0
            self._suspects.add(path)

    def check(self, *, api_answers: bool) -> None:
        """Looks at every watch; to be called often. Raises Blind. An outage of the API server is nobody's blindness."""
        now = self._clock()
        if not api_answers:
            self._outage = now
        for path, watch in self._watches.items():
            if watch.stream is not None and watch.stream.total_bytes != watch.heard:
                watch.heard, watch.sign, watch.silences = watch.stream.total_bytes, now, 0
            silence = now - max(watch.sign, self._outage)
            if silence > self._limit:
                raise Blind(f"nothing has been heard by the watch of {path} for {silence:.0f} s, though the API server answers")

    def _closed(self, path: str, watch: _Watch) -> None:
        """The watch that is about to be replaced has ended: early, or late without having said a word?"""
        if watch.stream is None:
            return
        if self._clock() - watch.opened < self._limit / 2:
            self._suspects.add(path)
        elif not watch.stream.total_bytes:
            watch.silences += 1
            # A kind of which there is nothing to tell is listed ever more rarely: after 1, 2, 4, 8 ... silences.
            if watch.silences & (watch.silences - 1) == 0:
                self._suspects.add(path)
