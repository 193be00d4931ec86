"""`monitoring-operator stack up FILE`: runs the stack, tells what happens in it, and leaves nothing behind."""

import contextlib
import queue
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from monitoring_operator.cli.progress import Progress
from monitoring_operator.cli.stack_folder import NotUsable, Targets, loaded_from, parts_of, targets_of
from monitoring_operator.stack import notices, snapshot
from monitoring_operator.stack.programs import ProgramMissing, find
from monitoring_operator.stack.running import CannotRun, Running, Setting, running

if TYPE_CHECKING:
    from monitoring_operator.stack.stand_ins import Notification

POLL = 0.5
"""Seconds between two looks at what has changed."""
START = 60.0
"""Seconds that a program may take until it is ready."""


def run_stack(
    *,
    file: str,
    targets: Targets,
    tools: Path | None,
    data: Path | None,
    secrets: Path | None,
    prometheus_port: int,
    alertmanager_port: int,
    runbook_base_url: str | None,
) -> int:
    """Runs the stack until a signal ends it; returns the exit code."""
    progress = Progress()
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        # No Grafana runs here that links could lead to.
        parts = parts_of(loaded_from(file), runbook_base_url, grafana_url="")
        where = targets_of(parts, targets, "localhost:8000")
        with _folder(data) as folder:
            setting = Setting(find("prometheus", tools), find("alertmanager", tools), folder, prometheus_port, alertmanager_port, secrets)
            told: queue.SimpleQueue[Notification] = queue.SimpleQueue()
            with running(parts, where, setting, told.put) as stack:
                _tell(stack, told, progress)
    except KeyboardInterrupt:
        progress.end()
        progress.say("stopped" if data is None else f"stopped; data is kept in {data}")
        return 0
    except NotUsable as error:
        progress.fail(str(error))
        return error.code
    except ProgramMissing as error:
        progress.fail(str(error))
        return 2
    except CannotRun as error:
        progress.fail(str(error))
        return 1
    except OSError as error:
        progress.fail(f"cannot run the stack: {error}")
        return 2
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data.absolute()
    else:
        with tempfile.TemporaryDirectory(prefix="monitoring-operator-stack-") as folder:
            yield Path(folder)


def _tell(stack: Running, told: "queue.SimpleQueue[Notification]", progress: Progress) -> NoReturn:
    """Says what happens, for ever. Raises CannotRun."""
    for name, url in (("Prometheus", stack.prometheus), ("Alertmanager", stack.alertmanager)):
        _await(stack, f"{url}/-/ready", name, progress)
        progress.good(f"{name} is ready: {url}")
    progress.say(f"Look at {stack.prometheus}/targets and {stack.prometheus}/alerts; end with Ctrl-C.")
    seen = snapshot.Snapshot()
    while True:
        stack.check()
        with contextlib.suppress(OSError):
            now = snapshot.take(stack.prometheus)
            for item in snapshot.news(seen, now):
                progress.news(item.text, good=item.good)
            seen = now
        while not told.empty():
            notification = told.get()
            progress.say(f"→ {notices.heading(notification)}:", *(f"    {line}" for line in notices.lines(notification)))
        progress.wait("watching" if seen.settled else "waiting for the first good scrape")
        time.sleep(POLL)


def _await(stack: Running, url: str, name: str, progress: Progress) -> None:
    deadline = time.monotonic() + START
    while not snapshot.answers(url):
        stack.check()
        if time.monotonic() > deadline:
            raise CannotRun(f"{name} is not ready after {START:g} s")
        progress.wait(f"{name} starts")
        time.sleep(0.1)
