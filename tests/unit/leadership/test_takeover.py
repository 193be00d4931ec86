"""How long a takeover takes with the times that the product has, by a clock that no machine can hold up."""

import asyncio
import random
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from harness.lease_server import Server, elector
from harness.skipping import run
from monitoring_operator.leadership.elector import Elector
from monitoring_operator.leadership.lease import Timing

AFTER_A_CRASH = 20.0
AFTER_A_SIGTERM = 3.0
TIMES = st.floats(0.0, 10.0)
SLOW = st.floats(0.0, Timing().request / 2, exclude_max=True)
"""Until a request is answered: of two in a row, both come in time."""


async def leading(server: Server, phase: float, life: float) -> tuple[Elector, asyncio.Task[None], asyncio.Task[None]]:
    """One that has led for a while and goes on, and another that has been waiting for it."""
    first, second = elector(server, "a"), elector(server, "b")
    await first.acquire()
    keeping = asyncio.create_task(first.keep())
    await asyncio.sleep(phase)
    waiting = asyncio.create_task(second.acquire())
    await asyncio.sleep(life)
    assert first.remaining() > 0
    assert not waiting.done()
    return first, keeping, waiting


def slow(seconds: float) -> Callable[[], asyncio.Future[None]]:
    """What delays a request."""
    return lambda: asyncio.ensure_future(asyncio.sleep(seconds))


@given(TIMES, TIMES, SLOW, st.randoms(use_true_random=False))
def test_who_waits_leads_soon_after_a_crash(phase: float, life: float, late: float, chance: random.Random) -> None:
    """Within 20 seconds, whenever it happens, and not before the one that died would have stopped by itself."""
    server = Server()
    server.trouble = slow(late)
    random.seed(chance.random())

    async def play() -> tuple[float, float]:
        first, keeping, waiting = await leading(server, phase, life)
        died, left = asyncio.get_running_loop().time(), first.remaining()
        keeping.cancel()
        await waiting
        return asyncio.get_running_loop().time() - died, left

    took, left = run(play())
    assert left < took <= AFTER_A_CRASH


@given(TIMES, TIMES, st.floats(0.0, 0.3), st.randoms(use_true_random=False))
def test_who_waits_leads_at_once_after_an_orderly_end(phase: float, life: float, late: float, chance: random.Random) -> None:
    """Within 3 seconds, of an API server that answers within three tenths of one."""
    server = Server()
    server.trouble = slow(late)
    random.seed(chance.random())

    async def play() -> float:
        first, keeping, waiting = await leading(server, phase, life)
        told = asyncio.get_running_loop().time()
        keeping.cancel()
        await first.close(release=True)
        await waiting
        return asyncio.get_running_loop().time() - told

    assert run(play()) <= AFTER_A_SIGTERM
