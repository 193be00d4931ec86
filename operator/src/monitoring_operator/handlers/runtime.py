"""The operator as a process: puts the rooms together, starts them in the right order and ends when one of them does."""

import asyncio
import contextlib
import datetime
import logging
import random
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import kopf
from kubernetes.aio.client import Configuration

from monitoring_operator.adoption.replicas import Way
from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.cluster import PAGE, KubernetesCluster
from monitoring_operator.handlers.feeds import register
from monitoring_operator.health import Health, serve
from monitoring_operator.http_get import HttpClient
from monitoring_operator.queue import Retry, WorkQueue
from monitoring_operator.reconcile.alertmanager import reconcile_alertmanager
from monitoring_operator.reconcile.observer import Observer
from monitoring_operator.reconcile.profile import reconcile_profile
from monitoring_operator.reconcile.resync import poll_sources, refresh_served, resync
from monitoring_operator.reconcile.world import Defaults, Key, Verification, World
from monitoring_operator.store import ProfileKey, Store
from monitoring_operator.telemetry import Telemetry

WORKERS = 24
RECONCILE_DEADLINE = 60.0
HEARTBEAT = 1.0
SERVED_INTERVAL = 15.0
SOURCES_INTERVAL = 60.0
FIRST_RESYNC = 30.0
"""Seconds after start: a delete between our first list and the watch's own would otherwise wait for a whole interval."""
START_RETRY = 2.0
TOKEN_LIFE = datetime.timedelta(minutes=1)

logger = logging.getLogger(__name__)


class ResourcesChanged(Exception):
    """A type that we watch has come or gone, and only a new process can watch it."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the operator runs. `namespaces` empty: the whole cluster. `resync_interval` in seconds."""

    namespaces: tuple[str, ...]
    defaults: Defaults
    resync_interval: float
    http_host: str
    http_port: int
    verification: Verification


async def operate(configuration: Configuration, options: Options) -> None:
    """Runs until a signal ends it. Raises what ended it otherwise: the kubelet's restart is the recovery."""
    telemetry = Telemetry()
    queue: WorkQueue[Key] = WorkQueue()
    health = Health(longest_run=queue.longest_run)
    cluster = KubernetesCluster(configuration, options.namespaces)
    http = HttpClient()
    world = World(
        cluster=cluster,
        store=Store(),
        queue=queue,
        journal=telemetry,
        now=_now,
        defaults=options.defaults,
        verification=options.verification,
    )
    telemetry.watch(depth=lambda: queue.depth, profiles=lambda: list(world.store.profiles.values()))
    server = serve(options.http_host, options.http_port, health, telemetry.page)
    logger.info("serving /livez, /readyz and /metrics on %s:%d", options.http_host, server.server_address[1])
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    assert this is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        # Until kopf takes the signals over: as a container's first process we would not even be ended by them.
        loop.add_signal_handler(number, this.cancel)
    pulse = asyncio.create_task(_heartbeat(health), name="heartbeat")
    try:
        await _first_listing(world, health)
        tasks = [
            asyncio.create_task(queue.run(_worker(world, telemetry), WORKERS), name="workers"),
            asyncio.create_task(_every(options.resync_interval, _resync_job(world, telemetry), health), name="resync"),
            asyncio.create_task(_every(SERVED_INTERVAL, _discovery_job(world, options), health), name="discovery"),
            asyncio.create_task(_every(SOURCES_INTERVAL, lambda: poll_sources(world), health), name="sources"),
        ]
        if options.verification.way is not Way.OFF:
            tasks.append(asyncio.create_task(Observer(world, http).run(), name="observer"))
        # At its end kopf waits five seconds for tasks that were not there when it began: let the workers begin first.
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(_watch(configuration, options, world), name="watches"))
        await _until_one_ends(tasks)
    finally:
        pulse.cancel()
        server.shutdown()
        await cluster.close()
        await http.close()


