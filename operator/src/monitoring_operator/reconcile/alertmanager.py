"""One Alertmanager's configuration Secret, written from all profiles' parts at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.alertmanager.accepted import Readers, readers_of
from monitoring_operator.alertmanager.assertions import failed_beside
from monitoring_operator.alertmanager.base import Base
from monitoring_operator.alertmanager.config_object import MODE
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import clashes, merge
from monitoring_operator.alertmanager.secret import TooLarge, is_ours, previous, render_secret, routed
from monitoring_operator.alertmanager.target import Target, by_name, target_of
from monitoring_operator.alertmanager.validate import problems
from monitoring_operator.alertmanager.whole import whole_problems
from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError, Conflict
from monitoring_operator.api.names import Reason
from monitoring_operator.queue import Retry
from monitoring_operator.reconcile.apply import reason_of
from monitoring_operator.reconcile.bases import NoBase, current_base
from monitoring_operator.reconcile.guard import Taken, admit
from monitoring_operator.reconcile.strays import strays
from monitoring_operator.reconcile.world import COALESCE, World
from monitoring_operator.store import ProfileKey, secret_ref

FOREIGN_RETRY = 60.0
"""Seconds after which a Secret that was someone else's is looked at again: it is not watched."""

SHOWN = 3
"""Problems that a message names."""


async def reconcile_alertmanager(world: World, target: Target) -> None:
    """Writes the Secret that `target` reads, if it is ours to write and differs; wakes the profiles whose part was decided.

    Nothing is written before every profile has put its part on the board (as after a start): a configuration without some of
    the routes would drop their notifications. The Secret is never deleted; without profiles it keeps a configuration that
    notifies nobody, and one whose Alertmanager is gone stays as it is, in case that one comes back.
    """
    named = sorted((t for t in map(target_of, world.store.alertmanagers()) if t == target), key=by_name)
    board = world.routes
    if not named or (target not in board.written and all(p.target != target for p in board.parts.values()) and not _known(world, target)):
        return
    if any(key not in board.heard and _may_contribute(body) for key, body in world.store.profiles.items()):
        world.queue.add_after(target, COALESCE)
        return
    target = named[0]
    where = f"Secret {target.namespace}/{target.secret}"
    readers = readers_of(world.alertmanagers(target), world.prometheus_operator)
    try:
        base = await current_base(world, target, readers)
        chosen = await _fragments(world, target, readers, base)
        await _write(world, target, chosen, base)
    except Taken as taken:
        # What it holds is somebody else's decision now.
        board.written.pop(target, None)
        if any(p.target == target for p in board.parts.values()):
            _decide(world, target, None, Reason.ALERTMANAGER_SECRET_TAKEN, str(taken))
            raise Retry(f"{where} is another operator's", at_most=taken.pause) from taken
    except NoBase as missing:
        _decide(world, target, None, Reason.REJECTED, f"{where} is not written without the base configuration: {missing}")
        raise Retry(str(missing), at_most=FOREIGN_RETRY) from missing
    except Conflict as error:
        raise Retry(f"{where} was changed at the same moment") from error
    except ApiError as error:
        _decide(world, target, None, reason_of(error), f"{where} could not be written: {error.message}")
        raise Retry(f"writing {where}: {type(error).__name__}") from error


def _may_contribute(profile: Mapping[str, Any]) -> bool:
    notifications = (profile.get("spec") or {}).get("notifications") or {}
    return bool(notifications) and notifications.get("mode") != MODE and not profile["metadata"].get("deletionTimestamp")


