"""The line at the bottom is for people who look at a terminal; lines that stay are for everybody."""

import os
import subprocess
import sys

from harness.terminal import on_a_terminal

PROGRAM = """
import time
from monitoring_operator.cli.progress import Progress
progress = Progress()
progress.wait("the first scrape")
time.sleep(0.5)
progress.good("scraped")
time.sleep(0.3)
progress.end()
progress.say("stopped")
"""


def test_on_a_terminal_it_says_what_it_waits_for() -> None:
    """The waiting line is wiped away before each line that stays, and at the end."""
    shown = on_a_terminal([sys.executable, "-c", PROGRAM], os.environ | {"NO_COLOR": ""})
    last = shown.replace("\r\n", "\n").splitlines()

    assert "the first scrape, 0 s" in shown
    assert "\033[32m✓\033[0m scraped" in shown
    assert "stopped" == last[-1].rpartition("\033[K")[2]


def test_elsewhere_it_says_only_what_stays() -> None:
    """No line that is overwritten, no colour."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    assert "✓ scraped\nstopped\n" == done.stdout
