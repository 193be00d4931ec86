"""An elector on an API server that hangs, drops and refuses: it stops in time by itself, whatever does not come back."""

import asyncio
import copy
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from monitoring_operator.api.cluster import Conflict, NotFound, Object, Unavailable
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import LEASE
from monitoring_operator.leadership.elector import Elector, LeadershipLost
from monitoring_operator.leadership.lease import Timing

REF = Ref(LEASE, "system", "operator")
TIMING = Timing(duration=0.6, fence=0.4, retry=0.05, request=0.04)


class Server:
    """One Lease, guarded by its resource version; `trouble` is awaited before each request is looked at, `after` before its answer."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.closed = 0
        self.trouble: Callable[[], Awaitable[None]] = self._nothing
        self.after: Callable[[], Awaitable[None]] = self._nothing

    async def _nothing(self) -> None:
        """All is well."""

    async def get(self, ref: Ref) -> Object | None:
        """The Lease."""
        assert ref == REF
        await self.trouble()
        return copy.deepcopy(self.lease)

    async def create(self, ref: Ref, body: Mapping[str, Any]) -> Object:
        """Only where there is none."""
        assert ref == REF
        await self.trouble()
        if self.lease is not None:
            raise Conflict(409, "it exists")
        return await self._store(body)

    async def replace(self, ref: Ref, body: Mapping[str, Any]) -> Object:
        """Only what was read."""
        assert ref == REF
        await self.trouble()
        if self.lease is None:
            raise NotFound(404, "gone")
        if body["metadata"].get("resourceVersion") != self.lease["metadata"]["resourceVersion"]:
            raise Conflict(409, "it has changed")
        return await self._store(body)

    async def close(self) -> None:
        """Counted."""
        self.closed += 1

    async def _store(self, body: Mapping[str, Any]) -> Object:
        self.version += 1
        self.lease = {**copy.deepcopy(dict(body)), "metadata": {**body["metadata"], "resourceVersion": str(self.version)}}
        await self.after()
        return copy.deepcopy(self.lease)

    @property
    def holder(self) -> str:
        """Who is in the Lease."""
        return str((self.lease or {}).get("spec", {}).get("holderIdentity", ""))


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


def elector(server: Server, name: str) -> Elector:
    """A replica."""
    return Elector(server, REF, name, timing=TIMING)


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

    assert asyncio.run(play())
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

    took, left = asyncio.run(play())
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

    assert asyncio.run(play())


def test_it_is_taken_over_from_one_that_died(server: Server) -> None:
    """After its duration, not before."""

    async def play() -> float:
        loop = asyncio.get_running_loop()
        await elector(server, "a").acquire()
        died = loop.time()
        await elector(server, "b").acquire()
        return loop.time() - died

    assert asyncio.run(play()) >= TIMING.duration
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

    left, took = asyncio.run(play())
    assert 0.0 == left
    assert took < TIMING.fence
    assert (1, "b") == (server.closed, server.holder)


def test_it_is_not_given_back_while_a_write_is_on_its_way(server: Server) -> None:
    """Others then have to wait until it has run out."""

    async def play() -> None:
        first = elector(server, "a")
        await first.acquire()
        await first.close(release=False)

    asyncio.run(play())
    assert "a" == server.holder


def test_it_is_not_given_back_when_it_is_not_ours_any_more(server: Server) -> None:
    """Whoever has taken over keeps it."""

    async def play() -> None:
        first = elector(server, "a")
        await first.acquire()
        assert server.lease is not None
        server.lease["spec"]["holderIdentity"] = "b"
        await first.close(release=True)

    asyncio.run(play())
    assert "b" == server.holder
