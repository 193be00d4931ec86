"""One Alertmanager's configuration Secret, written from all profiles' parts at once; by a shard, its fragment of it."""

from collections.abc import Collection, Mapping
from typing import Any

from monitoring_operator.alertmanager.accepted import Readers, readers_of
from monitoring_operator.alertmanager.base import Base
from monitoring_operator.alertmanager.config_object import MODE
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.secret import TooLarge, is_ours, previous, render_secret, routed
from monitoring_operator.alertmanager.shards import Bundle, fragment_name, taken_up
from monitoring_operator.alertmanager.target import Target, by_name, target_of
from monitoring_operator.alertmanager.whole import whole_problems
from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError, Conflict
from monitoring_operator.api.names import Reason
from monitoring_operator.queue import Retry
from monitoring_operator.reconcile.apply import reason_of
from monitoring_operator.reconcile.bases import NoBase, current_base
from monitoring_operator.reconcile.bringing import bring
from monitoring_operator.reconcile.bundles import read_bundles, together
from monitoring_operator.reconcile.guard import Taken, admit
from monitoring_operator.reconcile.parts import SHOWN, Chosen, Judge, decide, unreadable
from monitoring_operator.reconcile.strays import strays
from monitoring_operator.reconcile.world import COALESCE, World
from monitoring_operator.store import ProfileKey, secret_ref

FOREIGN_RETRY = 60.0
"""Seconds after which a Secret that was someone else's is looked at again: it is not watched."""


async def reconcile_alertmanager(world: World, target: Target) -> None:
    """Writes the Secret that `target` reads, if it is ours to write and differs; wakes the profiles whose part was decided.

    Nothing is written before every profile has put its part on the board (as after a start): a configuration without some of
    the routes would drop their notifications. The Secret is never deleted; without profiles it keeps a configuration that
    notifies nobody, and one whose Alertmanager is gone stays as it is, in case that one comes back.
    """
    named = sorted((t for t in map(target_of, world.store.alertmanagers()) if t == target), key=by_name)
    board = world.routes
    if not named or not _concerned(world, named[0]):
        return
    if any(key not in board.heard and _may_contribute(body) for key, body in world.store.profiles.items()):
        world.queue.add_after(target, COALESCE)
        return
    target = named[0]
    written = fragment_name(target, world.scope.shard) if world.scope.shard else target.secret
    where = f"Secret {target.namespace}/{written}"
    readers = readers_of(world.alertmanagers(target), world.prometheus_operator)
    try:
        await (bring(world, target, readers) if world.scope.shard else _assemble(world, target, readers))
    except Taken as taken:
        # What it holds is somebody else's decision now.
        board.written.pop(target, None)
        if any(p.target == target for p in board.parts.values()):
            decide(world, target, None, Reason.ALERTMANAGER_SECRET_TAKEN, str(taken))
            raise Retry(f"{where} is another operator's", at_most=taken.pause) from taken
    except NoBase as missing:
        decide(world, target, None, Reason.REJECTED, f"{where} is not written without the base configuration: {missing}")
        raise Retry(str(missing), at_most=FOREIGN_RETRY) from missing
    except Conflict as error:
        raise Retry(f"{where} was changed at the same moment") from error
    except ApiError as error:
        decide(world, target, None, reason_of(error), f"{where} could not be written: {error.message}")
        raise Retry(f"writing {where}: {type(error).__name__}") from error


def _concerned(world: World, target: Target) -> bool:
    """Whether there is something of ours in the configuration, or was, or is to be."""
    board = world.routes
    if target in board.written or any(p.target == target for p in board.parts.values()):
        return True
    if world.scope.shard:
        return secret_ref(target.namespace, fragment_name(target, world.scope.shard)) in world.store.children
    return secret_ref(target.namespace, target.secret) in world.store.children or bool(
        world.store.fragments(target.namespace, target.secret)
    )


def _may_contribute(profile: Mapping[str, Any]) -> bool:
    notifications = (profile.get("spec") or {}).get("notifications") or {}
    return bool(notifications) and notifications.get("mode") != MODE and not profile["metadata"].get("deletionTimestamp")


