"""Workers that share a page: right values, and counters that only ever rise, whoever is killed."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_metrics import Registry
from app_metrics.multiprocess import SharedFolder
from app_metrics.snapshots import Snapshot, absorb, fill, take
from harness.wait import wait_for

KILLS = """
import json, os, random, signal, sys, time
from pathlib import Path
import app_metrics.multiprocess as multiprocess
from app_metrics import Registry

multiprocess.INTERVAL = 0.005
registry = Registry()
shared = multiprocess.SharedFolder(registry, Path(sys.argv[1]))
seen, sizes, times, wild = [], [], [], random.Random(1)
for number in range(int(sys.argv[2])):
    child = os.fork()
    if child == 0:
        while True:
            registry.increment("ga4_cache_hits_total", "acme")
            registry.observe("ga4_api_latency_seconds", "runReport", value=0.3)
            registry.set("sse_max_connections", to=1000)
            time.sleep(0.0005)
    for _ in range(3):
        time.sleep(wild.uniform(0.0, 0.012))
        start = time.perf_counter()
        everybody = shared.collect()
        times.append(time.perf_counter() - start)
        hits = everybody.values["ga4_cache_hits_total"].series.get(("acme",))
        calls = everybody.distributions["ga4_api_latency_seconds"].series.get(("runReport",))
        seen.append((hits.value if hits else 0.0, sum(calls.counts) if calls else 0))
        if _ == 1:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    sizes.append(len(list(Path(sys.argv[1]).iterdir())))
gauges = len(everybody.values["sse_max_connections"].series)
print(json.dumps({"seen": seen, "sizes": sizes, "times": times, "gauges": gauges}))
"""


def test_two_hundred_kills(tmp_path: Path) -> None:
    """Every counter and histogram is monotonic, the folder and the scrape stay as small as at the beginning, gauges die with workers."""
    output = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path), "200"], capture_output=True, text=True, timeout=200, check=True
    ).stdout
    result = json.loads(output)

    hits, calls = zip(*result["seen"], strict=True)
    assert sorted(hits) == list(hits)
    assert sorted(calls) == list(calls)
    assert hits[-1] > 200
    assert max(result["sizes"]) <= 8
    times = result["times"]
    assert sorted(times[-100:])[50] < 5 * sorted(times[:100])[50]
    assert 0 == result["gauges"]


APPLICATION = """
    from contextlib import asynccontextmanager
    from fastapi import FastAPI
    from app_metrics import instrument, record_ga4_cache_hit, track_sse_connection_start
    import os

    @asynccontextmanager
    async def lifespan(app):
        track_sse_connection_start(os.getpid(), "acme", "/stream")
        yield

    app = FastAPI(lifespan=lifespan)
    instrument(app)

    @app.get("/hit")
    def hit() -> int:
        record_ga4_cache_hit("acme")
        return os.getpid()
