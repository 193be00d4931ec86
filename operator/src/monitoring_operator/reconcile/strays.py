"""Routes of profiles that nobody brings at the moment, though they exist: they stay, so that moving house costs nobody an alert.

A profile's part goes where the profile is gone, or wants no routes there any more. Whoever sees only some profiles has to ask for the
others: the API server, or, where we may not look, nobody, and then the part stays too.
"""

import logging
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
    wanted, found = set(keys), set()
    for namespace in sorted({key.namespace for key in wanted}):
        here = [key for key in wanted if key.namespace == namespace]
        # One is asked for by its name; for several the whole namespace is listed.
        fields = f"metadata.name={here[0].name}" if len(here) == 1 else ""
        try:
            bodies = [body async for body in world.cluster.list(PROFILE, namespace=namespace, fields=fields)]
        except Forbidden:
            found |= set(here)
            continue
        found |= {ProfileKey(namespace, body["metadata"]["name"]) for body in bodies if wants(world, target, body)}
    return found & wanted


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
