"""What the API server knows of that on which being selected, accepted and scraped depends, and that is not worth a watch.

It is asked only where something is not as it should be: a profile that is live costs nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from monitoring_operator.adoption import accepted, selection
from monitoring_operator.adoption.services import Scene
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.resources import ENDPOINT_SLICE, EVENT, NAMESPACE, PROMETHEUS_RULE, SERVICE, SERVICE_MONITOR
from monitoring_operator.reconcile.world import Watched, World

NAMESPACES_AT_ONCE = 50
"""In a round; the others get their turn in the next ones."""
TOGETHER = 8
"""Namespaces about which is asked at the same time."""

Object = Mapping[str, Any]


async def ask_namespaces(world: World) -> None:
    """Labels of namespaces, where somebody selects by them. Raises ApiError."""
    if not selection.needs_namespace_labels(world.store.takers()):
        return
    if world.verification.namespaces:
        wanted = {k.namespace for k in world.watched} & set(world.verification.namespaces)
        bodies = [body for n in sorted(wanted) if (body := await world.cluster.get(Ref(NAMESPACE, "", n))) is not None]
    else:
        bodies = [body async for body in world.cluster.list(NAMESPACE)]
    world.sightings.namespaces = {b["metadata"]["name"]: b["metadata"].get("labels") or {} for b in bodies}


async def ask_services(world: World) -> None:
    """Services and their endpoints, where something is not scraped or has just changed. Raises ApiError."""
    scenes = world.sightings.scenes
    wanted = {k.namespace for k, w in world.watched.items() if w.fresh or _unscraped(world, w)}
    for calm in scenes.keys() - wanted:
        del scenes[calm]

    async def ask(namespace: str) -> None:
        services = [s async for s in world.cluster.list(SERVICE, namespace=namespace)]
        slices = [s async for s in world.cluster.list(ENDPOINT_SLICE, namespace=namespace)]
        scenes.pop(namespace, None)
        scenes[namespace] = Scene(services, slices)
        for key, watched in world.watched.items():
            watched.fresh = watched.fresh and key.namespace != namespace

    await _each(_in_turn(wanted, scenes)[:NAMESPACES_AT_ONCE], ask)


async def ask_events(world: World) -> None:
    """prometheus-operator's refusals, where it is not known that everything was taken. Raises ApiError."""
    known = world.sightings.events
    doubtful = {k.namespace for k, w in world.watched.items() if not _is(w, Condition.ACCEPTED, "True")}
    for calm in known.keys() - doubtful:
        del known[calm]

    async def ask(namespace: str) -> None:
        events = [_told(e) async for e in world.cluster.list(EVENT, namespace=namespace, fields=f"reason={accepted.REFUSAL}")]
        known.pop(namespace, None)
        known[namespace] = events

    # Who waits for news of a change goes before who was refused already, but leaves the others half of the places.
    waiting = {k.namespace for k, w in world.watched.items() if not _is(w, Condition.ACCEPTED, "True", "False")}
    turns = _in_turn(doubtful, known)
    first = [namespace for namespace in turns if namespace in waiting][: NAMESPACES_AT_ONCE // 2]
    try:
        await _each(list(dict.fromkeys((*first, *turns)))[:NAMESPACES_AT_ONCE], ask)
    finally:
        since = {c.uid: c.since for r, c in world.store.children.items() if r.resource in (PROMETHEUS_RULE, SERVICE_MONITOR)}
        world.sightings.refusals = accepted.refusals((e for events in known.values() for e in events), since)


def _told(event: Object) -> Object:
    """What an Event says, without who recorded it and how often."""
    return {name: event.get(name) for name in ("reason", "involvedObject", "message")}


def _in_turn(wanted: Iterable[str], asked: Iterable[str]) -> list[str]:
    """Those that were never `asked` first, then the others in that order."""
    turn = {namespace: place for place, namespace in enumerate(asked)}
    return sorted(wanted, key=lambda namespace: (turn.get(namespace, -1), namespace))


async def _each(namespaces: Iterable[str], ask: Callable[[str], Awaitable[None]]) -> None:
    """Asks about some at a time; the first failure ends it and is raised."""
    rest = iter(namespaces)

    async def some() -> None:
        for namespace in rest:
            await ask(namespace)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(TOGETHER):
                group.create_task(some())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed


def _is(watched: Watched, type_: str, *statuses: str) -> bool:
    fact = watched.belief.said.get(type_)
    return fact is not None and fact.status in statuses


def _unscraped(world: World, watched: Watched) -> bool:
    """Whether somebody was asked and has no target of the profile, or its Services were in the way when they were last looked at."""
    fact = watched.belief.said.get(Condition.TARGETS_UP)
    if fact is not None and fact.reason in (Reason.SERVICE_MISSING, Reason.PORT_NOT_FOUND, Reason.NO_ENDPOINTS):
        return True
    pages = [p for taken in world.sightings.targets.values() for p in taken if p.content is not None]
    pools = {s.pool for s in watched.expected.scrapes}
    return bool(pages) and not any(pool in (p.content or {}) for p in pages for pool in pools)