"""

UVICORN = ("-m", "uvicorn", "served:app", "--workers", "2", "--log-level", "error", "--app-dir", "{folder}", "--port", "{port}")
GUNICORN = ("-m", "gunicorn", "served:app", "-k", "uvicorn_worker.UvicornWorker", "-w", "2", "--log-level", "error", "--chdir", "{folder}",
            "-b", "127.0.0.1:{port}")  # fmt: skip


@pytest.mark.parametrize("server", [UVICORN, GUNICORN, (*GUNICORN, "--preload")], ids=["uvicorn", "gunicorn", "gunicorn-preload"])
def test_workers_answer_for_each_other(server: tuple[str, ...], tmp_path: Path) -> None:
    """Forty requests over two workers: whichever is asked, the page says forty, and both connections are open.

    With --preload the application is made once and its process forked, so that nothing of a worker may be decided before.
    """
    (tmp_path / "served.py").write_text(textwrap.dedent(APPLICATION))
    shared = tmp_path / "metrics"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, *(part.format(folder=tmp_path, port=port) for part in server)]
    process = subprocess.Popen(command, env=os.environ | {"APP_METRICS_MULTIPROC_DIR": str(shared)})
    url = f"http://127.0.0.1:{port}"

    def lines() -> set[str]:
        try:
            return set(httpx.get(f"{url}/metrics", timeout=10).text.splitlines())
        except httpx.HTTPError:
            return set()

    try:
        both = 'sse_active_connections{endpoint="/stream",tenant_id="acme"} 2.0'
        wait_for(lambda: both in lines(), what="both workers are there", timeout=40)
        for _ in range(40):
            httpx.get(f"{url}/hit", timeout=10).raise_for_status()
        expected = {
            'ga4_cache_hits_total{tenant_id="acme"} 40.0',
            'http_requests_total{endpoint="/hit",method="GET",status_code="200"} 40.0',
            both,
        }
        wait_for(lambda: expected <= lines(), what="all forty are shown", timeout=10)
        pages = [lines() for _ in range(10)]

        assert [True] * 10 == [expected | {'ga4_cache_hit_rate{tenant_id="acme"} 1.0'} <= page for page in pages]
        assert len(list(shared.glob("*.json"))) >= 2
    finally:
        process.terminate()
        process.wait(20)


def test_sweep_that_was_killed_counts_nobody_twice(tmp_path: Path) -> None:
    """The archive names whom it holds until their files are gone."""
    registry = Registry()
    registry.increment("ga4_cache_hits_total", "acme", by=5)
    dead = json.dumps(take(registry))
    (tmp_path / "1-a.json").write_text(dead)
    (tmp_path / "1-a.lock").touch()
    (tmp_path / "archive").write_text(json.dumps({**json.loads(dead), "absorbed": ["1-a"]}))

    shared = SharedFolder(Registry(), tmp_path)
    values = [shared.collect().values["ga4_cache_hits_total"].at("acme").value for _ in range(2)]

    assert [5.0, 5.0] == values
    assert not (tmp_path / "1-a.lock").exists()


def test_workers_share_the_bounds_of_labels(tmp_path: Path) -> None:
    """Three workers that each see other tenants first still have fewer than a hundred between them, and all calls are counted."""
    workers = [Registry() for _ in range(3)]
    folders = [SharedFolder(registry, tmp_path) for registry in workers]
    for number in range(80):
        for worker, registry in enumerate(workers):
            registry.increment("ga4_cache_hits_total", f"tenant-{worker}-{number}")
    for folder in folders:
        folder.write()
    hits = folders[0].collect().values["ga4_cache_hits_total"].series

    assert 99 == len(hits)
    assert 240.0 == sum(series.value for series in hits.values())


def test_file_that_cannot_be_read_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk costs one worker's values for a moment and not the page."""
    registry = Registry()
    shared = SharedFolder(registry, tmp_path)
    registry.increment("ga4_cache_hits_total", "acme")
    (tmp_path / "archive").write_text("{")

    assert 1.0 == shared.collect().values["ga4_cache_hits_total"].at("acme").value
    assert ["archive cannot be read and is left out"] == caplog.messages


@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), max_size=5), min_size=1, max_size=5))
def test_sums_are_exact_however_workers_come_and_go(workers: list[list[tuple[str, int]]]) -> None:
    """Absorbing the dead one after the other gives the same as adding up the living."""
    snapshots: list[Snapshot] = []
    for counted in workers:
        registry = Registry()
        for tenant, number in counted:
            registry.increment("ga4_cache_hits_total", tenant, by=number)
            registry.observe("vector_search_results_count", tenant, value=number)
        snapshots.append(take(registry))
    archive: Snapshot = {"values": {}, "distributions": {}}
    for snapshot in snapshots:
        archive = absorb(archive, snapshot, frozenset({"ga4_cache_hits_total"}))
    alive, dead = Registry(), Registry()
    fill(alive, snapshots)
    fill(dead, [archive])

    for tenant in "abc":
        expected = float(sum(number for counted in workers for name, number in counted if name == tenant))
        for merged in (alive, dead):
            assert expected == merged.values["ga4_cache_hits_total"].at(tenant).value
            assert expected == merged.distributions["vector_search_results_count"].at(tenant).sum


def test_gauges_become_one_by_what_they_mean() -> None:
    """Open connections add up, the fullest pool counts, the latest quota wins, shared limits stay what they are."""
    one, other = Registry(), Registry()
    for registry, active, pool, quota in ((one, 3, 0.9, 0.5), (other, 4, 0.2, 0.6)):
        registry.set("sse_active_connections", "acme", "/stream", to=active)
        registry.set("connection_pool_utilization_ratio", "primary", to=pool)
        registry.set("ga4_quota_usage_ratio", "acme", "1", to=quota)
        registry.set("system_memory_limit_bytes", to=1000)
        registry.set("system_memory_usage_bytes", "rss", to=100)
    everybody = Registry()
    fill(everybody, [take(other), take(one)])
    shown = {name: [series.value for series in everybody.values[name].series.values()] for name in everybody.values}

    assert ([7.0], [0.9], [0.6]) == (
        shown["sse_active_connections"],
        shown["connection_pool_utilization_ratio"],
        shown["ga4_quota_usage_ratio"],
    )
    assert ([1000.0], [200.0]) == (shown["system_memory_limit_bytes"], shown["system_memory_usage_bytes"])
    fill(everybody, [])
    assert [] == list(everybody.values["sse_active_connections"].series)
