"""What the container may use. The node's cores and memory, which most libraries divide by, say nothing in a pod: a process at its
own limit of half a core on a 64-core node would read as 1 percent.
"""

import os
from pathlib import Path

_UNLIMITED_V1 = 1 << 62  # cgroup v1 writes "no limit" as the largest multiple of the page size below 2^63


class Cgroup:
    """The limits of the cgroup that this process is in, version 2 or 1, the tightest of it and its ancestors.

    `root` is where the hierarchies are mounted, `membership` the file that names our place in them.
    """

    def __init__(
        self, root: Path = Path("/sys/fs/cgroup"), membership: Path = Path("/proc/self/cgroup"), meminfo: Path = Path("/proc/meminfo")
    ) -> None:
        self._root = root
        self._meminfo = meminfo
        self._places = _places(membership)

    def cpu_cores(self) -> float:
        """Cores that may be used; without a limit, those that the process may be scheduled on."""
        limits = [quota for folder in self._folders("cpu") if (quota := _cpu_quota(folder)) is not None]
        return min([*limits, float(_schedulable_cores())])

    def memory_bytes(self) -> float | None:
        """Bytes that may be used; without a limit the machine's memory; None where the system does not tell."""
        limits = [limit for folder in self._folders("memory") if (limit := _memory_limit(folder)) is not None]
        machine = _machine_memory(self._meminfo)
        if machine is not None:
            limits.append(machine)
        return min(limits, default=None)

    def _folders(self, controller: str) -> list[Path]:
        """Our cgroup's folder and its ancestors', under both versions. In a container the hierarchy usually starts at our own."""
        folders: list[Path] = []
        for base, place in ((self._root, self._places.get("")), (self._root / controller, self._places.get(controller))):
            if place is None:
                continue
            folder = base / place.strip("/")
            folders += [path for path in (folder, *folder.parents) if path == base or base in path.parents]
        return folders


def _places(membership: Path) -> dict[str, str]:
    """Our path by controller; the unified hierarchy of version 2 has the empty name."""
    places: dict[str, str] = {}
    for line in _read(membership).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        places.update(dict.fromkeys(controllers.split(","), path))
    return places or {"": "/"}


def _cpu_quota(folder: Path) -> float | None:
    quota, _, period = _read(folder / "cpu.max").strip().partition(" ")
    if not quota:
        quota, period = _read(folder / "cpu.cfs_quota_us").strip(), _read(folder / "cpu.cfs_period_us").strip()
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)


def _memory_limit(folder: Path) -> float | None:
    text = (_read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes")).strip()
    return float(text) if text.isdigit() and int(text) < _UNLIMITED_V1 else None


def _machine_memory(meminfo: Path) -> float | None:
    for line in _read(meminfo).splitlines():
        name, _, rest = line.partition(":")
        if name == "MemTotal":
            return float(rest.split()[0]) * 1024
    return None


def _schedulable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
