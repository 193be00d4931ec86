"""Uptime, CPU and memory of this process against the container's limits, read when a scrape asks.

CPU usage is the mean since the newest sample that is at least ten seconds old, not since the last scrape: two Prometheus
replicas that scrape in turn would otherwise halve each other's window down to noise. No thread, no timer.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from app_metrics.cgroups import Cgroup
from app_metrics.registry import Registry

WINDOW = 10.0
"""Seconds of CPU use that a reading covers at least, once the process is that old."""


class CpuUsage:
    """CPU use as a percentage of `cores()`, from the process's CPU seconds by `cpu()` and the clock's seconds by `clock()`."""

    def __init__(
        self, cores: Callable[[], float], clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.process_time
    ) -> None:
        self._cores, self._clock, self._cpu = cores, clock, cpu
        self._samples: deque[tuple[float, float]] = deque([(clock(), cpu())])

    def percent(self) -> float:
        """The usage of now, 100 being the whole limit; more only in bursts that the limit allows."""
        now, used = self._clock(), self._cpu()
        while len(self._samples) > 1 and now - self._samples[1][0] >= WINDOW:
            self._samples.popleft()
        then, before = self._samples[0]
        if now - self._samples[-1][0] >= 1.0:
            self._samples.append((now, used))
        return 100.0 * (used - before) / ((now - then) * self._cores()) if now > then else 0.0


def observe_system(registry: Registry, cgroup: Cgroup | None = None, proc: Path = Path("/proc")) -> None:
    """Keeps the system metrics of `registry` fresh at each scrape. Figures that the system does not give are left out."""
    limits = cgroup or Cgroup()
    usage = CpuUsage(limits.cpu_cores)
    started = _start_time(proc)

    def refresh() -> None:
        registry.set("system_uptime_seconds", to=time.time() - started)
        registry.set("system_cpu_usage_percent", to=usage.percent())
        registry.set("system_cpu_limit_cores", to=limits.cpu_cores())
        memory = limits.memory_bytes()
        if memory is not None:
            registry.set("system_memory_limit_bytes", to=memory)
        for kind, size in _memory(proc).items():
            registry.set("system_memory_usage_bytes", kind, to=size)

    registry.before_scrape("the system", refresh)


def _start_time(proc: Path) -> float:
    """When the process started, in Unix seconds; where the system does not tell, now."""
    try:
        # The name of the command, in brackets, may hold spaces and brackets: what follows is counted from the last one.
        ticks = int((proc / "self/stat").read_text().rpartition(")")[2].split()[19])
        uptime = float((proc / "uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return time.time()
    return time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")


def _memory(proc: Path) -> dict[str, float]:
    try:
        pages = (proc / "self/statm").read_text().split()
        size = os.sysconf("SC_PAGE_SIZE")
        return {"rss": float(int(pages[1]) * size), "vms": float(int(pages[0]) * size)}
    except (OSError, ValueError, IndexError):
        return {}