async def _first_listing(world: World, health: Health) -> None:
    """Fills the store before any worker runs; as long as the API server does not answer, nothing starts."""
    while True:
        try:
            await resync(world)
        except ApiError as error:
            logger.warning("the first listing failed: %s; trying again", error.message)
            await asyncio.sleep(START_RETRY * random.uniform(0.8, 1.2))  # noqa: S311 -- jitter
        else:
            break
    health.api_answered = time.monotonic()
    health.synced = True
    logger.info("listed %d profiles and %d children", len(world.store.profiles), len(world.store.children))


async def _watch(configuration: Configuration, options: Options, world: World) -> None:
    registry, settings = kopf.OperatorRegistry(), kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.watching.server_timeout = 290
    settings.watching.client_timeout = 310
    settings.watching.connect_timeout = 10
    settings.networking.request_timeout = 30
    settings.watching.chunk_size = PAGE
    # Feeds take microseconds; there is nothing to wait for when a signal comes.
    settings.queueing.exit_timeout = 0.2
    # Without rights on CRDs and namespaces, which are cluster-scoped, kopf must not ask for them.
    settings.scanning.disabled = bool(options.namespaces)

    @kopf.on.login(registry=registry)
    async def login(**_kwargs: object) -> kopf.ConnectionInfo:
        token = await configuration.get_api_key_with_prefix("BearerToken")
        scheme, _, value = (token or "").rpartition(" ")
        return kopf.ConnectionInfo(
            server=configuration.host,
            ca_path=configuration.ssl_ca_cert,
            ca_data=configuration.ca_cert_data,
            insecure=not configuration.verify_ssl,
            certificate_path=configuration.cert_file,
            private_key_path=configuration.key_file,
            scheme=scheme or None,
            token=value or None,
            expiration=datetime.datetime.now(datetime.UTC) + TOKEN_LIFE,
        )

    register(registry, settings, world)
    await kopf.operator(
        registry=registry,
        settings=settings,
        standalone=True,
        # By default kopf asks for the user's name, and a numeric user in a container has none.
        identity=names.FIELD_MANAGER,  # type: ignore[arg-type]
        clusterwide=not options.namespaces,
        namespaces=options.namespaces,
    )


def _worker(world: World, telemetry: Telemetry) -> Callable[[Key], Awaitable[None]]:
    async def work(key: Key) -> None:
        kind = "profile" if isinstance(key, ProfileKey) else "alertmanager"
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
            telemetry.reconciles.labels(kind, result).inc()
            telemetry.duration.labels(kind).observe(time.monotonic() - started)

    return work


def _discovery_job(world: World, options: Options) -> Callable[[], Awaitable[None]]:
    async def job() -> None:
        await refresh_served(world)
        if world.types_changed and options.namespaces:
            # kopf learns of new types by watching CRDs, which are cluster-scoped and not ours to see in this mode.
            raise ResourcesChanged

    return job


def _resync_job(world: World, telemetry: Telemetry) -> Callable[[], Awaitable[None]]:
    async def job() -> None:
        for resource, count in (await resync(world)).items():
            if count:
                logger.warning("watches had missed %d changes of %s", count, resource.plural)
                telemetry.missed.labels(resource.plural).inc(count)

    return job


async def _every(interval: float, job: Callable[[], Awaitable[None]], health: Health) -> None:
    """Runs a job again and again, jittered; one that fails for the API server's sake is simply run again next time."""
    wait = min(interval, FIRST_RESYNC)
    while True:
        await asyncio.sleep(wait * random.uniform(0.9, 1.1))  # noqa: S311 -- jitter
        wait = interval
        try:
            await job()
            health.api_answered = time.monotonic()
        except ApiError as error:
            logger.warning("periodic check failed: %s", error.message)


async def _heartbeat(health: Health) -> None:
    while True:
        health.heartbeat = time.monotonic()
        await asyncio.sleep(HEARTBEAT)


async def _until_one_ends(tasks: list[asyncio.Task[None]]) -> None:
    """Waits for the first task to end and ends the others. The watches end by themselves on a signal; anything else is a failure."""
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        if not task.cancelled():
            task.result()


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