async def _assemble(world: World, target: Target, readers: Readers) -> None:
    judge = Judge(readers, await current_base(world, target, readers))
    bundles = await read_bundles(world, target)
    await _write(world, target, await _chosen(world, target, judge, bundles), judge.base, bundles)


async def _chosen(world: World, target: Target, judge: Judge, bundles: Collection[Bundle]) -> Chosen:
    """The parts for `target`; of a profile that nobody brings at the moment, though it is there, the part that is live."""
    wanted = together(world, target, bundles)
    written, first = world.routes.written.get(target, {}), target not in world.routes.written
    kept, refused = unreadable(world, wanted), judge.refused(wanted, written)
    guarded = _guarded(world, target, bundles)
    live: dict[str, Any] = {}
    if first and (guarded or kept or refused):
        # After a start the live Secret is the only memory.
        live = await world.cluster.get(secret_ref(target.namespace, target.secret)) or {}

    def last(key: ProfileKey) -> Fragment | None:
        return written.get(key) or previous(live, key.namespace, key.name)

    chosen = judge.choose(wanted, refused, kept, last)
    if guarded:
        held = {ProfileKey(*pair) for pair in routed(live)} if first else written.keys()
        for key in await strays(world, target, held, wanted.keys() | kept):
            part = last(key)
            if part is not None and not judge.against(part, good=part):
                chosen.fragments[key] = part
    return chosen


def _guarded(world: World, target: Target, bundles: Collection[Bundle]) -> bool:
    """Whether there may be profiles that nobody brings although they exist: where one operator looks after all, there are none."""
    live = world.store.children.get(secret_ref(target.namespace, target.secret))
    shared = live is not None and names.ANNOTATION_FRAGMENTS in live.marks
    return bool(not world.scope.sees_all or bundles or shared or world.contests or world.routes.strays.get(target))


async def _write(world: World, target: Target, chosen: Chosen, base: Base | None, bundles: Collection[Bundle]) -> None:
    ref = secret_ref(target.namespace, target.secret)
    merged = merge(chosen.fragments.values(), base)
    brought = {pair for bundle in bundles for pair in bundle.parts}
    refused = {pair: why for key, why in chosen.refused.items() if (pair := (key.namespace, key.name)) in brought}
    try:
        manifest = render_secret(target, merged, _signature(world) | taken_up(bundles, refused))
    except TooLarge as too_large:
        decide(world, target, None, Reason.REJECTED, str(too_large))
        return
    if not world.store.in_sync(ref, manifest.digest):
        wrong = tuple(whole_problems(load(merged.config)))
        if wrong:
            decide(world, target, None, Reason.REJECTED, f"the merged configuration would be refused: {'; '.join(map(str, wrong[:SHOWN]))}")
            return
        # Asked for before each write: Helm may have taken over what was ours, and its fields would be forced back.
        live = await world.cluster.get(ref)
        if live is not None and not is_ours(live):
            decide(world, target, None, Reason.ALERTMANAGER_SECRET_FOREIGN, _foreign(target))
            raise Retry(f"Secret {target.namespace}/{target.secret} is someone else's", at_most=FOREIGN_RETRY)
        if live is not None:
            admit(world, target, live)
        version = live["metadata"]["resourceVersion"] if live is not None else ""
        answer = await world.cluster.apply(manifest, only_at=version)
        world.store.applied(answer, manifest.digest)
        before = world.routes.written.get(target, {})
        changed = (key for key, part in chosen.fragments.items() if before.get(key) != part)
        world.routes.versions.update(dict.fromkeys(changed, answer["metadata"]["resourceVersion"]))
        world.journal.wrote(ref.resource, "apply")
    decide(world, target, chosen)


def _signature(world: World) -> dict[str, str]:
    return {names.ANNOTATION_ASSEMBLED_BY: world.scope.identity} if world.scope.identity else {}


def _foreign(target: Target) -> str:
    return (
        f"Secret {target.namespace}/{target.secret} is not the operator's and is left alone. With kube-prometheus-stack, set "
        "alertmanager.alertmanagerSpec.useExistingSecret=true and alertmanager.alertmanagerSpec.configSecret to a name of your choice."
    )
