"""Dashboards of others, listed by the labels by which a sidecar finds ours: one that is there already must not be there twice."""

from collections.abc import Iterable

from monitoring_operator.adoption.dashboards import boards_in
from monitoring_operator.api import names
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.reconcile.world import World


async def look_at_foreign(world: World, labels: Iterable[str] = (), *, again: bool = False) -> None:
    """Lists them for label keys that are not known yet, or for all `again`, and wakes whom it concerns. Raises ApiError."""
    async with world.shelf.lock:
        known = set(world.shelf.listed)
        for label in sorted((set(labels) - known) | (known if again else set())):
            selector = f"{label},{names.LABEL_ROLE}!={names.ROLE_CHILD}"
            boards = [b async for body in world.cluster.list(CONFIG_MAP, labels=selector) for b in boards_in(body)]
            world.shelf.listed[label] = world.clock()
            for key in world.shelf.put_foreign(label, boards):
                world.queue.add(key)
