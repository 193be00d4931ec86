"""Background programs end with the one who started them, whatever ends that one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from harness.process import Process
from harness.wait import wait_for


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def shell(script: str, tmp_path: Path) -> Process:
    """A shell that runs `script`; its first line of output is its process id."""
    process = Process(["sh", "-c", f"echo $$; {script}"], log=tmp_path / "log")
    wait_for(process.tail, what="the shell's first words")
    return process


def test_stop_is_polite(tmp_path: Path) -> None:
    """The program gets SIGTERM and the time to act on it."""
    process = shell("trap 'echo tidied up; exit 3' TERM; while :; do sleep 0.05; done", tmp_path)
    process.stop()

    assert "tidied up" in process.tail()
    assert 3 == process.exit_code


def test_kill_is_not(tmp_path: Path) -> None:
    """SIGKILL reaches the program itself, which gets no chance to clean up."""
    process = shell("trap 'echo tidied up' TERM EXIT; while :; do sleep 0.05; done", tmp_path)
    process.kill()

    assert "tidied up" not in process.tail()
    assert not alive(int(process.tail().split()[0]))


def test_signals_are_passed_on(tmp_path: Path) -> None:
    """What a test sends arrives at the program, not at the leash that holds it."""
    with shell("trap 'echo again' USR1; while :; do sleep 0.05; done", tmp_path) as process:
        process.send(signal.SIGUSR1)
        wait_for(lambda: "again" in process.tail(), what="the program heard SIGUSR1")

        assert process.exit_code is None


def test_who_is_deaf_to_ctrl_c_has_children_that_are_not(tmp_path: Path) -> None:
    """A shell ignores Ctrl-C for what it runs in the background, tests included."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = shell("exec sleep 60", tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    process.send(signal.SIGINT)

    assert 256 - signal.SIGINT == process.wait(timeout=10)


def test_exit_code_of_a_program_that_ends_by_itself(tmp_path: Path) -> None:
    """Its end and its code are seen, so that nobody waits for a dead program."""
    process = Process(["sh", "-c", "exit 7"], log=tmp_path / "log")

    assert 7 == process.wait(timeout=10)


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    """A test run that is killed leaves no API server behind."""
    code = f"""
import time
from pathlib import Path
from harness.process import Process
process = Process(["sh", "-c", "echo $$; exec sleep 300"], log=Path({str(tmp_path / "log")!r}))
time.sleep(300)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})
    log = tmp_path / "log"
    pid = int(wait_for(lambda: log.read_text().strip(), what="the grandchild's process id"))
    parent.kill()
    parent.wait()

    wait_for(lambda: not alive(pid), what="the grandchild has ended", timeout=15)
