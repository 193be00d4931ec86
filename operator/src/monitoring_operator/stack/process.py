"""Background programs: logged to a file, ended with their parent, never orphaned."""

import contextlib
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from monitoring_operator.stack import leash


class Process:
    """A running program whose output goes to `log`; it runs under a leash (see stack.leash)."""

    def __init__(self, command: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = Path(command[0]).name
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(  # noqa: S603 -- the program is the caller's
                [sys.executable, "-IS", leash.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )
        self._end = weakref.finalize(self, _end, self._popen)

    @property
    def pid(self) -> int:
        """Process id of the leash; the program is its child."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._popen.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program; nothing happens if it has ended."""
        assert self._popen.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._popen.stdin.write(bytes([number]))
            self._popen.stdin.flush()

    def wait(self, timeout: float) -> int:
        """Exit code of the program, which ends by itself within `timeout` seconds. Raises subprocess.TimeoutExpired."""
        return self._popen.wait(timeout)

    def kill(self) -> None:
        """End it at once, without giving it a chance to clean up."""
        self.send(signal.SIGKILL)
        self._popen.wait()

    def stop(self) -> None:
        """End it: politely, after 10 s by force."""
        self._end()

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _end(popen: subprocess.Popen[bytes]) -> None:
    assert popen.stdin is not None
    popen.stdin.close()
    try:
        popen.wait(leash.GRACE + 5)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
