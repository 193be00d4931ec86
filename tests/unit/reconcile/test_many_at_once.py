"""Many profiles at once, with the queue that ships and all its workers: few writes of what they share."""

import asyncio
import base64

from harness.fake_cluster import FakeCluster
from harness.fake_world import FakeJournal
from harness.profiles import alertmanager
from harness.shared_routes import ROUTES, credentials, with_routes
from monitoring_operator.alertmanager.document import load
from monitoring_operator.handlers import feeds
from monitoring_operator.queue import WorkQueue
from monitoring_operator.reconcile.alertmanager import reconcile_alertmanager
from monitoring_operator.reconcile.profile import reconcile_profile
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.world import Key, World
from monitoring_operator.store import ProfileKey, Store

PROFILES = 1000
HANDFUL = 20
"""Two on a machine that has nothing else to do; there is one more for about every second that the profiles take to come."""
WORKERS = 24


async def _come(namespaces: list[str]) -> FakeCluster:
    """Creates a profile in each namespace, one after the other, and returns once the operator has nothing left to do."""
    cluster = FakeCluster(alertmanager("monitoring"))
    queue: WorkQueue[Key] = WorkQueue()
    world = World(cluster=cluster, store=Store(), queue=queue, journal=FakeJournal(), now=lambda: "2026-01-01T00:00:00Z")
    await resync(world)

    async def work(key: Key) -> None:
        await (reconcile_profile(world, key) if isinstance(key, ProfileKey) else reconcile_alertmanager(world, key))

    running = asyncio.create_task(queue.run(work, WORKERS))
    for namespace in namespaces:
        cluster.put(credentials(namespace))
        feeds.on_profile(world, "ADDED", cluster.put(with_routes(namespace, alerts={"enabled": False}, dashboards={"enabled": False})))
        await asyncio.sleep(0)
    judged = {ProfileKey(namespace, "web") for namespace in namespaces}
    async with asyncio.timeout(200):
        while not (queue.idle and all("status" in world.store.profiles[key] for key in judged)):
            await asyncio.sleep(0.05)
    running.cancel()
    return cluster


def test_a_thousand_profiles_at_once_are_a_handful_of_writes() -> None:
    """Parts are waited for and written together; in the end everybody's receivers are there."""
    namespaces = [f"n{i:04}" for i in range(PROFILES)]
    cluster = asyncio.run(_come(namespaces))

    written = cluster.objects[ROUTES]
    config = load(base64.b64decode(written["data"]["alertmanager.yaml"]).decode())
    assert {f"{n}/web/{severity}" for n in namespaces for severity in ("critical", "warning")} <= {r["name"] for r in config["receivers"]}
    assert 1 <= cluster.calls.count(f"apply {ROUTES}") <= HANDFUL
