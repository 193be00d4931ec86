"""A command on a terminal, as a person would see it."""

import contextlib
import os
import pty
import subprocess
from collections.abc import Mapping, Sequence


def on_a_terminal(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a command shows where its output is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        # Linux ends a terminal whose last user is gone with an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 4096):
                shown += chunk
        process.wait(60)
    os.close(ours)
    return shown.decode()
