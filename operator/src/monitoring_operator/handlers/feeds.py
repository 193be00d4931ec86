"""What an event does: it is taken into the store, and what it concerns is woken, in microseconds. Those of profiles come by kopf.

Only `on.event`: kopf's change handlers store their state in annotations of the object, its timers and daemons force finalizers
onto it, and both write where we want no writes.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import kopf

from monitoring_operator.api import names
from monitoring_operator.api.resources import PROFILE, SECRET, WORKLOADS, Resource
from monitoring_operator.reconcile.world import World
from monitoring_operator.store import ProfileKey, ref_of

Event = Mapping[str, Any]
Feed = Callable[[World, str | None, Event], None]


class NoEssence(kopf.DiffBaseStorage):
    """Keeps kopf from copying every object, several times, for a comparison that only its change handlers need."""

    def build(self, **_: Any) -> Any:
        """Nothing of the object is essential."""
        return {}

    def fetch(self, **_: Any) -> None:
        """Nothing was stored."""

    def store(self, **_: Any) -> None:
        """Nothing is stored: the object stays as it is."""


def register(registry: kopf.OperatorRegistry, settings: kopf.OperatorSettings, world: World) -> None:
    """Adds a feed for profiles, and for the objects of prometheus-operator that take up what we write."""
    settings.persistence.diffbase_storage = NoEssence()
    feeds = {PROFILE: on_profile, **dict.fromkeys(WORKLOADS, on_workload)}
    for resource, feed in ((r, feed) for r, feed in feeds.items() if world.watches(r)):
        kopf.on.event(resource.group, resource.version, resource.plural, registry=registry, id=resource.plural)(
            _watch(world, resource, feed)
        )
    if world.scope.selector:
        settings.watching.label_selectors[PROFILE.group, PROFILE.version, PROFILE.plural] = world.scope.selector


def _watch(world: World, resource: Resource, feed: Feed) -> Callable[..., Awaitable[None]]:
    async def watch(event: Event, **_: Any) -> None:
        # The items of a list come without apiVersion and kind.
        feed(world, event["type"], {**event["object"], "apiVersion": resource.api_version, "kind": resource.kind})

    return watch


def on_profile(world: World, kind: str | None, body: Event) -> None:
    """A profile came, changed or went."""
    key = ProfileKey(body["metadata"]["namespace"], body["metadata"]["name"])
    if kind == "DELETED":
        world.store.bury(body["metadata"]["uid"], body["metadata"]["resourceVersion"])
        known = world.store.profiles.get(key)
        if known is not None and known["metadata"]["uid"] == body["metadata"]["uid"]:
            world.store.drop_profile(key)
            world.queue.add(key)
    elif world.store.put_profile(body):
        world.journal.heard(body)
        world.queue.add(key)


def on_child(world: World, kind: str | None, body: Event) -> None:
    """Something of ours changed, or a Secret or ConfigMap that a profile refers to."""
    ref = ref_of(body)
    before = world.store.children.get(ref)
    labels = body["metadata"].get("labels") or {}
    if before is None and labels.get(names.LABEL_ROLE) == names.ROLE_SOURCE:
        _on_source(world, kind, body)
        return
    if kind == "DELETED":
        # An object that only left the selector looks the same; its later versions are taken all the same.
        world.store.bury(body["metadata"]["uid"], body["metadata"]["resourceVersion"])
        child = world.store.drop_child(ref, body["metadata"]["uid"])
    else:
        child = world.store.children[ref] if world.store.put_child(body) else None
    if child is None:
        return
    for owner in {c.profile for c in (before, child) if c is not None and c.profile is not None}:
        # A child of a profile that is gone is the garbage collector's business, or a sweep's; it must not be made again.
        if owner in world.store.profiles or kind != "DELETED":
            world.queue.add(owner)
    if child.profile is None and ref.resource == SECRET:
        world.wake_readers(ref, child)


def _on_source(world: World, kind: str | None, body: Event) -> None:
    ref = ref_of(body)
    if kind == "DELETED" or world.store.sources.get(ref) != body["metadata"]["resourceVersion"]:
        for key in world.store.referring(ref):
            world.queue.add(key)
    if kind == "DELETED" or world.bases.get(ref) != body["metadata"]["resourceVersion"]:
        for target in world.based_on(ref):
            world.queue.add(target)


def on_workload(world: World, kind: str | None, body: Event) -> None:
    """An object of prometheus-operator changed: what it selects or reads may have, and so everything is looked at again."""
    gone = kind == "DELETED" and world.store.workloads.pop(ref_of(body), None) is not None
    if gone or (kind != "DELETED" and world.store.put_workload(body)):
        for key in world.store.profiles:
            world.queue.add(key)
