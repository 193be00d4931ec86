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
from monitoring_operator.store import Child, ProfileKey

TAKEN = "an object of this name exists that this profile has not made; it is left alone"

logger = logging.getLogger(__name__)


class _Foreign(Exception):
    """The object is somebody else's."""


async def apply_all(world: World, key: ProfileKey, manifests: Iterable[Manifest]) -> list[Outcome]:
    """Applies what differs, all at once; one that fails does not keep the others from being applied."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_apply_one(world, key, m)) for m in manifests]
    outcomes = [t.result() for t in tasks]
    for outcome in outcomes:
        world.journal.checked([outcome.ref.resource], "failed" if outcome.reason else "applied")
    return outcomes


async def prune(world: World, key: ProfileKey, wanted: frozenset[Ref]) -> list[Outcome]:
    """Deletes what the profile owned before and no longer renders, and reports only what could not be deleted.

    An object without fields of ours was never written by us, whatever its labels say: somebody copied them along.
    """
    children = {r: world.store.children[r] for r in world.store.children_of(key) if r not in wanted}
    if not children:
        return []
    # A label says whose a child is, and anybody can edit a label: what carries the UID of another living profile is that one's.
    mine = world.store.profiles[key]["metadata"]["uid"] if key in world.store.profiles else ""
    others = {p["metadata"]["uid"] for p in world.store.profiles.values()} - {mine}
    doomed = [r for r, c in children.items() if c.digest and c.profile_uid not in others]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_delete_one(world, ref, children[ref])) for ref in doomed]
    return [o for o in (t.result() for t in tasks) if o is not None]


async def _apply_one(world: World, key: ProfileKey, manifest: Manifest) -> Outcome:
    ref = manifest.ref
    if not world.is_served(ref.resource):
        return _missing_crd(ref)
    if why := world.defaults.forbids(ref.namespace, key.namespace):
        return Outcome(ref, Reason.FORBIDDEN, why)
    known = world.store.children.get(ref)
    try:
        if known is not None and known.profile == key and known.digest:
            body = await world.cluster.apply(manifest)
        else:
            body = await _take(world, manifest)
    except _Foreign:
        return Outcome(ref, Reason.NAME_CONFLICT, TAKEN)
    except ApiError as error:
        return _failed(ref, error)
    rendered = world.rendered.get(key)
    if rendered is not None and rendered.digests.get(ref) == manifest.digest:
        world.journal.repaired(ref.resource)
        logger.info("%s had been %s and was put right", ref, "changed" if known else "deleted")
    world.store.applied(body, manifest.digest)
    world.journal.wrote(ref.resource, "apply")
    return Outcome(ref)


async def _take(world: World, manifest: Manifest) -> dict[str, Any]:
    """Creates the object, or brings one back that we made. Fenced, so that nothing of anybody else's is ever overwritten."""
    try:
        return await world.cluster.apply(manifest, only_at="")
    except Conflict:
        live = await world.cluster.get(manifest.ref)
        if live is None:
            raise
        if not is_made_for(live, manifest):
            raise _Foreign from None
        return await world.cluster.apply(manifest, only_at=live["metadata"]["resourceVersion"])


async def _delete_one(world: World, ref: Ref, child: Child) -> Outcome | None:
    try:
        await world.cluster.delete(ref, uid=child.uid, resource_version=child.resource_version)
    except ApiError as error:
        return _failed(ref, error)
    world.store.drop_child(ref, child.uid)
    logger.info("%s deleted: its profile no longer asks for it", ref)
    world.journal.wrote(ref.resource, "delete")
    return None


def is_made_for(live: Mapping[str, Any], manifest: Manifest) -> bool:
    """Whether we wrote the object for this profile: by its labels, or by its owner if somebody edited the labels."""
    if applied_fields(live) is None:
        return False
    metadata, wanted = live["metadata"], manifest.body["metadata"]
    labels = metadata.get("labels") or {}
    same = all(labels.get(n) == wanted["labels"][n] for n in (names.LABEL_PROFILE, names.LABEL_PROFILE_NAMESPACE))
    owners = {o["uid"] for o in metadata.get("ownerReferences") or ()} | {
        (metadata.get("annotations") or {}).get(names.ANNOTATION_OWNER_UID)
    }
    return same or wanted["labels"][names.LABEL_PROFILE_UID] in owners


def _missing_crd(ref: Ref) -> Outcome:
    kind = f"{ref.resource.kind} ({ref.resource.api_version})"
    return Outcome(ref, Reason.CRD_MISSING, f"the cluster does not know {kind}; install prometheus-operator's CRDs")


def reason_of(error: ApiError) -> str:
    """The condition's reason for a write that did not work."""
    match error:
        case NotServed():
            return Reason.CRD_MISSING
        case NotFound():
            return Reason.NAMESPACE_MISSING
        case Forbidden():
            return Reason.FORBIDDEN
        case Rejected():
            return Reason.REJECTED
        case _:
            return Reason.API_UNAVAILABLE


def _failed(ref: Ref, error: ApiError) -> Outcome:
    match error:
        case NotServed():
            return _missing_crd(ref)
        case NotFound():
            message = f"namespace {ref.namespace} does not exist"
        case Conflict():
            message = "it was changed at the same moment"
        case _:
            message = error.message
    return Outcome(ref, reason_of(error), message)
