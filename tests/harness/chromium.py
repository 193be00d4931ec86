"""A headless Chromium: what a browser makes of a page, and a picture of it.

`python -m harness.chromium` sees to it that there is one: it installs Debian's where it may, and says what to do where it may not.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "chromium-headless-shell"
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell")


class ChromiumMissing(RuntimeError):
    """No Chromium is on PATH and none is named in CHROMIUM."""

    def __init__(self) -> None:
        super().__init__("no Chromium is there: install the package chromium (or chromium-headless-shell), or name one in CHROMIUM")


@dataclass(frozen=True)
class Opened:
    """A page as it is once its script has run, and what the script complained about."""

    dom: str
    complaints: list[str]


def find() -> str:
    """The browser. Raises ChromiumMissing."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *PROGRAMS)):
        if (found := shutil.which(name)) is not None:
            return found
    raise ChromiumMissing


def provide() -> None:
    """Install the browser where that is possible without asking anybody: as root, on Debian and its kin. Raises ChromiumMissing."""
    try:
        find()
    except ChromiumMissing:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
        print(f"tools: installing {PACKAGE}", flush=True)
        install = ["apt-get", "install", "--yes", "--no-install-recommends", PACKAGE, "fonts-dejavu-core"]
        for command in (["apt-get", "update"], install):
            done = subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, capture_output=True, check=False)
            if done.returncode:
                print(done.stderr.decode(errors="replace"), file=sys.stderr)
                raise
        find()


def opened(address: str, *, width: int = 1600, height: int = 2400) -> Opened:
    """The page at `address` in a window of that size."""
    done = _run("--dump-dom", f"--window-size={width},{height}", address)
    return Opened(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])


def pictured(address: str, picture: Path, *, width: int = 1600, height: int = 2400) -> None:
    """A PNG of the page at `address`."""
    _run(f"--screenshot={picture}", f"--window-size={width},{height}", "--hide-scrollbars", address)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as home:
        command = [find(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={home}"]
        # A page's timers run ahead of the clock, so that it is complete when it is looked at.
        command += ["--virtual-time-budget=5000", "--enable-logging=stderr", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


if __name__ == "__main__":
    try:
        provide()
    except ChromiumMissing as missing:
        sys.exit(f"tools: {missing}")
