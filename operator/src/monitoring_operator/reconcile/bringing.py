"""A shard's way to an Alertmanager's configuration: it writes a fragment, and waits until that has been taken up."""

from monitoring_operator.alertmanager.accepted import Readers
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.secret import TooLarge, is_ours
from monitoring_operator.alertmanager.shards import (
    Brought,
    Unreadable,
    content_taken,
    fragment_name,
    read_fragment,
    refusals,
    render_fragment,
)
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.api import names
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.names import Reason
from monitoring_operator.queue import Retry
from monitoring_operator.reconcile.guard import admit
from monitoring_operator.reconcile.parts import Chosen, Judge, decide, unreadable
from monitoring_operator.reconcile.world import World
from monitoring_operator.store import ProfileKey, secret_ref

PATIENCE = 15.0
"""Seconds that a fragment is given to be taken up before its profiles say that it was not."""


async def bring(world: World, target: Target, readers: Readers) -> None:
    """Writes our fragment for `target` where it differs, and decides what became of its parts. Raises Retry, Taken, ApiError."""
    remembered, judge = await _remembered(world, target), Judge(readers)
    wanted = world.routes.fragments(target)
    refused = judge.refused(wanted, world.routes.written.get(target, {}))
    chosen = judge.choose(
        wanted, refused, unreadable(world, wanted), lambda key: known.part if (known := remembered.get(key)) is not None else None
    )
    brought = {key: Brought(_version(world, key, remembered.get(key), part), part) for key, part in chosen.fragments.items()}
    try:
        manifest = render_fragment(target, world.scope.shard, world.scope.identity, brought.values())
    except TooLarge as too_large:
        decide(world, target, None, Reason.REJECTED, f"the fragment of shard {world.scope.shard}: {too_large}")
        return
    if not world.store.in_sync(manifest.ref, manifest.digest):
        await _write(world, target, manifest)
    world.remembered[target] = brought
    _take_note(world, target, manifest, chosen)


async def _remembered(world: World, target: Target) -> dict[ProfileKey, Brought]:
    """What our fragment held when this process last wrote it, or when it began."""
    if target not in world.remembered:
        body = await world.cluster.get(secret_ref(target.namespace, fragment_name(target, world.scope.shard)))
        try:
            parts = read_fragment(body).parts if body is not None else {}
        except Unreadable:
            parts = {}
        world.remembered[target] = {ProfileKey(*pair): brought for pair, brought in parts.items()}
    return world.remembered[target]


def _version(world: World, key: ProfileKey, before: Brought | None, now: Fragment) -> int:
    """The version of the profile with which its part came to be: the same as long as the part is."""
    if before is not None and before.part == now:
        return before.version
    given = world.routes.parts.get(key)
    return given.version if given is not None else 0


async def _write(world: World, target: Target, manifest: Manifest) -> None:
    live = await world.cluster.get(manifest.ref)
    if live is not None and not is_ours(live):
        message = f"{manifest.ref}, in which shard {world.scope.shard} would bring its routes, is someone else's and is left alone."
        decide(world, target, None, Reason.ALERTMANAGER_SECRET_FOREIGN, message)
        raise Retry(f"{manifest.ref} is someone else's", at_most=60.0)
    if live is not None:
        admit(world, target, live)
    answer = await world.cluster.apply(manifest, only_at=live["metadata"]["resourceVersion"] if live is not None else "")
    world.store.applied(answer, manifest.digest)
    world.journal.wrote(manifest.ref.resource, "apply")


def _take_note(world: World, target: Target, manifest: Manifest, chosen: Chosen) -> None:
    """Whether the configuration Secret holds the fragment as it is now; until then its parts are not decided."""
    board, shard = world.routes, world.scope.shard
    content = manifest.body["metadata"]["annotations"][names.ANNOTATION_CONTENT]
    assembled = world.store.children.get(secret_ref(target.namespace, target.secret))
    if assembled is not None and content_taken(assembled.marks, shard) == content:
        board.waiting.pop(target, None)
        before = board.written.get(target, {})
        changed = (key for key, part in chosen.fragments.items() if before.get(key) != part)
        board.versions.update(dict.fromkeys(changed, assembled.resource_version))
        refused = {ProfileKey(*pair): why for pair, why in refusals(assembled.marks).items()}
        refused = {key: why for key, why in refused.items() if key in chosen.fragments}
        decide(world, target, Chosen(chosen.fragments, refused | chosen.refused))
        return
    known, since = board.waiting.get(target, ("", 0.0))
    if known != content:
        board.waiting[target] = (content, since if known and target in board.failed else world.clock())
        since = board.waiting[target][1]
    left = since + PATIENCE - world.clock()
    if left > 0:
        world.queue.add_after(target, left)
        return
    where = f"Secret {target.namespace}/{target.secret}"
    message = f"Shard {shard} has brought the routes in {manifest.ref}, and nobody has taken them into {where}: no operator assembles it."
    decide(world, target, None, Reason.NOT_ASSEMBLED, message)
