"""Several operators on one fake cluster, each worked off by hand, and every version that the shared Secret has had."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any

from harness.fake_cluster import Body, FakeCluster
from harness.fake_world import Drained, FakeWorld, drain, world_of
from harness.shared_routes import ROUTES
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROFILE
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.scope import Scope


class Recording(FakeCluster):
    """A cluster that remembers what was in the shared Secret."""

    def __init__(self, *objects: Body) -> None:
        self.versions: list[Body] = []
        super().__init__(*objects)

    def _store(self, body: Body) -> Body:
        stored = super()._store(body)
        if stored["kind"] == "Secret" and stored["metadata"]["name"] == ROUTES.name:
            self.versions.append(stored)
        return stored

    def routes(self) -> dict[str, str]:
        """The shared Secret's data, decoded."""
        return decoded(self.objects[ROUTES])

    def condition(self, namespace: str, type_: str = "RoutesLive", name: str = "web") -> tuple[str, str]:
        """Reason and message of a profile's condition; empty where it has none."""
        conditions = self.objects[Ref(PROFILE, namespace, name)].get("status", {}).get("conditions", ())
        found: Body = next((c for c in conditions if c["type"] == type_), {})
        return found.get("reason", ""), found.get("message", "")


def decoded(secret: Body) -> dict[str, str]:
    """A Secret's data as text."""
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


@dataclass
class Actor:
    """One operator with its scope, confined to what it may list."""

    cluster: FakeCluster
    scope: Scope
    now: float = 100.0
    world: FakeWorld = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new process, that knows nothing of what was."""
        self.world = world_of(self.cluster)
        self.world.scope = self.scope
        self.world.clock = lambda: self.now

    def work(self, *, after: float = 0.0) -> Drained:
        """Some seconds later it lists what it may see, and does what there is to do."""
        self.now += after
        return asyncio.run(self.work_on())

    async def work_on(self) -> Drained:
        """It lists what it may see, and does what there is to do."""
        namespaces, real = (*self.scope.namespaces, "monitoring"), self.cluster.list

        async def seen(resource: Any, **query: Any) -> Any:
            async for body in real(resource, **query):
                if query.get("namespace") or not self.scope.namespaces or body["metadata"]["namespace"] in namespaces:
                    yield body

        self.cluster.list = seen  # type: ignore[method-assign]
        try:
            await resync(self.world)
            return await drain(self.world)
        finally:
            self.cluster.list = real  # type: ignore[method-assign]


def settle(cluster: FakeCluster, *actors: Actor) -> None:
    """They work in turn until none of them changes anything any more. Fails where that has no end."""
    for _ in range(20):
        cluster.calls.clear()
        for actor in actors:
            actor.work()
        if not cluster.writes():
            return
    raise AssertionError(f"they go on and on: {cluster.writes()}")
