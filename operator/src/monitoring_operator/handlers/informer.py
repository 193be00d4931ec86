"""kopf as what tells us of changes: its settings, its login and its run, with a watchdog beside it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import kopf

from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.api.resources import CHILDREN, PROFILE, WORKLOADS, Resource
from monitoring_operator.cluster import PAGE, Connection
from monitoring_operator.cluster.watch import Place, Watches
from monitoring_operator.handlers.children import Children
from monitoring_operator.handlers.feeds import register
from monitoring_operator.handlers.session import connect
from monitoring_operator.handlers.watchdog import Watchdog
from monitoring_operator.health import Health
from monitoring_operator.reconcile.scope import selector_of
from monitoring_operator.reconcile.world import World

WATCHED = (PROFILE, *WORKLOADS, *CHILDREN)
CHECK = 1.0
"""Seconds between two looks at the signs of life."""
LOGIN_PAUSE = 1.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is wrong with watches is put up with. `watch_timeout` is in seconds: after that we see again, or have ended."""

    watch_timeout: float = 90.0

    @property
    def inactivity(self) -> float:
        """A watch that says nothing is opened anew. Above the minute after which API servers send a bookmark."""
        return self.watch_timeout * 70 / 90

    @property
    def limit(self) -> float:
        """A watch without a sign of life makes the process end."""
        return self.watch_timeout * 80 / 90

    @property
    def backoffs(self) -> tuple[float, ...]:
        """Pauses of kopf between attempts; after the last it gives up, and the process ends: 54 of 90 seconds."""
        return tuple(self.watch_timeout / 90 * s for s in (1, 1, 2, 3, 5, 8, 13, 21))

    @property
    def pauses(self) -> tuple[float, ...]:
        """Pauses of our own watches, which do not give up: the watchdog does."""
        return self.backoffs[:5]

    @property
    def request(self) -> float:
        """Longest time for one answer to kopf."""
        return self.watch_timeout / 3

    @property
    def discovery(self) -> float:
        """Between two questions for the served types, by which it is known that the API server answers."""
        return self.watch_timeout / 6

    @property
    def api_silence(self) -> float:
        """After so long without an answer it is the API server that is out, and not a watch."""
        return self.watch_timeout * 37 / 90


class Informer:
    """The watches of one process. `namespaces` empty: the whole cluster.

    `verify` lists one kind and says how much its watch had missed; `started` is called once kopf has taken the signals over.
    """

    def __init__(
        self,
        connection: Connection,
        namespaces: tuple[str, ...],
        patience: Patience,
        *,
        world: World,
        health: Health,
        verify: Callable[[Resource], Awaitable[int]],
        started: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._namespaces = namespaces
        self._patience = patience
        self._world = world
        self._health = health
        self._verify = verify
        self._started = started
        self._watchdog = Watchdog(patience.limit)
        written = [r for r in (*CHILDREN, world.config_resource) if world.watches(r)]
        self._watches = Watches(connection, patience.inactivity)
        self._children = Children(
            self._watches,
            [Place(r, p, selector_of(world.scope, r, sources=True)) for r in written for p in self._paths(r)],
            patience.pauses,
            world=world,
            watchdog=self._watchdog,
            verify=verify,
        )

    async def mark(self) -> None:
        """To be called before everything is listed: what happens afterwards is told by the watches. Raises ApiError."""
        await self._children.mark()

    async def follow(self) -> None:
        """Watches what we have written, until cancelled."""
        try:
            await self._children.run()
        finally:
            await self._watches.close()

    def expect(self) -> None:
        """Takes over which types are served now: each of them has to be watched."""
        self._watchdog.expect(p for r in self._watched() if self._world.is_served(r) for p in self._paths(r))

    def _watched(self) -> tuple[Resource, ...]:
        return tuple(filter(self._world.watches, (*WATCHED, self._world.config_resource)))

    async def guard(self) -> None:
        """Looks at the watches until one is dead. Raises Blind."""
        while True:
            silence = time.monotonic() - self._health.api_answered
            self._watchdog.check(api_answers=silence <= self._patience.api_silence)
            await asyncio.sleep(CHECK)

    async def verify_suspects(self) -> None:
        """Lists the kinds whose watches may have missed something, until cancelled."""
        while True:
            await asyncio.sleep(CHECK)
            for path in self._watchdog.suspects():
                resource = next(r for r in self._watched() if path.startswith(f"{r.root}/") and path.rpartition("/")[2] == r.plural)
                try:
                    missed = await self._verify(resource)
                except ApiError as error:
                    logger.warning("%s could not be listed: %s", resource.plural, error.message)
                    missed = 1
                if missed:
                    self._watchdog.suspect(path)

    async def run(self) -> None:
        """Watches profiles and workloads by kopf, until it is cancelled. Raises what makes watching impossible."""
        registry, settings = kopf.OperatorRegistry(), kopf.OperatorSettings()
        settings.posting.enabled = False
        settings.watching.server_timeout = 290
        settings.watching.client_timeout = 310
        settings.watching.connect_timeout = 10
        settings.watching.inactivity_timeout = self._patience.inactivity
        settings.watching.reconnect_backoff = self._patience.backoffs[0]
        settings.watching.chunk_size = PAGE
        settings.networking.request_timeout = self._patience.request
        settings.networking.error_backoffs = self._patience.backoffs
        # A worker holds the last event of its object, dashboards included, until it has idled for this long.
        settings.queueing.idle_timeout = 0.2
        # Feeds take microseconds; there is nothing to wait for when a signal comes.
        settings.queueing.exit_timeout = 0.2
        # Without rights on CRDs and namespaces, which are cluster-scoped, kopf must not ask for them.
        settings.scanning.disabled = bool(self._namespaces)
        last = float("-inf")

        @kopf.on.login(registry=registry)
        async def login(**_kwargs: object) -> kopf.AiohttpSession:
            # As long as the token is refused, kopf logs in again after every request.
            nonlocal last
            await asyncio.sleep(last + LOGIN_PAUSE - time.monotonic())
            last = time.monotonic()
            return connect(self._connection, self._watchdog)

        register(registry, settings, self._world)
        ours = asyncio.all_tasks()
        tasks = await kopf.spawn_tasks(
            registry=registry,
            settings=settings,
            standalone=True,
            # By default kopf asks for the user's name, and a numeric user in a container has none.
            identity=names.FIELD_MANAGER,  # type: ignore[arg-type]
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
        )
        self._started()
        await kopf.run_tasks(tasks, ignored=ours)

    def _paths(self, resource: Resource) -> list[str]:
        inside = [f"{resource.root}/namespaces/{n}/{resource.plural}" for n in self._namespaces]
        return inside or [f"{resource.root}/{resource.plural}"]
