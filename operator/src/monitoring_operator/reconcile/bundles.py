"""The fragments that shards have written for an Alertmanager: read when they change, and merged with what is our own."""

import logging
from collections.abc import Iterable, Mapping

from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.shards import Brought, Bundle, Unreadable, read_fragment
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.api import names
from monitoring_operator.api.manifest import Ref
from monitoring_operator.reconcile.world import World
from monitoring_operator.store import ProfileKey

logger = logging.getLogger(__name__)


async def read_bundles(world: World, target: Target) -> list[Bundle]:
    """Every fragment for `target` as it is now; of one that cannot be read, what it was before. Raises ApiError."""
    refs = world.store.fragments(target.namespace, target.secret)
    for gone in [ref for ref, bundle in world.bundles.items() if bundle[0] == target and ref not in refs]:
        del world.bundles[gone]
    for ref in refs:
        known = world.bundles.get(ref)
        if known is None or known[1].resource_version != world.store.children[ref].resource_version:
            await _read(world, target, ref)
    return [world.bundles[ref][1] for ref in refs if ref in world.bundles]


async def _read(world: World, target: Target, ref: Ref) -> None:
    body = await world.cluster.get(ref)
    if body is None:
        # It is gone, and its event is on the way.
        return
    known = world.bundles.get(ref)
    try:
        found = read_fragment(body)
    except Unreadable as unreadable:
        logger.warning("%s is not as a shard writes it (%s); what it said before stays", ref, unreadable)
        shard = world.store.children[ref].marks.get(names.LABEL_SHARD, "")
        parts: Mapping[tuple[str, str], Brought] = known[1].parts if known is not None else {}
        found = Bundle(shard, body["metadata"]["resourceVersion"], "", parts)
    world.bundles[ref] = (target, found)


def together(world: World, target: Target, bundles: Iterable[Bundle]) -> dict[ProfileKey, Fragment]:
    """The parts for `target`, our own and those that are brought; of two of one profile, that of the younger version of it."""
    own = world.routes.fragments(target)
    found = {key: Brought(part.version if (part := world.routes.parts.get(key)) is not None else 0, mine) for key, mine in own.items()}
    for bundle in bundles:
        for pair, brought in bundle.parts.items():
            key = ProfileKey(*pair)
            if key not in found or found[key].version < brought.version:
                found[key] = brought
    return {key: brought.part for key, brought in found.items()}
