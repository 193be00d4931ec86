"""Making the cluster hold what was rendered: only what differs is written, and nothing that is not ours is ever touched."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError, Conflict, Forbidden, NotFound, NotServed, Rejected
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.names import Reason
from monitoring_operator.ownership import applied_fields
from monitoring_operator.reconcile.world import World
from monitoring_operator.status import Outcome
from monitoring_operator.store import ProfileKey

logger = logging.getLogger(__name__)


async def apply_all(world: World, key: ProfileKey, manifests: Iterable[Manifest]) -> list[Outcome]:
    """Applies what differs, all at once; one that fails does not keep the others from being applied."""
    return list(await asyncio.gather(*(_apply_one(world, key, m) for m in manifests)))


async def prune(world: World, key: ProfileKey, wanted: frozenset[Ref]) -> list[Outcome]:
    """Deletes what the profile owned before and no longer renders, and reports only what could not be deleted.

    An object without fields of ours was never written by us, whatever its labels say: somebody copied them along.
    """
    doomed = [r for r in world.store.children_of(key) if r not in wanted and world.store.children[r].digest]
    results = await asyncio.gather(*(_delete_one(world, ref) for ref in doomed))
    return [r for r in results if r is not None]


async def _apply_one(world: World, key: ProfileKey, manifest: Manifest) -> Outcome:
    ref = manifest.ref
    if not world.is_served(ref.resource):
        return _missing_crd(ref)
    known = world.store.children.get(ref)
    try:
        if known is None:
            live = await world.cluster.get(ref)
            if live is not None and not _is_ours(live, manifest):
                return Outcome(
                    ref, Reason.NAME_CONFLICT, "an object of this name exists and was not made by this profile; it is left alone"
                )
        elif known.profile != key:
            return Outcome(ref, Reason.NAME_CONFLICT, f"it belongs to {known.profile or 'someone else'}")
        body = await world.cluster.apply(manifest)
    except ApiError as error:
        return _failed(ref, error)
    rendered = world.rendered.get(key)
    if rendered is not None and (ref, manifest.digest) in rendered[1]:
        world.journal.repaired(ref.resource)
        logger.info("%s had been %s and was put right", ref, "changed" if known else "deleted")
    world.store.applied(body, manifest.digest)
    world.journal.wrote(ref.resource, "apply")
    return Outcome(ref)


async def _delete_one(world: World, ref: Ref) -> Outcome | None:
    child = world.store.children[ref]
    try:
        await world.cluster.delete(ref, uid=child.uid, resource_version=child.resource_version)
    except ApiError as error:
        return _failed(ref, error)
    world.store.drop_child(ref, child.uid)
    logger.info("%s deleted: its profile no longer asks for it", ref)
    world.journal.wrote(ref.resource, "delete")
    return None


def _is_ours(live: Mapping[str, Any], manifest: Manifest) -> bool:
    """Whether we wrote the object for this profile: by its labels, or by its owner if somebody took the labels off."""
    if applied_fields(live) is None:
        return False
    labels, wanted = live["metadata"].get("labels") or {}, manifest.body["metadata"]
    same = all(labels.get(n) == wanted["labels"][n] for n in (names.LABEL_PROFILE, names.LABEL_PROFILE_NAMESPACE))
    owners = {o["uid"] for o in live["metadata"].get("ownerReferences") or ()}
    return same or bool(owners & {o["uid"] for o in wanted.get("ownerReferences") or ()})


def _missing_crd(ref: Ref) -> Outcome:
    kind = f"{ref.resource.kind} ({ref.resource.api_version})"
    return Outcome(ref, Reason.CRD_MISSING, f"the cluster does not know {kind}; install prometheus-operator's CRDs")


def _failed(ref: Ref, error: ApiError) -> Outcome:
    match error:
        case NotServed():
            return _missing_crd(ref)
        case NotFound():
            return Outcome(ref, Reason.NAMESPACE_MISSING, f"namespace {ref.namespace} does not exist")
        case Forbidden():
            return Outcome(ref, Reason.FORBIDDEN, error.message)
        case Rejected():
            return Outcome(ref, Reason.REJECTED, error.message)
        case Conflict():
            return Outcome(ref, Reason.API_UNAVAILABLE, "it was changed at the same moment")
        case _:
            return Outcome(ref, Reason.API_UNAVAILABLE, error.message)
