"""Several worker processes, one page: gunicorn's or uvicorn's workers share a folder, and whichever is scraped answers for all.

Each worker keeps its values in its own memory, as fast as ever, and writes them to its file every second and before it answers a
scrape: what a page has shown is on disk, so a worker that is killed takes at most a second that nobody has seen. A worker holds a
lock for as long as it lives, which the kernel lets go of however it ends. The next scrape adds a dead worker's counters to the archive and
removes its file: counters never go backwards, and neither the folder nor the scrape grows with the number of workers that have been.
"""

import atexit
import fcntl
import json
import logging
import os
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from app_metrics.caches import HitRate
from app_metrics.registry import Registry
from app_metrics.snapshots import Snapshot, absorb, fill, take

_log = logging.getLogger("app_metrics")
INTERVAL = 1.0
"""Seconds between two writes; more where writing itself takes long."""
_SHARE = 20.0  # a write may take a twentieth of the time
_EMPTY: Snapshot = {"values": {}, "distributions": {}}


class SharedFolder:
    """The place of this process among those that share `folder`. `registry` holds its own values."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        self._registry = registry
        self._folder = folder
        self._counters = frozenset(name for name in registry.values if name.endswith("_total"))
        self._everybody = Registry([family.metric for family in registry.order])
        self._rates = [HitRate(self._everybody, subject) for subject in ("ga4", "vector_search")]
        self._writing = threading.Lock()
        self._lock_file: int | None = None
        folder.mkdir(parents=True, exist_ok=True)
        registry.guard.agree = self._agree
        self._begin()
        reference = weakref.WeakMethod(self._after_fork)
        os.register_at_fork(after_in_child=lambda: (forked := reference()) is not None and forked())
        atexit.register(self.write)

    def _agree(self, label: str, value: str, admitted: set[str], limit: int) -> bool:
        """First come, first served among all workers: with a choice of its own each would have a bound of its own. Once a label is full,
        everybody knows all of it and nobody asks again.
        """
        path = self._folder / "admitted"
        try:
            with self._exclusively("admit"):
                known: dict[str, list[str]] = cast("Any", _read(path)) or {}
                values = known.setdefault(label, [])
                admitted.update(values)
                if value in admitted:
                    return True
                if len(admitted) >= limit - 1:
                    return False
                values.append(value)
                self._replace(path, known)
        except OSError:
            _log.exception("the workers could not agree on a value of the label %s", label)
        return True

    def _begin(self) -> None:
        """Takes a name and the lock that says that its bearer lives, and keeps writing."""
        self._name = f"{os.getpid()}-{uuid4().hex}"
        with self._exclusively("sweep"):  # a sweep between the two lines would take the newborn for dead
            self._lock_file = os.open(self._folder / f"{self._name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        threading.Thread(target=self._keep_writing, args=(weakref.ref(self),), name="app_metrics", daemon=True).start()

    def _after_fork(self) -> None:
        """A child is a worker of its own, with nothing counted yet. The parent's lock must not live on in it."""
        if self._lock_file is not None:
            os.close(self._lock_file)
        self._writing = threading.Lock()
        self._registry.clear()
        self._begin()

    @staticmethod
    def _keep_writing(reference: "weakref.ref[SharedFolder]") -> None:
        took = 0.0
        while True:
            time.sleep(max(INTERVAL, _SHARE * took))
            folder = reference()
            if folder is None:
                return
            start = time.perf_counter()
            try:
                folder.write()
            except OSError:
                _log.exception("the metrics of this worker could not be written")
            took = time.perf_counter() - start
            del folder

    def write(self) -> None:
        """Writes this process's values."""
        with self._writing:
            self._registry.refresh(scrape=False)
            self._replace(self._folder / f"{self._name}.json", take(self._registry))

    def _replace(self, path: Path, content: Mapping[str, Any]) -> None:
        """All or nothing: whoever reads meanwhile sees the old file. The new one bears our name until it is complete."""
        unfinished = self._folder / f".{path.name}.{self._name}"
        unfinished.write_text(json.dumps(content), encoding="utf-8")
        unfinished.replace(path)

    def collect(self) -> Registry:
        """A registry with the values of all processes, dead ones included as far as they were counters."""
        self._registry.refresh()
        self.write()
        with self._exclusively("sweep"):
            archive, living = self._sweep()
            fill(self._everybody, [archive, *living])
        self._everybody.refresh()
        return self._everybody

    @contextmanager
    def _exclusively(self, what: str) -> Iterator[None]:
        """One process at a time. Who sweeps reads too: a file that is gone must be in the archive that was read."""
        descriptor = os.open(self._folder / what, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _sweep(self) -> tuple[Snapshot, list[Snapshot]]:
        """Moves the counters of the dead into the archive; returns it and the values of the living."""
        archive_file = self._folder / "archive"
        archive = _read(archive_file) or _EMPTY
        absorbed = set(archive.get("absorbed", ()))
        living, dead = [], []
        for lock in sorted(self._folder.glob("*.lock")):
            values = lock.with_suffix(".json")
            if lock.stem != self._name and _is_free(lock):
                dead.append(lock)
                if lock.stem not in absorbed and (snapshot := _read(values)) is not None:
                    archive = absorb(archive, snapshot, self._counters)
            elif (snapshot := _read(values)) is not None:
                living.append(snapshot)
        if dead:
            # Their names stand in the archive until their files are gone: a sweep that is killed in between counts nobody twice.
            self._replace(archive_file, {**archive, "absorbed": [lock.stem for lock in dead]})
            for lock in dead:
                for unfinished in self._folder.glob(f".*.{lock.stem}"):
                    unfinished.unlink(missing_ok=True)
                lock.with_suffix(".json").unlink(missing_ok=True)
                lock.unlink(missing_ok=True)
        return archive, living


def _is_free(lock: Path) -> bool:
    """Whether nobody holds the lock any more."""
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _read(path: Path) -> Snapshot | None:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:  # a full disk or a power cut; the worker's next write mends it
        _log.warning("%s cannot be read and is left out", path.name)
        return None
    return cast("Snapshot", found)
