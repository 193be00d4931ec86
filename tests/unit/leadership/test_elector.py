"""An elector on an API server that hangs, drops and refuses: it stops in time by itself, whatever does not come back."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from harness.lease_server import Server, elector
from harness.skipping import run
from monitoring_operator.api.cluster import Unavailable
from monitoring_operator.leadership.elector import LeadershipLost
from monitoring_operator.leadership.lease import Timing

TIMING = Timing()


async def for_ever() -> None:
    """No answer."""
    await asyncio.Event().wait()


async def refused() -> None:
    """A server error."""
    raise Unavailable(500, "no")


@pytest.fixture
def server() -> Server:
    """A server that works."""
    return Server()


def test_the_first_one_leads_and_goes_on_leading(server: Server) -> None:
    """For much longer than one renewal lasts."""

    async def play() -> bool:
        first = elector(server, "a")
        await first.acquire()
        keeping = asyncio.create_task(first.keep())
        await asyncio.sleep(2 * TIMING.duration)
        leads = first.remaining() > 0 and not keeping.done()
        keeping.cancel()
        return leads

    assert run(play())
    assert "a" == server.holder


@pytest.mark.parametrize("trouble", [for_ever, refused])
def test_who_cannot_renew_stops_before_another_may_start(server: Server, trouble: Callable[[], Awaitable[None]]) -> None:
    """The fence falls, and the loss is raised, before the Lease has run out."""

    async def play() -> tuple[float, float]:
        loop, first = asyncio.get_running_loop(), elector(server, "a")
        await first.acquire()
        acquired = loop.time()
        server.trouble = trouble
        with pytest.raises(LeadershipLost):
            await first.keep()
        return loop.time() - acquired, first.remaining()

    took, left = run(play())
    assert took < TIMING.duration
    assert left <= 0


def test_an_answer_that_is_lost_now_and_then_costs_nothing(server: Server) -> None:
    """The write has arrived, the answer has not: the Lease is read again, and it is still ours."""
    turns = iter(range(10**6))

    async def sometimes() -> None:
        if next(turns) % 3 == 2:
            await for_ever()

    async def play() -> bool:
        first = elector(server, "a")
        await first.acquire()
        server.after = sometimes
        keeping = asyncio.create_task(first.keep())
        await asyncio.sleep(2 * TIMING.duration)
        leads = first.remaining() > 0 and not keeping.done()
        keeping.cancel()
        return leads

    assert run(play())


def test_it_is_taken_over_from_one_that_died(server: Server) -> None:
    """After its duration, not before."""

    async def play() -> float:
        loop = asyncio.get_running_loop()
        await elector(server, "a").acquire()
        died = loop.time()
        await elector(server, "b").acquire()
        return loop.time() - died

    assert run(play()) >= TIMING.duration
    assert "b" == server.holder


def test_it_is_given_back(server: Server) -> None:
    """Writes are fenced at once, and the next one need not wait."""

    async def play() -> tuple[float, float]:
        loop, first = asyncio.get_running_loop(), elector(server, "a")
        await first.acquire()
        await first.close(release=True)
        closed = loop.time()
        await elector(server, "b").acquire()
        return first.remaining(), loop.time() - closed

    left, took = run(play())
    assert 0.0 == left
    assert took < TIMING.fence
    assert (1, "b") == (server.closed, server.holder)


def test_it_is_not_given_back_while_a_write_is_on_its_way(server: Server) -> None:
    """Others then have to wait until it has run out."""

    async def play() -> None:
        first = elector(server, "a")
        await first.acquire()
        await first.close(release=False)

    run(play())
    assert "a" == server.holder


def test_it_is_not_given_back_when_it_is_not_ours_any_more(server: Server) -> None:
    """Whoever has taken over keeps it."""

    async def play() -> None:
        first = elector(server, "a")
        await first.acquire()
        assert server.lease is not None
        server.lease["spec"]["holderIdentity"] = "b"
        await first.close(release=True)

    run(play())
    assert "b" == server.holder
