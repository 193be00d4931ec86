"""The user's own configuration that an Alertmanager's Secret is merged from: read, never written, and never lost for an error in it."""

import logging

from monitoring_operator.alertmanager.accepted import Readers
from monitoring_operator.alertmanager.base import Base, InvalidBase, last_base, parse_base
from monitoring_operator.alertmanager.merge import clashes
from monitoring_operator.alertmanager.secret import is_ours
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.api.cluster import ApiError, Forbidden
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.profile import Problem
from monitoring_operator.reconcile.events import record
from monitoring_operator.reconcile.world import World
from monitoring_operator.store import secret_ref

logger = logging.getLogger(__name__)


class NoBase(Exception):
    """A base is wanted, and there never was a good one: whatever were written without it could take routes away."""


async def current_base(world: World, target: Target, readers: Readers) -> Base | None:
    """The base that `target` is to be merged from: what its Secret holds, or the last good one; None where none is wanted.

    What is wrong with it is said in the log, in an Event of the Alertmanager and in a metric, once. Raises NoBase, ApiError.
    """
    ref = world.base_of(target)
    if ref is None:
        return None
    try:
        found = await _read(world, target, ref, readers)
    except InvalidBase as invalid:
        await _say(world, target, f"{ref} cannot be merged: {invalid}. The last good one stays.")
        return await _last_good(world, target, f"{ref} cannot be merged: {invalid}")
    await _say(world, target, "")
    world.routes.bases[target] = found
    return found


async def poll_bases(world: World) -> None:
    """Looks whether a Secret that holds a base has changed, come or gone, for those that are not watched by label."""
    for ref, seen in list(world.bases.items()):
        try:
            version = await _version(world, ref)
        except ApiError as error:
            logger.warning("%s could not be looked at: %s", ref, error.message)
            continue
        if version != seen:
            for target in world.based_on(ref):
                world.queue.add(target)


async def _read(world: World, target: Target, ref: Ref, readers: Readers) -> Base:
    if ref.name == target.secret:
        raise InvalidBase((Problem("the base", "is the Secret that the operator writes; give it one of its own"),))
    try:
        body = await world.cluster.get(ref)
    except Forbidden:
        body = None
    world.bases[ref] = body["metadata"]["resourceVersion"] if body else ""
    if body is None:
        raise InvalidBase((Problem("the Secret", "does not exist, or may not be read"),))
    found = parse_base(body.get("data") or {}, readers)
    last = world.routes.bases.get(target)
    if last is not None and last != found:
        # Who comes later gives way: a profile's routes that are live are not lost to a new name in the base.
        for part in world.routes.written.get(target, {}).values():
            if why := clashes(part, found):
                raise InvalidBase((Problem("a name", why),))
    return found


async def _version(world: World, ref: Ref) -> str:
    try:
        body = await world.cluster.get(ref)
    except Forbidden:
        return ""
    return str(body["metadata"]["resourceVersion"]) if body else ""


async def _last_good(world: World, target: Target, why: str) -> Base | None:
    if target in world.routes.bases:
        return world.routes.bases[target]
    live = await world.cluster.get(secret_ref(target.namespace, target.secret))
    if live is None or not is_ours(live):
        raise NoBase(why)
    found = last_base(live.get("data") or {})
    if found is not None:
        world.routes.bases[target] = found
    return found


async def _say(world: World, target: Target, problem: str) -> None:
    world.journal.base(target.namespace, target.name, good=not problem)
    before = world.routes.base_problems.get(target, "")
    if problem == before:
        return
    world.routes.base_problems[target] = problem
    words = problem or "The base configuration is merged again."
    logger.log(logging.WARNING if problem else logging.INFO, "Alertmanager %s/%s: %s", target.namespace, target.name, words)
    for body in world.store.alertmanagers():
        if (body["metadata"]["namespace"], body["metadata"]["name"]) == (target.namespace, target.name):
            await record(world, body, "Warning" if problem else "Normal", "BaseConfigInvalid" if problem else "BaseConfigMerged", words)
