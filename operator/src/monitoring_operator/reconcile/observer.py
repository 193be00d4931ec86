"""The observer: has Prometheus, Alertmanager and Grafana asked in its own time, and wakes the profiles for which that brings news.

No reconcile ever waits for it. How often it looks follows what looking costs: thousands of profiles that are live are looked at three
times a minute.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Mapping
from math import inf
from typing import Any

from monitoring_operator.api.cluster import ApiError, Http
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.reconcile.dependencies import ask_events, ask_namespaces, ask_services
from monitoring_operator.reconcile.foreign import look_at_foreign
from monitoring_operator.reconcile.replies import Replies
from monitoring_operator.reconcile.verify import OVERDUE_AFTER, hear, rests
from monitoring_operator.reconcile.world import Watched, World

SOON = 1.0
"""Seconds until the next look while something has just changed and is being taken up."""
SHARE = 10
"""A pause is this many times as long as the processor time that reading and judging took before it."""
SELDOM = 15.0
"""Seconds between looks at what changes slowly: which metrics there are, and dashboards that others bring."""
CALM_SHARE = 50
"""The same while everything is settled."""
LONGEST = 20.0
"""Seconds: the longest pause that is made for the cost alone."""
AT_ONCE = 100
"""Profiles judged before others get their turn."""
ANYWAY = 60.0
"""Seconds after which every profile is judged again, whether anything has changed or not."""

Object = Mapping[str, Any]

logger = logging.getLogger(__name__)


class Observer:
    """Looks again and again; `look` is one round, for whoever wants to have seen something now."""

    def __init__(self, world: World, http: Http) -> None:
        self._world = world
        self._replies = Replies(world, http)
        self._seldom = float("-inf")
        self._judging = 0.0
        self._last: tuple[int, list[Object]] = (-1, [])
        self._anyway = float("-inf")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._world.hurry.clear()
            try:
                await self.look()
            except Exception:
                # What profiles ask for must go on being done, whatever somebody answers.
                logger.exception("looking at what is live failed")
            await self._pause()

    async def _pause(self) -> None:
        least, calm = pauses(self._replies.cost + self._judging, self._world.verification.interval)
        await asyncio.sleep(least)
        rest = calm - least
        waiting = bool(self._world.store.takers()) and any(_hurries(self._world, w) for w in self._world.watched.values())
        if rest <= 0 or waiting:
            return
        try:
            async with asyncio.timeout(rest):
                await self._world.hurry.wait()
        except TimeoutError:
            return

    async def look(self) -> None:
        """Asks everybody once, and wakes whom it concerns."""
        world = self._world
        seldom = world.clock() - self._seldom >= SELDOM
        if seldom:
            self._seldom = world.clock()
        await self._careful(look_at_foreign(world, again=seldom or any(_in_the_way(w) for w in world.watched.values())))
        if not world.store.takers():
            # There is nobody who could take anything up.
            return
        await self._replies.ask(seldom=seldom)
        for ask in (ask_namespaces, ask_services, ask_events):
            await self._careful(ask(world))
        world.sightings.publish()
        await self._judge()

    async def _judge(self) -> None:
        world, self._judging = self._world, 0.0
        now = world.sightings.edition, [*world.store.takers(), *world.store.alertmanagers()]
        everybody = now != self._last or world.clock() - self._anyway >= ANYWAY
        if everybody:
            self._last, self._anyway = now, world.clock()
        keys = tuple(world.watched)
        for first in range(0, len(keys), AT_ONCE):
            await asyncio.sleep(0)
            began = time.thread_time()
            for key in keys[first : first + AT_ONCE]:
                if key not in world.watched or (not everybody and rests(world, key)):
                    continue
                if hear(world, key):
                    world.queue.add(key)
            self._judging += time.thread_time() - began

    @staticmethod
    async def _careful(asking: Awaitable[None]) -> None:
        try:
            await asking
        except ApiError as error:
            logger.info("looking at what being live depends on: %s", error.message)


def pauses(cost: float, interval: float) -> tuple[float, float]:
    """Seconds until the next look: at least, and if nothing is waited for. `cost` is the processor time of the last one."""
    least = max(SOON, min(LONGEST, SHARE * cost))
    return least, max(least, interval, min(LONGEST, CALM_SHARE * cost))


def _in_the_way(watched: Watched) -> bool:
    """Whether somebody else's dashboard keeps one of the profile's from being written: that it goes is told by no watch."""
    return any(reason == Reason.DASHBOARD_CONFLICT for reason, _ in watched.unwritten.values())


def _hurries(world: World, watched: Watched) -> bool:
    """Whether the profile has changed of late and is still being taken up, or something about it is in doubt."""
    if not watched.belief.settled:
        return True
    belief, recently = watched.belief, world.clock() - OVERDUE_AFTER
    return any(
        f.status == "Unknown" and f.reason == Reason.PENDING and max(watched.since, belief.good.get(f.type, -inf)) > recently
        for f in belief.said.values()
        if f.type != Condition.METRICS_PRESENT
    )
