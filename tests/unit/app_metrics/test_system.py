"""CPU and memory against the container's limits, from files that a test writes."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app_metrics import Registry
from app_metrics.cgroups import Cgroup
from app_metrics.system import CpuUsage, observe_system

MACHINE = 64 * 2**30


def cgroup(folder: Path, files: dict[str, str], membership: str = "0::/\n") -> Cgroup:
    """A cgroup hierarchy of these files."""
    for name, text in files.items():
        path = folder / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "membership").write_text(membership)
    (folder / "meminfo").write_text(f"MemTotal:       {MACHINE // 1024} kB\nMemFree: 1 kB\n")
    return Cgroup(folder / "cgroup", folder / "membership", folder / "meminfo")


def test_version_2_in_a_container(tmp_path: Path) -> None:
    """A container sees its own cgroup as the root."""
    found = cgroup(tmp_path, {"cpu.max": "50000 100000\n", "memory.max": "268435456\n"})

    assert (0.5, 268435456.0) == (found.cpu_cores(), found.memory_bytes())


def test_version_2_on_a_host_takes_the_tightest_ancestor(tmp_path: Path) -> None:
    """A service inside a limited slice is limited by the slice."""
    files = {
        "a.slice/cpu.max": "20000 100000",
        "a.slice/b.service/cpu.max": "max 100000",
        "a.slice/b.service/memory.max": "max",
        "a.slice/memory.max": "1000",
    }
    found = cgroup(tmp_path, files, "0::/a.slice/b.service\n")

    assert (0.2, 1000.0) == (found.cpu_cores(), found.memory_bytes())


def test_version_1(tmp_path: Path) -> None:
    """One hierarchy per controller, and huge numbers for no limit."""
    files = {
        "cpu,cpuacct/kube/cpu.cfs_quota_us": "-1",
        "cpu/kube/cpu.cfs_quota_us": "25000",
        "cpu/kube/cpu.cfs_period_us": "100000",
        "memory/kube/memory.limit_in_bytes": "9223372036854771712",
    }
    found = cgroup(tmp_path, files, "4:memory:/kube\n3:cpu,cpuacct:/kube\n1:name=systemd:/\n")

    assert (0.25, float(MACHINE)) == (found.cpu_cores(), found.memory_bytes())


def test_without_limits_it_is_the_machine(tmp_path: Path) -> None:
    """All cores that the process may run on, and all memory."""
    found = cgroup(tmp_path, {})

    assert (float(len(os.sched_getaffinity(0))), float(MACHINE)) == (found.cpu_cores(), found.memory_bytes())


def test_cpu_percent_is_of_the_limit_and_shared_by_scrapers() -> None:
    """Half a core used of a limit of half a core is 100 percent, however many scrapers ask and how often."""
    now = 0.0
    usage = CpuUsage(lambda: 0.5, lambda: now, lambda: now * 0.5)
    seen = []
    for tick in range(1, 200):
        now = float(tick) * 0.7
        seen.append(usage.percent())

    assert [100.0] * 199 == pytest.approx(seen)


def test_cpu_percent_forgets_what_is_long_ago() -> None:
    """After a quiet time a burst shows within the window of ten seconds."""
    clock = {"now": 0.0, "cpu": 0.0}
    usage = CpuUsage(lambda: 1.0, lambda: clock["now"], lambda: clock["cpu"])
    for _ in range(100):
        clock["now"] += 5
        usage.percent()
    for _ in range(2):
        clock["now"] += 5
        clock["cpu"] += 5
        last = usage.percent()

    assert 100.0 == pytest.approx(last)


def test_gauges_on_the_page(registry: Registry, read: Callable[[], dict[str, float]], tmp_path: Path) -> None:
    """Against the real /proc: this process is younger than an hour and smaller than its address space."""
    observe_system(registry, cgroup(tmp_path, {"cpu.max": "100000 100000", "memory.max": "1000000000"}))
    page = read()

    assert 0 < page["system_uptime_seconds"] < 24 * 3600
    assert 1e6 < page['system_memory_usage_bytes{type="rss"}'] < page['system_memory_usage_bytes{type="vms"}']
    assert (1e9, 1.0) == (page["system_memory_limit_bytes"], page["system_cpu_limit_cores"])
    assert page["system_cpu_usage_percent"] >= 0


def test_uptime_is_the_process_and_not_the_import(registry: Registry, read: Callable[[], dict[str, float]], tmp_path: Path) -> None:
    """The start comes from the process table, also when the command's name holds brackets and spaces."""
    (tmp_path / "self").mkdir()
    started = 1000 * os.sysconf("SC_CLK_TCK")
    (tmp_path / "self/stat").write_text(f"1 (my (odd) app) S {' '.join(['0'] * 18)} {started} 0 0")
    (tmp_path / "uptime").write_text("1060.00 1.00")
    observe_system(registry, cgroup(tmp_path, {}), tmp_path)

    assert 60.0 == pytest.approx(read()["system_uptime_seconds"], abs=5)
    assert not [head for head in read() if head.startswith("system_memory_usage")]


def test_system_without_proc(registry: Registry, read: Callable[[], dict[str, float]], tmp_path: Path) -> None:
    """Where the system tells nothing, uptime counts from now and memory is left out: no error, no invented number."""
    observe_system(registry, Cgroup(tmp_path, tmp_path / "none", tmp_path / "none"), tmp_path)
    page = read()

    assert page["system_uptime_seconds"] < time.monotonic()
    assert not [head for head in page if head.startswith("system_memory")]
