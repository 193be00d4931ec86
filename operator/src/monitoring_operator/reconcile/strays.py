"""Routes of profiles that nobody brings at the moment, though they exist: they stay, so that moving house costs nobody an alert.

A profile's part goes where the profile is gone, or wants no routes there any more. Whoever sees only some profiles has to ask for the
others: the API server, or, where we may not look, nobody, and then the part stays too.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from monitoring_operator.alertmanager.target import NoTarget, Target, choose, target_of
from monitoring_operator.api.cluster import Forbidden
from monitoring_operator.api.profile import InvalidProfile, parse
from monitoring_operator.api.resources import PROFILE
from monitoring_operator.reconcile.world import World
from monitoring_operator.store import ProfileKey

ASK_AGAIN = 60.0
"""Seconds for which an answer about a profile that nobody brings is good enough."""

AT_ONCE = 8
"""Namespaces that are asked about at the same time: a takeover may have to ask about a thousand."""

logger = logging.getLogger(__name__)

Object = Mapping[str, Any]


async def strays(world: World, target: Target, held: Collection[ProfileKey], brought: Collection[ProfileKey]) -> frozenset[ProfileKey]:
    """Profiles whose parts stay among those that the Secret `held`, although they are not among those `brought`. Raises ApiError."""
    now, known = world.clock(), world.routes.strays.get(target, {})
    missing = {key for key in held if key not in brought}
    recent = {key for key in missing if now - known.get(key, -ASK_AGAIN) < ASK_AGAIN}
    seen = {key for key in missing - recent if world.scope.sees(key)}
    stay = {key for key in seen if key in world.store.profiles and wants(world, target, world.store.profiles[key])}
    stay |= recent | await _wanting(world, target, missing - recent - seen)
    if new := sorted(stay - known.keys()):
        where = f"{target.namespace}/{target.secret}"
        logger.warning("Secret %s keeps the routes of %d profiles that nobody looks after, such as %s", where, len(new), new[0])
    world.routes.strays[target] = {key: known[key] if key in recent else now for key in stay}
    return frozenset(stay)


async def _wanting(world: World, target: Target, keys: Iterable[ProfileKey]) -> set[ProfileKey]:
    names: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        names[key.namespace].append(key.name)
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(namespace: str) -> set[ProfileKey]:
        here = names[namespace]
        # One is asked for by its name; for several the whole namespace is listed.
        fields = f"metadata.name={here[0]}" if len(here) == 1 else ""
        async with gate:
            try:
                found = {
                    b["metadata"]["name"]
                    async for b in world.cluster.list(PROFILE, namespace=namespace, fields=fields)
                    if wants(world, target, b)
                }
            except Forbidden:
                found = set(here)
        return {ProfileKey(namespace, name) for name in found.intersection(here)}

    return set().union(*await asyncio.gather(*map(ask, sorted(names))))


def wants(world: World, target: Target, profile: Object) -> bool:
    """Whether a profile (as JSON) has routes to `target`; where that cannot be told it is taken to have them."""
    if profile["metadata"].get("deletionTimestamp"):
        return False
    try:
        notifications = parse(profile).spec.notifications
    except InvalidProfile:
        return True
    if notifications is None or notifications.mode != "Secret":
        return False
    try:
        return choose(notifications.alertmanager, [target_of(a) for a in world.store.alertmanagers()]) == target
    except NoTarget:
        return True