def _known(world: World, target: Target) -> bool:
    return secret_ref(target.namespace, target.secret) in world.store.children


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is merged of each profile, and why it is not what the profile asks for now."""

    fragments: dict[ProfileKey, Fragment]
    refused: dict[ProfileKey, str]


async def _fragments(world: World, target: Target, readers: Readers, base: Base | None) -> _Chosen:
    """The parts for `target`, each judged alone.

    For a profile that cannot be read, or whose part cannot be merged, it is the last good part: the one that was written, or after a
    start what the live Secret holds.
    """
    wanted = world.routes.fragments(target)
    written = world.routes.written.get(target, {})
    refused = {key: why for key, part in wanted.items() if (why := _against(part, readers, base, good=written.get(key)))}
    kept = {k for k, p in world.routes.parts.items() if p.fragment is None and k not in wanted} | refused.keys()
    live: dict[str, Any] = {}
    first = target not in world.routes.written
    if first and (kept or not world.scope.sees_all):
        live = await world.cluster.get(secret_ref(target.namespace, target.secret)) or {}
    fragments = {key: part for key, part in wanted.items() if key not in refused}
    for key in kept:
        last_good = written.get(key) or previous(live, key.namespace, key.name)
        if last_good is not None and not _against(last_good, readers, base, good=None):
            fragments[key] = last_good
    if not world.scope.sees_all:
        held = {ProfileKey(*pair) for pair in routed(live)} if first else written.keys()
        for key in await strays(world, target, held, wanted.keys() | kept):
            last = written.get(key) or previous(live, key.namespace, key.name)
            if last is not None and not _against(last, readers, base, good=last):
                fragments[key] = last
    return _Chosen(fragments, refused)


def _against(part: Fragment, readers: Readers, base: Base | None, *, good: Fragment | None) -> str:
    """Why the part cannot be merged; empty if it can. What is live already was looked at before; only the base may have changed."""
    found = problems(part, readers) if part is not good else ()
    if base is not None:
        # By itself, the part was asked already.
        found += failed_beside(part, base)
    return "; ".join(map(str, found[:SHOWN])) or (clashes(part, base) if base is not None else "")


async def _write(world: World, target: Target, chosen: _Chosen, base: Base | None) -> None:
    ref = secret_ref(target.namespace, target.secret)
    merged = merge(chosen.fragments.values(), base)
    try:
        manifest = render_secret(target, merged, _signature(world))
    except TooLarge as too_large:
        _decide(world, target, None, Reason.REJECTED, str(too_large))
        return
    if not world.store.in_sync(ref, manifest.digest):
        wrong = tuple(whole_problems(load(merged.config)))
        if wrong:
            _decide(
                world, target, None, Reason.REJECTED, f"the merged configuration would be refused: {'; '.join(map(str, wrong[:SHOWN]))}"
            )
            return
        # Asked for before each write: Helm may have taken over what was ours, and its fields would be forced back.
        live = await world.cluster.get(ref)
        if live is not None and not is_ours(live):
            _decide(world, target, None, Reason.ALERTMANAGER_SECRET_FOREIGN, _foreign(target))
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
    _decide(world, target, chosen)


def _signature(world: World) -> dict[str, str]:
    return {names.ANNOTATION_ASSEMBLED_BY: world.scope.identity} if world.scope.identity else {}


def _decide(world: World, target: Target, chosen: _Chosen | None, reason: str = "", message: str = "") -> None:
    """Notes what became of the parts, and wakes every profile for which that is news."""
    board = world.routes
    concerned = [k for k, p in board.parts.items() if p.target == target]
    before = {k: board.state(k) for k in concerned}
    if chosen is None:
        board.failed[target] = (reason, message)
    else:
        board.failed.pop(target, None)
        board.written[target] = chosen.fragments
        board.refused[target] = chosen.refused
        for left in board.arrived(target):
            world.queue.add(left)
    for key in concerned:
        if board.state(key) != before[key]:
            world.queue.add(key)


def _foreign(target: Target) -> str:
    return (
        f"Secret {target.namespace}/{target.secret} is not the operator's and is left alone. With kube-prometheus-stack, set "
        "alertmanager.alertmanagerSpec.useExistingSecret=true and alertmanager.alertmanagerSpec.configSecret to a name of your choice."
    )
