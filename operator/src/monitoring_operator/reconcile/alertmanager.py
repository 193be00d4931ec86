"""One Alertmanager's configuration Secret, written from all profiles' parts at once."""

from collections.abc import Mapping
from typing import Any

from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.secret import TooLarge, is_ours, previous, render_secret
from monitoring_operator.alertmanager.target import Target, by_name, target_of
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.api.names import Reason
from monitoring_operator.queue import Retry
from monitoring_operator.reconcile.apply import reason_of
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
    if not named or (target not in board.written and all(p.target != target for p in board.parts.values()) and not _known(world, target)):
        return
    if any(key not in board.heard and _may_contribute(body) for key, body in world.store.profiles.items()):
        world.queue.add_after(target, COALESCE)
        return
    target = named[0]
    where = f"Secret {target.namespace}/{target.secret}"
    try:
        await _write(world, target, await _fragments(world, target))
    except ApiError as error:
        _decide(world, target, None, reason_of(error), f"{where} could not be written: {error.message}")
        raise Retry(f"writing {where}: {type(error).__name__}") from error


def _may_contribute(profile: Mapping[str, Any]) -> bool:
    return bool((profile.get("spec") or {}).get("notifications")) and not profile["metadata"].get("deletionTimestamp")


def _known(world: World, target: Target) -> bool:
    return secret_ref(target.namespace, target.secret) in world.store.children


async def _fragments(world: World, target: Target) -> dict[ProfileKey, Fragment]:
    """The parts for `target`; for a profile that cannot be read, and of which we know nothing yet, the part that the live Secret holds."""
    fragments = world.routes.fragments(target)
    kept = [k for k, p in world.routes.parts.items() if p.fragment is None and k not in fragments]
    if kept and target not in world.routes.written:
        live: dict[str, Any] = await world.cluster.get(secret_ref(target.namespace, target.secret)) or {}
        for key in kept:
            last_good = previous(live, key.namespace, key.name) if live else None
            if last_good is not None:
                fragments[key] = last_good
    return fragments


async def _write(world: World, target: Target, fragments: dict[ProfileKey, Fragment]) -> None:
    ref = secret_ref(target.namespace, target.secret)
    try:
        manifest = render_secret(target, merge(fragments.values()))
    except TooLarge as too_large:
        _decide(world, target, None, Reason.REJECTED, str(too_large))
        return
    if not world.store.in_sync(ref, manifest.digest):
        known = world.store.children.get(ref)
        if known is None or not known.digest:
            live = await world.cluster.get(ref)
            if live is not None and not is_ours(live):
                _decide(world, target, None, Reason.ALERTMANAGER_SECRET_FOREIGN, _foreign(target))
                raise Retry(f"Secret {target.namespace}/{target.secret} is someone else's", at_most=FOREIGN_RETRY)
        answer = await world.cluster.apply(manifest)
        world.store.applied(answer, manifest.digest)
        before = world.routes.written.get(target, {})
        changed = (key for key, part in fragments.items() if before.get(key) != part)
        world.routes.versions.update(dict.fromkeys(changed, answer["metadata"]["resourceVersion"]))
        world.journal.wrote(ref.resource, "apply")
    _decide(world, target, fragments)


def _decide(world: World, target: Target, fragments: dict[ProfileKey, Fragment] | None, reason: str = "", message: str = "") -> None:
    """Notes what became of the parts, and wakes every profile for which that is news."""
    board = world.routes
    concerned = [k for k, p in board.parts.items() if p.target == target]
    before = {k: board.state(k) for k in concerned}
    if fragments is None:
        board.failed[target] = (reason, message)
    else:
        board.failed.pop(target, None)
        board.written[target] = fragments
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
