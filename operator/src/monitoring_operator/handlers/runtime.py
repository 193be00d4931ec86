"""The operator as a process: puts the rooms together, starts them in the right order and ends when one of them does."""

import asyncio
import datetime
import gc
import itertools
import logging
import math
import os
import random
import signal
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from monitoring_operator.admission import server as admission
from monitoring_operator.admission.review import Foresee
from monitoring_operator.adoption.replicas import Way
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import Resource
from monitoring_operator.cluster import Connection, KubernetesCluster, LeaseRequests
from monitoring_operator.handlers.informer import Informer, Patience
from monitoring_operator.handlers.reviews import foresight
from monitoring_operator.health import CannotServe, Health, serve
from monitoring_operator.http_get import HttpClient
from monitoring_operator.leadership.elector import Elector
from monitoring_operator.queue import Pace, Retry, WorkQueue
from monitoring_operator.reconcile.alertmanager import reconcile_alertmanager
from monitoring_operator.reconcile.observer import Observer
from monitoring_operator.reconcile.profile import reconcile_profile
from monitoring_operator.reconcile.resync import poll_sources, refresh_served, resync, verify
from monitoring_operator.reconcile.scope import Scope
from monitoring_operator.reconcile.world import Defaults, Key, Verification, World
from monitoring_operator.store import ProfileKey, Store
from monitoring_operator.telemetry import Picture, Telemetry

WORKERS = 24
RECONCILE_DEADLINE = 60.0
HEARTBEAT = 1.0
FIRST_RESYNC = 30.0
"""Seconds after start: a delete between our first list and the watch's own would otherwise wait for a whole interval."""
START_RETRIES = (0.2, 0.3, 0.5, 1.0, 2.0)
"""Seconds between attempts to list everything at the start; an API server refuses a kind for a moment after its CRD has come."""
WATCHES = "watches"
LONGEST_END = 5.0

logger = logging.getLogger(__name__)


class ResourcesChanged(Exception):
    """A type that we watch has come or gone, and only a new process can watch it."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the API server asks about profiles: a port of the HTTP host, with the certificate in a folder."""

    port: int
    certificates: Path


@dataclass(frozen=True, slots=True)
class Options:
    """How the operator runs. `namespaces` empty: the whole cluster. Intervals in seconds."""

    namespaces: tuple[str, ...]
    defaults: Defaults
    resync_interval: float
    patience: Patience
    poll_interval: float
    http_host: str
    http_port: int
    verification: Verification
    scope: Scope = field(default_factory=Scope)
    lease: Ref | None = None
    """The Lease by which replicas elect the one that writes; None: there is only one."""
    webhook: Webhook | None = None
    """Where admission reviews are answered; None: nowhere."""


async def operate(connection: Connection, options: Options) -> None:
    """Runs until a signal ends it. Raises what ended it otherwise: the kubelet's restart is the recovery."""
    telemetry = Telemetry()
    queue: WorkQueue[Key] = WorkQueue(pace=Pace(), waited=telemetry.waited, retried=lambda key: telemetry.retried(_kind(key)))
    health = Health(longest_run=queue.longest_run)
    elector = _elector(connection, options, health)
    cluster = KubernetesCluster(
        connection,
        options.namespaces,
        fence=elector.remaining if elector else lambda: math.inf,
        requested=telemetry.requested,
    )
    http = HttpClient()
    world = World(
        cluster=cluster,
        store=Store(),
        queue=queue,
        journal=telemetry,
        now=_now,
        defaults=options.defaults,
        verification=options.verification,
        scope=options.scope,
        clusterwide=not options.namespaces,
    )
    telemetry.watch(_picture(world, queue, elector))
    server = serve(options.http_host, options.http_port, health, telemetry.page)
    logger.info("serving /livez, /readyz and /metrics on %s:%d", options.http_host, server.server_address[1])
    # Every replica answers, also one that waits for the Lease and knows nothing of the cluster.
    webhook = _webhook(options, foresight(world, synced=lambda: health.synced))
    listen = _signals()
    listen()
    pulse = asyncio.create_task(_heartbeat(health), name="heartbeat")
    tasks: list[asyncio.Task[None]] = []
    try:
        if elector is not None:
            health.standby = True
            await elector.acquire()
            tasks.append(asyncio.create_task(elector.keep(), name="lease"))
            health.standby = False
        informer = Informer(
            connection,
            options.namespaces,
            options.patience,
            world=world,
            health=health,
            verify=_verify_job(world, telemetry),
            # kopf ends at leisure, and another replica may be waiting: on a signal it is us who end kopf.
            started=listen,
        )
        await _first_listing(world, health, informer)
        informer.expect()
        jobs: dict[str, Coroutine[Any, Any, None]] = {
            "workers": queue.run(_worker(world, telemetry), WORKERS),
            "resync": _every(options.resync_interval, _resync_job(world, telemetry)),
            "discovery": _every(options.patience.discovery, _discovery_job(world, options, informer, health)),
            "sources": _every(options.poll_interval, lambda: poll_sources(world)),
            "children": informer.follow(),
            "suspects": informer.verify_suspects(),
            "watchdog": informer.guard(),
        }
        if options.verification.way is not Way.OFF and not options.scope.assembles:
            jobs["observer"] = Observer(world, http).run()
        tasks += [asyncio.create_task(job, name=name) for name, job in jobs.items()]
        # At its end kopf waits five seconds for tasks that were not there when it began: let the workers begin first.
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(informer.run(), name=WATCHES))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _end([*tasks, pulse], queue, cluster, elector)
        server.shutdown()
        if webhook is not None:
            webhook.shutdown()
        await cluster.close()
        await http.close()
    for task in done:
        task.result()


