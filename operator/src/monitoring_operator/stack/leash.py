"""Runs a program that must not outlive the one who started it, not even where that one is killed.

Standard input is the leash: a pipe whose other end the parent holds. Each byte on it is a signal to send on; when it closes,
for whatever reason, the program is ended. (Linux could do the latter by a death signal, but only with the parent's thread,
and other systems not at all.)
"""

import os
import signal
import subprocess
import sys
import threading

GRACE = 10.0


def main() -> int:
    """Run `sys.argv[1:]` and return its exit code: negative where a signal ended it."""
    # What a shell runs in the background is deaf to Ctrl-C, and so would be its children; a handler of ours is not inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 -- the program is the caller's
    threading.Thread(target=_hold, args=(child,), daemon=True).start()
    return child.wait()


def _hold(child: subprocess.Popen[bytes]) -> None:
    while signals := os.read(0, 1):
        child.send_signal(signals[0])
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main())
