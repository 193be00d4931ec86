"""Watches of what we write, one for each kind and namespace, on the store's own terms.

The version to begin at is taken before the first listing, so that nothing can happen in between; what the listing has seen as well is
told apart by its version. After an interruption a watch goes on where it was; where the API server no longer knows what has happened
since, the kind is listed, which also finds what was deleted meanwhile.
"""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from monitoring_operator.api.cluster import ApiError, NotServed
from monitoring_operator.api.resources import Resource
from monitoring_operator.cluster.watch import Event, Expired, Place, Watches
from monitoring_operator.handlers.feeds import on_child
from monitoring_operator.handlers.watchdog import Watchdog
from monitoring_operator.reconcile.world import World

LASTING = 290.0
"""Seconds after which the API server ends a watch; then it goes on with the next one."""
NOT_SERVED = 1.0
"""Seconds until it is looked again whether a kind is served now."""

logger = logging.getLogger(__name__)


class Children:
    """The watches of all `places`. `verify` lists one kind and corrects the store; `pauses` are the seconds after each failure in a row."""

    def __init__(
        self,
        watches: Watches,
        places: Sequence[Place],
        pauses: Sequence[float],
        *,
        world: World,
        watchdog: Watchdog,
        verify: Callable[[Resource], Awaitable[object]],
    ) -> None:
        self._watches = watches
        self._places = places
        self._pauses = pauses
        self._world = world
        self._watchdog = watchdog
        self._verify = verify
        self._since: dict[Place, str] = {}
        self._failures: Counter[Place] = Counter()

    async def mark(self) -> None:
        """Notes where the watches begin, unless that was noted before: whatever happens from there on they will tell. Raises ApiError."""
        for place in self._places:
            if place not in self._since:
                with contextlib.suppress(NotServed):
                    self._since[place] = await self._watches.version(place)

    async def run(self) -> None:
        """Watches until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for place in self._places:
                group.create_task(self._follow(place), name=f"watch {place.path}")

    async def _follow(self, place: Place) -> None:
        while True:
            if not self._world.is_served(place.resource):
                self._since.pop(place, None)
                await asyncio.sleep(NOT_SERVED)
                continue
            try:
                await self._begin(place)
                await self._watch(place)
            except Expired:
                logger.info("%s: what has happened since the last watch is no longer known; they are listed anew", place.path)
                self._since.pop(place, None)
            except ApiError as error:
                logger.debug("%s: %s", place.path, error.message)
            else:
                continue
            pause = self._pauses[min(self._failures[place], len(self._pauses) - 1)]
            self._failures[place] += 1
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 -- jitter

    async def _begin(self, place: Place) -> None:
        if place not in self._since:
            since = await self._watches.version(place)
            await self._verify(place.resource)
            self._since[place] = since

    async def _watch(self, place: Place) -> None:
        await self._watchdog.turn(place.path)
        lasting = LASTING * random.uniform(0.8, 1.0)  # noqa: S311 -- jitter
        events = self._watches.events(place, self._since[place], lasting, lambda stream: self._watchdog.answered(place.path, stream))
        async for event in events:
            self._since[place] = self._take(event)
            self._failures[place] = 0

    def _take(self, event: Event | str) -> str:
        if isinstance(event, str):
            return event
        on_child(self._world, event.kind, event.body)
        return str(event.body["metadata"]["resourceVersion"])
