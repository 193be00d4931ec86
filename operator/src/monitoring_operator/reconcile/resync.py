"""Resync is verification: what the watches have told us, compared with what there is.

A delete inside a broken watch is lost to a watcher for ever; a list finds it. The same lists fill the store at start, before
any worker runs, so that a restart sees the children that exist before it thinks of writing them.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from monitoring_operator.alertmanager.accepted import version_of
from monitoring_operator.alertmanager.target import target_of
from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError, Forbidden
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import (
    ALERTMANAGER,
    ALERTMANAGER_CONFIGS,
    CHILDREN,
    CUSTOM_RESOURCE_DEFINITION,
    PLAIN,
    PROFILE,
    SECRET,
    WORKLOADS,
    Resource,
)
from monitoring_operator.reconcile.bases import poll_bases
from monitoring_operator.reconcile.gather import read_source
from monitoring_operator.reconcile.scope import selector_of
from monitoring_operator.reconcile.world import World
from monitoring_operator.store import Child, ProfileKey, ref_of, secret_ref

DISCOVERED = (
    (names.GROUP, names.VERSION),
    ("monitoring.coreos.com", "v1"),
    *((r.group, r.version) for r in ALERTMANAGER_CONFIGS),
)
"""APIs that CRDs bring, and that may come or go while we run."""

CRD_VERSION = "operator.prometheus.io/version"
"""prometheus-operator's annotation on its CRDs."""

Object = Mapping[str, Any]

logger = logging.getLogger(__name__)


async def resync(world: World, *, metadata_only: bool = False) -> dict[Resource, int]:
    """Lists everything, corrects the store, wakes what was wrong, and returns how much the watches had missed, by resource.

    `metadata_only`: once the content of children has been seen, their metadata says whether it is still what it was.
    Raises ApiError; the store is then partly corrected, which does no harm.
    """
    await refresh_served(world)
    kinds = filter(world.watches, (*CHILDREN, world.config_resource, *WORKLOADS, PROFILE))
    missed = {resource: await verify(world, resource, metadata_only=metadata_only) for resource in kinds}
    for owner in world.store.owners() - world.store.profiles.keys():
        world.queue.add(owner)
    await _look_at_operator(world)
    for body in world.store.alertmanagers():
        target = target_of(body)
        if secret_ref(target.namespace, target.secret) in world.store.children or world.store.fragments(target.namespace, target.secret):
            world.queue.add(target)
    return missed


async def verify(world: World, resource: Resource, *, metadata_only: bool = False) -> int:
    """Lists one kind, corrects the store, wakes what was wrong, and returns how much its watch had missed. Raises ApiError."""
    if resource == PROFILE:
        return await _profiles(world)
    if resource in WORKLOADS:
        return await _workloads(world, resource)
    return await _children(world, resource, metadata_only=metadata_only)


async def _look_at_operator(world: World) -> None:
    """Which version of prometheus-operator the cluster's CRDs are of; where they may not be read, the oldest supported one is assumed."""
    if not world.clusterwide:
        return
    try:
        crd = await world.cluster.get(Ref(CUSTOM_RESOURCE_DEFINITION, "", f"{ALERTMANAGER.plural}.{ALERTMANAGER.group}")) or {}
    except Forbidden:
        crd = {}
    found = version_of(((crd.get("metadata") or {}).get("annotations") or {}).get(CRD_VERSION, ""))
    if found != world.prometheus_operator:
        world.prometheus_operator = found
        world.wake_routes()


async def refresh_served(world: World) -> bool:
    """Asks which of the types from CRDs are served; says whether one has come or gone, after which every profile is looked at again."""
    changed = False
    for group, version in DISCOVERED:
        served = await world.cluster.served(group, version)
        if world.served.get((group, version), served) != served:
            logger.info("the types served of %s/%s have changed", group, version)
            changed = True
        world.served[group, version] = served
    if changed:
        world.types_changed = True
        for key in world.store.profiles:
            world.queue.add(key)
    return changed


async def poll_sources(world: World) -> None:
    """Looks whether a Secret or ConfigMap that a profile refers to has changed, come or gone, for those that are not watched by label."""
    for ref in world.store.referred():
        try:
            await read_source(world, ref)
        except ApiError as error:
            # One that does not answer must not hide the others.
            logger.warning("%s could not be looked at: %s", ref, error.message)
    await poll_bases(world)


async def _children(world: World, resource: Resource, *, metadata_only: bool) -> int:
    before = {r: c.uid for r, c in world.store.children.items() if r.resource == resource}
    live = set()
    missed = 0
    async for found in _list(world, resource, selector_of(world.scope, resource), metadata_only=metadata_only):
        body: Object | None = found
        if metadata_only and resource not in PLAIN and not world.store.knows(found):
            # What prometheus-operator makes of an object stands in its status.
            body = await world.cluster.get(ref_of(found))
        if body is None:
            continue
        live.add(ref_of(body))
        if world.store.put_child(body):
            missed += 1
            _wake(world, ref_of(body), world.store.children[ref_of(body)])
    for ref in before.keys() - live:
        # Only what was there before the list began: a child that was made meanwhile is not gone.
        child = world.store.drop_child(ref, before[ref])
        if child is not None:
            missed += 1
            _wake(world, ref, child)
    return missed


async def _workloads(world: World, resource: Resource) -> int:
    before = {r for r in world.store.workloads if r.resource == resource}
    live, changed = set(), 0
    async for body in _list(world, resource):
        live.add(ref_of(body))
        changed += world.store.put_workload(body)
    gone = before - live
    for ref in gone:
        world.store.workloads.pop(ref, None)
    if changed or gone:
        for key in world.store.profiles:
            world.queue.add(key)
    return changed + len(gone)


async def _profiles(world: World) -> int:
    before = {k: b["metadata"]["uid"] for k, b in world.store.profiles.items()}
    live, missed = set(), 0
    async for body in _list(world, PROFILE, world.scope.selector):
        live.add(_key(body))
        missed += world.store.put_profile(body)
        world.queue.add(_key(body))
    for key in before.keys() - live:
        if key in world.store.profiles and world.store.profiles[key]["metadata"]["uid"] == before[key]:
            missed += 1
            world.store.drop_profile(key)
            world.queue.add(key)
    return missed


async def _list(world: World, resource: Resource, labels: str = "", *, metadata_only: bool = False) -> AsyncIterator[dict[str, Any]]:
    if world.is_served(resource):
        async for body in world.cluster.list(resource, labels=labels, metadata_only=metadata_only):
            yield body


def _key(body: dict[str, Any]) -> ProfileKey:
    return ProfileKey(body["metadata"]["namespace"], body["metadata"]["name"])


def _wake(world: World, ref: Ref, child: Child) -> None:
    if child.profile is not None:
        world.queue.add(child.profile)
    elif ref.resource == SECRET:
        world.wake_readers(ref, child)
