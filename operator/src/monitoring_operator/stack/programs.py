"""Where Prometheus' and Alertmanager's programs are on this machine, for those who run them without a container engine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "MONITORING_TOOLS_DIR"
OPTIONS = {"promtool": "--promtool"}
"""What names a program on the command line, where that is not the option for the folder of all."""


class ProgramMissing(Exception):
    """A program is nowhere; the message says where it was looked for and where to get it."""


def find(name: str, folder: Path | None) -> Path:
    """The program `name`: in `folder`, in the folder that MONITORING_TOOLS_DIR names, where `make tools` puts it, or on PATH.

    Raises ProgramMissing.
    """
    for place in _places(folder):
        path = place / name
        if path.is_file() and os.access(path, os.X_OK):
            return path.absolute()
    on_path = shutil.which(name)
    if on_path is not None:
        return Path(on_path)
    raise ProgramMissing(
        f"{name} is neither where {OPTIONS.get(name, '--tools')} or {VARIABLE} say nor on PATH. Get it from "
        "https://prometheus.io/download/, or run `make tools` in a checkout of this project, which compiles it."
    )


def _places(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
    if named := os.environ.get(VARIABLE):
        yield Path(named)
    yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monitoring-operator" / "tools" / "bin"