async def _first_listing(world: World, health: Health, informer: Informer) -> None:
    """Fills the store before any worker runs; as long as the API server does not answer, nothing starts."""
    for pause in itertools.chain(START_RETRIES, itertools.repeat(START_RETRIES[-1])):
        try:
            await informer.mark()
            await resync(world)
        except ApiError as error:
            logger.warning("the first listing failed: %s; trying again", error.message)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 -- jitter
        else:
            break
    health.api_answered = time.monotonic()
    health.synced = True
    logger.info("listed %d profiles and %d children", len(world.store.profiles), len(world.store.children))
    # Code and models live as long as the process: the garbage collector need not look at them again and again.
    gc.collect()
    gc.freeze()


def _picture(world: World, queue: WorkQueue[Key], elector: Elector | None) -> Picture:
    """What gauges are read off, from another thread: copies, made in one step each."""
    return Picture(
        profiles=lambda: list(world.store.profiles.values()),
        children=lambda: [ref.resource for ref in list(world.store.children)],
        depth=lambda: queue.depth,
        oldest_wait=queue.oldest_wait,
        longest_run=queue.longest_run,
        leads=lambda: elector is None or elector.remaining() > 0,
    )


def _kind(key: Key) -> str:
    return "profile" if isinstance(key, ProfileKey) else "alertmanager"


def _worker(world: World, telemetry: Telemetry) -> Callable[[Key], Awaitable[None]]:
    async def work(key: Key) -> None:
        started, result = time.monotonic(), "error"
        try:
            async with asyncio.timeout(RECONCILE_DEADLINE):
                if isinstance(key, ProfileKey):
                    await reconcile_profile(world, key)
                else:
                    await reconcile_alertmanager(world, key)
            result = "success"
        except TimeoutError:
            raise Retry(f"took longer than {RECONCILE_DEADLINE:.0f} s") from None
        except Retry:
            result = "retry"
            raise
        finally:
            telemetry.reconciled(_kind(key), result, time.monotonic() - started)

    return work


def _discovery_job(world: World, options: Options, informer: Informer, health: Health) -> Callable[[], Awaitable[None]]:
    async def job() -> None:
        await refresh_served(world)
        health.api_answered = time.monotonic()
        informer.expect()
        if world.types_changed and options.namespaces:
            # kopf learns of new types by watching CRDs, which are cluster-scoped and not ours to see in this mode.
            raise ResourcesChanged

    return job


def _resync_job(world: World, telemetry: Telemetry) -> Callable[[], Awaitable[None]]:
    async def job() -> None:
        for resource, count in (await resync(world, metadata_only=True)).items():
            _missed(telemetry, resource, count)

    return job


def _verify_job(world: World, telemetry: Telemetry) -> Callable[[Resource], Awaitable[int]]:
    async def job(resource: Resource) -> int:
        count = await verify(world, resource, metadata_only=True)
        _missed(telemetry, resource, count)
        return count

    return job


def _missed(telemetry: Telemetry, resource: Resource, count: int) -> None:
    if count:
        logger.warning("watches had missed %d changes of %s", count, resource.plural)
        telemetry.missed(resource, count)


async def _every(interval: float, job: Callable[[], Awaitable[None]]) -> None:
    """Runs a job again and again, jittered; one that fails for the API server's sake is simply run again next time."""
    wait = min(interval, FIRST_RESYNC)
    while True:
        await asyncio.sleep(wait * random.uniform(0.9, 1.1))  # noqa: S311 -- jitter
        wait = interval
        try:
            await job()
        except ApiError as error:
            logger.warning("periodic check failed: %s", error.message)


async def _heartbeat(health: Health) -> None:
    while True:
        health.heartbeat = time.monotonic()
        await asyncio.sleep(HEARTBEAT)


def _signals() -> Callable[[], None]:
    """What has SIGTERM and SIGINT cancel the current task; a second signal ends the process as it would any other."""
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    numbers = (signal.SIGTERM, signal.SIGINT)
    assert this is not None

    def end() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)
        this.cancel()

    def listen() -> None:
        for number in numbers:
            loop.add_signal_handler(number, end)

    return listen


async def _end(tasks: list[asyncio.Task[None]], queue: WorkQueue[Key], cluster: KubernetesCluster, elector: Elector | None) -> None:
    """Ends the tasks, and lets the next one lead at once if no write of ours is on its way any more."""
    settled = True
    queue.stop()
    if elector is not None:
        elector.stop()
        # No write is waited for any longer than the fence; as long as one is, the others have to wait too.
        settled = await cluster.settle(elector.timing.fence, late=elector.timing.late)
    for task in tasks:
        task.cancel()
    quick = [t for t in tasks if t.get_name() != WATCHES]
    await asyncio.gather(*quick, return_exceptions=True)
    if elector is not None:
        await elector.close(release=settled)
    _, stuck = await asyncio.wait(tasks, timeout=LONGEST_END)
    if stuck:
        # kopf waits for watches that wait for a login that it has ended; asyncio would wait for kopf, without an end.
        logger.warning("the watches do not end; the process ends without them")
        logging.shutdown()
        os._exit(1)


def _webhook(options: Options, foresee: Foresee) -> ThreadingHTTPServer | None:
    if options.webhook is None:
        return None
    try:
        return admission.serve(options.http_host, options.webhook.port, options.webhook.certificates, foresee)
    except OSError as error:
        raise CannotServe(f"cannot serve the webhook on {options.http_host}:{options.webhook.port}: {error}") from error


def _elector(connection: Connection, options: Options, health: Health) -> Elector | None:
    if options.lease is None:
        return None

    def answered() -> None:
        health.api_answered = time.monotonic()

    return Elector(LeaseRequests(connection), options.lease, f"{socket.gethostname()}_{uuid.uuid4()}", answered=answered)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
