"""What reconciling a profile would run into, said before it is stored, in the words that its status would have.

Refused is what the operator's settings forbid. What stands in the way in the cluster may be about to go, and is mended when it goes:
of that is only warned. Everything is in memory but whose an object of a new child's name is: that is read, and only for a short time.
The profile's own dashboards are left out, because their texts are not in memory.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator

from monitoring_operator.adoption.dashboards import board_of
from monitoring_operator.adoption.retention import kept
from monitoring_operator.alertmanager.config_object import MODE, ConfigInputs, config_object
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.api.cluster import ApiError, Forbidden
from monitoring_operator.api.foreseen import Foreseen
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.names import Reason
from monitoring_operator.api.profile import InvalidProfile, Problem, Profile
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.content import reach
from monitoring_operator.reconcile.apply import TAKEN, is_made_for
from monitoring_operator.reconcile.gather import known_inputs, target_for
from monitoring_operator.reconcile.world import World
from monitoring_operator.render import Inputs, render
from monitoring_operator.render.objects import prometheus_labels
from monitoring_operator.store import ProfileKey

LONGEST_READING = 0.5
"""Seconds for which objects are read: somebody waits, and status says the same a moment later."""


async def foresee(world: World, profile: Profile, before: Profile | None, *, read: bool = True) -> Foreseen:
    """What stands in the way of `profile`, and did not stand in that of `before`, which is stored now; from memory alone unless `read`."""
    if not world.scope.sees(ProfileKey(profile.namespace, profile.name)):
        return Foreseen()
    manifests, now = _remember(world, profile)
    had, then = _remember(world, before) if before is not None else ([], Foreseen())
    refused = tuple(problem for problem in now.refused if problem not in then.refused)
    if refused:
        return Foreseen(refused)
    old = {m.ref for m in had}
    taken = await _taken(world, profile, [m for m in manifests if m.ref not in old]) if read else []
    return Foreseen(warnings=(*(words for words in now.warnings if words not in then.warnings), *taken))


def _remember(world: World, profile: Profile) -> tuple[list[Manifest], Foreseen]:
    """The profile's children, and what memory says against them."""
    inputs, _ = known_inputs(world, profile)
    config = config_object(profile, ConfigInputs(world.config_resource))
    try:
        manifests = [*render(profile, inputs), *([config] if config is not None else [])]
    except InvalidProfile as invalid:
        return [], Foreseen(invalid.problems)
    forbidden = sorted({why for m in manifests if (why := world.defaults.forbids(m.ref.namespace, profile.namespace))})
    return manifests, Foreseen(
        refused=tuple(Problem("spec.dashboards.namespace", why) for why in forbidden),
        warnings=tuple(_in_the_way(world, profile, manifests, inputs)),
    )


def _in_the_way(world: World, profile: Profile, manifests: Iterable[Manifest], inputs: Inputs) -> Iterator[str]:
    boards = [board for m in manifests if m.ref.resource == CONFIG_MAP and (board := board_of(m)) is not None]
    for ref, why in sorted(world.shelf.in_the_way(boards).items()):
        yield f"{ref}: {why}"
    labels = prometheus_labels(profile, inputs.prometheus_labels)
    yield from map(str, reach.problems(profile, kept(world.store.takers(), labels, profile.namespace)))
    target, notifications = target_for(world, profile), profile.spec.notifications
    if isinstance(target, Target) and notifications is not None and notifications.mode != MODE:
        reason, message = world.routes.failed.get(target, ("", ""))
        if reason in (Reason.ALERTMANAGER_SECRET_FOREIGN, Reason.ALERTMANAGER_SECRET_TAKEN):
            yield message


async def _taken(world: World, profile: Profile, manifests: Iterable[Manifest]) -> list[str]:
    """Of which of these children somebody else has the name; what cannot be read in time counts as free."""
    key, found = ProfileKey(profile.namespace, profile.name), []
    with contextlib.suppress(TimeoutError, ApiError):
        async with asyncio.timeout(LONGEST_READING):
            # One after another: many profiles at once must not crowd out the requests of those that are stored already.
            for manifest in manifests:
                child = world.store.children.get(manifest.ref)
                if (child is not None and child.digest and child.profile == key) or not world.is_served(manifest.ref.resource):
                    continue
                with contextlib.suppress(Forbidden):
                    live = await world.cluster.get(manifest.ref)
                    if live is not None and not live["metadata"].get("deletionTimestamp") and not is_made_for(live, manifest):
                        found.append(f"{manifest.ref}: {TAKEN}")
    return found
