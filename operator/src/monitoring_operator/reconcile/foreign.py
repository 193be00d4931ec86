"""Dashboards of others, listed by the labels by which a sidecar finds ours: one that is there already must not be there twice."""

from collections.abc import Iterable

from monitoring_operator.adoption.dashboards import Board, boards_in
from monitoring_operator.api import names
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.reconcile.world import World

COPIES = "copies"
"""Where dashboards come from that carry our own labels and were not written by us: somebody copied them."""
MOST_COPIES = 50
"""Each is read by itself: listing all that have our labels would bring every dashboard of every profile."""


async def look_at_foreign(world: World, labels: Iterable[str] = (), *, again: bool = False) -> None:
    """Lists them for label keys that are not known yet, or for all `again`, and wakes whom it concerns. Raises ApiError."""
    async with world.shelf.lock:
        known = set(world.shelf.listed)
        wanted = (set(labels) - known) | (known if again else set())
        for label in sorted(wanted):
            # What other shards have made need not be read again by each.
            ours = (names.LABEL_MANAGED_BY, names.FIELD_MANAGER) if world.scope.shard else (names.LABEL_ROLE, names.ROLE_CHILD)
            selector = f"{label},{ours[0]}!={ours[1]}"
            boards = [b async for body in world.cluster.list(CONFIG_MAP, labels=selector) for b in boards_in(body)]
            world.shelf.listed[label] = world.clock()
            _put(world, label, boards)
        if wanted:
            _put(world, COPIES, await _copies(world))


async def _copies(world: World) -> list[Board]:
    refs = sorted(ref for ref, child in world.store.children.items() if ref.resource == CONFIG_MAP and not child.digest)
    bodies = [body for ref in refs[:MOST_COPIES] if (body := await world.cluster.get(ref)) is not None]
    return [b for body in bodies if world.shelf.listed.keys() & (body["metadata"].get("labels") or {}).keys() for b in boards_in(body)]


def _put(world: World, source: str, boards: Iterable[Board]) -> None:
    for key in world.shelf.put_foreign(source, boards):
        world.queue.add(key)
