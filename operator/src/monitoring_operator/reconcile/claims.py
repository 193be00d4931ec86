"""Whose a profile is, where several operators look after some each: its status names its shard, and nobody else touches it.

A profile that its shard does not select any more has moved, and whoever selects it takes it. Where two select it, the one that comes later
asks, by its name beside the other's: who is alive takes that away again. Without an answer there is nobody any more.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError, NotFound, NotServed
from monitoring_operator.api.label_selector import InvalidSelector, selects
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Reason
from monitoring_operator.api.resources import resource_of
from monitoring_operator.queue import Retry
from monitoring_operator.reconcile.events import record
from monitoring_operator.reconcile.scope import Scope
from monitoring_operator.status import own_part
from monitoring_operator.store import ProfileKey, profile_ref

if TYPE_CHECKING:
    from monitoring_operator.reconcile.world import World

ANSWER = 30.0
"""Seconds in which a living operator answers whether it still looks after a profile."""
ASK_AGAIN = 600.0
"""Seconds for which an answer is good enough: the other one may be gone by then."""

logger = logging.getLogger(__name__)

Object = Mapping[str, Any]


@dataclass(slots=True)
class Contest:
    """A profile that another operator looks after although we select it: when that one was asked, and whether it has answered."""

    asked: float
    answered: bool = False


async def is_ours(world: "World", key: ProfileKey, body: Object) -> bool:
    """Whether the profile is ours to look after now; if it is nobody's, it is then. Raises Retry."""
    claim = (body.get("status") or {}).get("shard") or {}
    holder, scope = str(claim.get("name", "")), world.scope
    if holder == scope.shard:
        world.contests.pop(key, None)
        if claim.get("contender"):
            await _say(world, key, body, own_claim(world.scope))
        return True
    if not holder or not _selects(str(claim.get("selector", "")), body):
        return await _take(world, key, body)
    contest, contender = world.contests.get(key), claim.get("contender")
    if contest is None or (contest.answered and world.clock() - contest.asked >= ASK_AGAIN):
        await _ask(world, key, body, claim)
    elif contender != scope.name:
        contest.answered = True
    elif world.clock() - contest.asked >= ANSWER:
        logger.warning("shard %s, which had profile %s, does not answer; it is taken over", holder, key)
        return await _take(world, key, body)
    else:
        world.queue.add_after(key, contest.asked + ANSWER - world.clock())
    return False


async def _take(world: "World", key: ProfileKey, body: Object) -> bool:
    """Makes the profile ours, and what it has known to us, which carries another's role: it is taken over, and not made anew."""
    world.contests.pop(key, None)
    if not await _say(world, key, body, own_claim(world.scope)):
        return False
    for said in (body.get("status") or {}).get("children") or ():
        try:
            ref = Ref(resource_of(said), said["namespace"], said["name"])
            live = await world.cluster.get(ref)
        except KeyError:
            # A kind that an operator of another version knows.
            continue
        except ApiError as error:
            raise Retry(f"reading its children: {error.message}") from error
        labels = (live or {}).get("metadata", {}).get("labels") or {}
        if live is not None and (labels.get(names.LABEL_PROFILE_NAMESPACE), labels.get(names.LABEL_PROFILE)) == (key.namespace, key.name):
            world.store.put_child(live)
    return True


async def _ask(world: "World", key: ProfileKey, body: Object, claim: Object) -> None:
    holder, scope = claim["name"], world.scope
    words = (
        f"Shard {holder} (selector {claim.get('selector') or 'none'}) looks after this profile, and {scope.name} (selector "
        f"{scope.selector or 'none'}) selects it too; {scope.name} leaves it alone. Let one profile have one shard."
    )
    if key not in world.contests:
        logger.warning("profile %s: %s", key, words)
        await record(world, body, "Warning", Reason.SHARD_OVERLAP, words)
    world.contests[key] = Contest(world.clock())
    await _say(world, key, body, {**claim, "contender": scope.name})
    world.queue.add_after(key, ANSWER)


def own_claim(scope: Scope) -> dict[str, str]:
    """What the status of a profile says of the operator that looks after it."""
    return {"name": scope.shard, "selector": scope.selector} if scope.shard else {}


def _selects(selector: str, body: Object) -> bool:
    try:
        return selects(selector, body["metadata"].get("labels") or {})
    except InvalidSelector:
        return True


async def _say(world: "World", key: ProfileKey, body: Object, claim: Object) -> bool:
    """Puts a claim into the profile's status and leaves the rest as it is; says whether the profile is still there."""
    status = {k: v for k, v in own_part(body.get("status") or {}).items() if k != "shard"} | ({"shard": claim} if claim else {})
    try:
        world.store.put_profile(await world.cluster.apply_status(profile_ref(key), status))
    except (NotFound, NotServed):
        return False
    except ApiError as error:
        raise Retry(f"writing its status: {error.message}") from error
    world.journal.wrote(profile_ref(key).resource, "status")
    return True
