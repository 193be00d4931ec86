"""Keeps up the faults that are a state of the process rather than of a request: connections held, CPU and memory used, and the end."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from app_metrics import REGISTRY, track_sse_connection_end, track_sse_connection_start
from ga4_app import database
from ga4_app.faults import is_on

STREAM = "/v1/tenants/{tenant_id}/stream"
_SLICE = 0.02


@asynccontextmanager
async def under_strain() -> AsyncIterator[None]:
    """Follows the switches for as long as the application runs."""
    tasks = [asyncio.create_task(work()) for work in (_streams, _connections, _memory, _end)]
    stopped = threading.Event()
    burner = asyncio.create_task(asyncio.to_thread(_burn, stopped))
    try:
        yield
    finally:
        stopped.set()
        for task in tasks:
            task.cancel()
        for task in (*tasks, burner):
            with suppress(asyncio.CancelledError):
                await task


async def _streams() -> None:
    """Opens and closes connections that nobody watches."""
    count = 0
    while True:
        wanted = 980 if is_on("sse-full") else 920 if is_on("sse-high") else 0
        for number in range(count, wanted):
            track_sse_connection_start(f"strain-{number}", "globex", STREAM)
        for number in range(wanted, count):
            track_sse_connection_end(f"strain-{number}")
        count = wanted
        await asyncio.sleep(0.2)


async def _connections() -> None:
    """Takes connections out of the pool and keeps them."""
    async with AsyncExitStack() as held:
        count = 0
        while True:
            wanted = 10 if is_on("pool-exhausted") else 9 if is_on("pool-high") else 0
            if wanted < count:
                await held.aclose()
                count = 0
            for _ in range(wanted - count):
                held.callback((await asyncio.to_thread(database.engine.connect)).close)
            count = wanted
            await asyncio.sleep(0.2)


async def _memory() -> None:
    """Fills memory up to 90 % of the limit that the metrics know, at most a gigabyte."""
    ballast = bytearray()
    while True:
        if not is_on("memory-high"):
            ballast = bytearray()
        elif not ballast:
            REGISTRY.refresh()
            limit = REGISTRY.values["system_memory_limit_bytes"].at().value
            used = REGISTRY.values["system_memory_usage_bytes"].at("rss").value
            ballast = bytearray(b"x") * max(0, min(int(0.9 * limit - used), 2**30))
        await asyncio.sleep(0.2)


async def _end() -> None:
    while True:
        await asyncio.sleep(0.2)
        if is_on("down"):
            break
    os.kill(os.getpid(), signal.SIGTERM)


def _burn(stopped: threading.Event) -> None:
    """Uses up what is missing from a share of the CPU limit. One thread of Python fills one core: the Deployment's limit is half."""
    share, since, used = 0.0, 0.0, 0.0
    while not stopped.wait(_SLICE):
        limit = REGISTRY.values["system_cpu_limit_cores"].series.get(())
        cores = min(limit.value, 1.0) if limit is not None else 1.0
        wanted = cores * (1.0 if is_on("cpu-saturated") else 0.88 if is_on("cpu-high") else 0.0)
        if wanted != share:
            share, since, used = wanted, time.perf_counter(), time.process_time()
        while share and time.process_time() - used < share * (time.perf_counter() - since) and not stopped.is_set():
            sum(range(2000))
