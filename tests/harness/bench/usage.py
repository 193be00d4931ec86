"""What a process and the machine have used, from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds (user and system) since the start; resident memory and its peak in MiB."""

    cpu: float
    rss: float
    peak: float


def usage(pid: int) -> Usage:
    """What a process has used so far. Raises FileNotFoundError if it is gone."""
    # The name in parentheses may hold spaces; utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    memory = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            memory[name] = int(value.split()[0]) / 1024
    return Usage((int(fields[11]) + int(fields[12])) / _TICK, memory["VmRSS"], memory["VmHWM"])


def child_of(pid: int) -> int:
    """The only child of a process, such as the program that a leash holds. Raises LookupError as long as there is none."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if not children:
        raise LookupError(f"process {pid} has no child")
    return int(children[0])


def busy() -> float:
    """CPU seconds that the whole machine has worked."""
    fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    idle = fields[3] + fields[4]
    return (sum(fields[:8]) - idle) / _TICK
