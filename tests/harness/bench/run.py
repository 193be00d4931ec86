"""One run: cold start, live creation, update, drift, idle and restart of the operator, with `raw` before and after."""

import asyncio
import contextlib
import json
import logging
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bench.client import MERGE, Client, each, is_settled, path
from harness.bench.in_a_pod import as_in_a_pod
from harness.bench.raw import NAMESPACE as RAW_NAMESPACE
from harness.bench.raw import Raw
from harness.bench.subject import CHILDREN, profile_of
from harness.bench.usage import Usage, busy, child_of, usage
from harness.cluster import Object
from harness.controlplane import WRITES, ControlPlane
from harness.operator import NAMESPACE as OPERATOR_NAMESPACE
from harness.operator import USER, Operator, install_crds
from harness.stage import namespace
from monitoring_operator.api.resources import CONFIG_MAP, PROFILE, PROMETHEUS_RULE, SERVICE_MONITOR, Resource

NAMESPACE = "bench"
REPAIRS = 100
QUIET = 3.0
"""Seconds with hardly any CPU used after which the operator counts as at rest."""
SETTLE_TIMEOUT = 1200.0

Phase = dict[str, float]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where everything stood when a phase began."""

    at: float
    wall: float
    audit: int
    cpu: float
    busy: float


class Run:
    """One control plane and one operator at a time, for `count` profiles. `idle` is how long it is watched doing nothing, in seconds."""

    def __init__(self, folder: Path, count: int, idle: float) -> None:
        self._folder, self._count, self._idle = folder, count, idle
        self._result: dict[str, Phase] = {}
        self._operator: Operator | None = None

    async def measure(self) -> dict[str, Phase]:
        """Figures by phase: seconds, and what the operator used for it."""
        with ControlPlane(self._folder / "control-plane") as self._plane, contextlib.ExitStack() as self._running:
            install_crds(self._plane)
            self._env = as_in_a_pod(self._plane, self._folder)
            self._plane.apply(namespace(NAMESPACE), namespace(RAW_NAMESPACE), _administrator("raw"))
            raw_kubeconfig = self._plane.kubeconfig_for("raw", OPERATOR_NAMESPACE)
            async with Client(self._plane.kubeconfig) as self._client, Client(raw_kubeconfig) as raw_client:
                await self._cold_start()
                raw = Raw(raw_client, self._count, await self._a_status())
                await self._raw("raw before", raw)
                await self._live()
                await self._update()
                await self._drift()
                await self._rest()
                await self._restart()
                self._stop()
                await self._wipe()
                await self._raw("raw after", raw)
        return self._result

    # ---- phases

    async def _raw(self, label: str, raw: Raw) -> None:
        logger.info("%s", label)
        self._result[label] = await raw.measure()

    async def _cold_start(self) -> None:
        """Everything exists but the children; the clock starts with the process."""
        await each(range(self._count), self._create)
        async with self._phase("cold start", fresh=True), self._settled():
            self._start()
        self._stop()
        await self._wipe()

    async def _live(self) -> None:
        """The operator runs, and profiles are created as fast as the API server takes them."""
        self._start()
        await self._calm()
        async with self._phase("live"), self._settled():
            await each(range(self._count), self._create)

    async def _update(self) -> None:
        """Every profile is changed so that every child changes."""

        async def change(n: int) -> None:
            body = profile_of(n, NAMESPACE, 2)
            await self._client.send("PATCH", path(PROFILE, NAMESPACE, body["metadata"]["name"]), {"spec": body["spec"]}, MERGE)

        async with self._phase("update"), self._settled(edition=2):
            await each(range(self._count), change)

    async def _drift(self) -> None:
        """Children are edited and deleted while everything is live; how long each is wrong."""
        kinds = [(SERVICE_MONITOR, ""), (PROMETHEUS_RULE, "-alerts"), (CONFIG_MAP, "-system-overview")]
        times: list[float] = []

        async def disturb(n: int) -> None:
            resource, suffix = kinds[n % 3]
            name = profile_of(n, NAMESPACE, 1)["metadata"]["name"] + suffix
            times.append(await (self._delete_one if n % 2 else self._edit_one)(resource, name))

        async with self._phase("drift"):
            await each(random.sample(range(self._count), min(REPAIRS, self._count)), disturb, concurrency=4)
        times.sort()
        self._result["drift"] |= {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}

    async def _rest(self) -> None:
        await self._calm()
        async with self._phase("idle"):
            await asyncio.sleep(self._idle)

    async def _restart(self) -> None:
        """Nothing has changed meanwhile; settled means that the process has come to rest."""
        self._stop()
        async with self._phase("restart", fresh=True):
            self._start()
            settled = await self._calm()
        self._result["restart"]["seconds"] = settled

    # ---- the operator

    def _start(self) -> None:
        program = ("-m", "harness.bench.pod", str(self._folder))
        operator = Operator(Path(), folder=self._folder, env=self._env, program=program)
        self._operator = self._running.enter_context(operator)

    def _stop(self) -> None:
        assert self._operator is not None
        self._operator.stop()

    def _usage(self) -> Usage:
        assert self._operator is not None
        return usage(child_of(self._operator.pid))

    async def _calm(self) -> float:
        """Returns once the operator is ready and has come to rest: seconds from the call to its last work."""
        assert self._operator is not None
        started = time.monotonic()
        await asyncio.to_thread(self._operator.wait_until_ready, 120)
        last, cpu = time.monotonic(), self._usage().cpu
        while time.monotonic() - last < QUIET:
            await asyncio.sleep(0.2)
            now = self._usage().cpu
            if now - cpu > 0.02:
                last = time.monotonic()
            cpu = now
        return last - started

    # ---- measuring

    @contextlib.asynccontextmanager
    async def _phase(self, name: str, *, fresh: bool = False) -> AsyncIterator[None]:
        """Notes what the block took and used. `fresh`: the operator is started within it, so all of its CPU counts."""
        logger.info("%s", name)
        mark = Mark(time.monotonic(), time.time(), self._plane.audit_position(), 0.0 if fresh else self._usage().cpu, busy())
        yield
        seconds, now = time.monotonic() - mark.at, self._usage()
        await asyncio.sleep(1.0)  # the audit log is written a moment later
        verbs = Counter(e["verb"] for e in self._plane.audit_events(mark.audit) if e["user"]["username"] == USER)
        self._result[name] = {
            "seconds": seconds,
            "cpu": now.cpu - mark.cpu,
            "machine": (busy() - mark.busy) / (time.monotonic() - mark.at),
            "rss": now.rss,
            "peak": now.peak,
            "requests": sum(verbs.values()),
            "writes": sum(count for verb, count in verbs.items() if verb in WRITES),
        }
        logger.info("%s: %s", name, json.dumps({k: round(v, 2) for k, v in self._result[name].items()}))

    @contextlib.asynccontextmanager
    async def _settled(self, edition: int = 1) -> AsyncIterator[None]:
        """Leaves the block once the status of every profile says that its children are in place. Raises TimeoutError."""
        listed = await self._client.get(path(PROFILE, NAMESPACE))
        waiting = set(range(self._count))

        async def follow() -> None:
            async for event in self._client.watch(path(PROFILE, NAMESPACE), listed["metadata"]["resourceVersion"]):
                body = event["object"]
                if is_settled(body) and body["metadata"]["generation"] == edition:
                    waiting.discard(int(body["metadata"]["name"].rpartition("-")[2]))
                    if not waiting:
                        return

        async with asyncio.timeout(SETTLE_TIMEOUT), asyncio.TaskGroup() as group:
            group.create_task(follow())
            yield

    # ---- objects

    async def _create(self, n: int) -> None:
        await self._client.send("POST", path(PROFILE, NAMESPACE), profile_of(n, NAMESPACE, 1))

    async def _a_status(self) -> Object:
        status: Object = self._example["status"]
        return status

    async def _wipe(self) -> None:
        """No garbage collector runs here: children are deleted by hand."""
        self._example = await self._client.get(path(PROFILE, NAMESPACE, profile_of(0, NAMESPACE, 1)["metadata"]["name"]))
        assert len(self._example["status"]["children"]) == CHILDREN
        for resource in (PROFILE, SERVICE_MONITOR, PROMETHEUS_RULE, CONFIG_MAP):
            await self._client.send("DELETE", path(resource, NAMESPACE))

    async def _edit_one(self, resource: Resource, name: str) -> float:
        where, field = path(resource, NAMESPACE, name), "data" if resource == CONFIG_MAP else "spec"
        before = (await self._client.get(where))[field]
        key = next(k for k, v in before.items() if isinstance(v, (str, list)))
        change: Any = "drift" if resource == CONFIG_MAP else []
        started = time.monotonic()
        await self._client.send("PATCH", where, {field: {key: change}}, MERGE)
        return await self._until(where, lambda found: found[field] == before, started)

    async def _delete_one(self, resource: Resource, name: str) -> float:
        where, started = path(resource, NAMESPACE, name), time.monotonic()
        await self._client.send("DELETE", where)
        return await self._until(where, bool, started)

    async def _until(self, where: str, right: Callable[[Object], bool], started: float) -> float:
        async with asyncio.timeout(60):
            while True:
                found = await _found(self._client.get(where))
                if found and right(found):
                    return time.monotonic() - started
                await asyncio.sleep(0.005)


async def _found(asked: Awaitable[Object]) -> Object:
    try:
        return await asked
    except AssertionError:
        return {}


def _administrator(name: str) -> Object:
    rbac = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": OPERATOR_NAMESPACE}],
    }
