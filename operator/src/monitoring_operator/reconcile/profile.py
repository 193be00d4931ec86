"""One profile, from what the cluster says of it to its children and its status."""

import logging
from collections.abc import Mapping
from typing import Any

from monitoring_operator.alertmanager.fragment import fragment
from monitoring_operator.alertmanager.target import NoTarget, Target
from monitoring_operator.api.cluster import ApiError, NotFound, NotServed
from monitoring_operator.api.manifest import Manifest, Ref, digest
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.profile import InvalidProfile, Problem, Profile, parse
from monitoring_operator.api.resources import PROMETHEUS_RULE
from monitoring_operator.content.check import problems as content_problems
from monitoring_operator.queue import LONGEST_BACKOFF, Retry
from monitoring_operator.reconcile.apply import apply_all, prune
from monitoring_operator.reconcile.events import announce
from monitoring_operator.reconcile.gather import Gathered, gather
from monitoring_operator.reconcile.routes import Part
from monitoring_operator.reconcile.world import COALESCE, World
from monitoring_operator.render import Inputs, render
from monitoring_operator.status import Observation, Outcome, RouteState, judge
from monitoring_operator.store import ProfileKey, profile_ref

UNWATCHED = frozenset({Reason.CRD_MISSING, Reason.NAME_CONFLICT, Reason.NAMESPACE_MISSING})
UNWATCHED_RETRY = 60.0
"""Seconds after which is looked again at what stands in the way, where its going away is told by no watch."""

logger = logging.getLogger(__name__)


async def reconcile_profile(world: World, key: ProfileKey) -> None:
    """Brings everything that belongs to the profile into the state that it asks for.

    Raises Retry when something may work later: the status then says what.
    """
    body = world.store.profiles.get(key)
    if body is None or body["metadata"].get("deletionTimestamp"):
        await _forget(world, key)
        return
    try:
        await _reconcile(world, key, body)
    except Exception:
        # A profile that cannot even be looked at must not keep everybody else's notifications from being written.
        _keep_route(world, key)
        raise


async def _reconcile(world: World, key: ProfileKey, body: Mapping[str, Any]) -> None:
    try:
        profile = _valid(body)
    except InvalidProfile as invalid:
        _keep_route(world, key)
        await _report(world, key, body, _observe(world, key, body, problems=invalid.problems))
        return
    try:
        gathered = await gather(world, profile)
    except ApiError as error:
        raise Retry(f"reading what it refers to: {error.message}") from error
    outcomes, alerts = await _children(world, key, profile, gathered.inputs)
    routes, undecided = _routes(world, key, profile, gathered)
    failed = any(o.reason for o in outcomes)
    if undecided and not failed:
        # The Alertmanager's key wakes us when it is done: one status is written instead of two.
        return
    seen = _observe(world, key, body, outcomes=outcomes, alerts=alerts, routes=routes, notes=gathered.notes)
    await _report(world, key, body, seen)
    if failed:
        unwatched = all(o.reason in UNWATCHED for o in outcomes if o.reason)
        raise Retry(
            "; ".join(f"{o.ref}: {o.reason}" for o in outcomes if o.reason), at_most=UNWATCHED_RETRY if unwatched else LONGEST_BACKOFF
        )


def _keep_route(world: World, key: ProfileKey) -> None:
    if world.routes.keep(key):
        world.wake_routes()


def _valid(body: Mapping[str, Any]) -> Profile:
    profile = parse(body)
    problems = content_problems(profile)
    if problems:
        raise InvalidProfile(tuple(problems))
    return profile


async def _children(world: World, key: ProfileKey, profile: Profile, inputs: Inputs) -> tuple[list[Outcome], int]:
    """Applies and prunes; renders only if something is not as the last rendering from the same inputs left it."""
    fingerprint = digest([profile.uid, profile.generation, dict(inputs.prometheus_labels)])
    known = world.rendered.get(key)
    if known is not None and known[0] == fingerprint and _in_sync(world, key, known[1]):
        return [Outcome(ref) for ref, _ in known[1]], known[2]
    manifests = render(profile, inputs)
    wanted = tuple((m.ref, m.digest) for m in manifests)
    alerts = _count_alerts(manifests)
    stale = [m for m in manifests if not world.store.in_sync(m.ref, m.digest)]
    outcomes = {ref: Outcome(ref) for ref, _ in wanted}
    outcomes.update({o.ref: o for o in await apply_all(world, key, stale)})
    if not any(o.reason for o in outcomes.values()):
        # What is no longer wanted goes only once everything that replaces it is there.
        outcomes.update({o.ref: o for o in await prune(world, key, frozenset(outcomes))})
        world.rendered[key] = (fingerprint, wanted, alerts)
    return list(outcomes.values()), alerts


def _in_sync(world: World, key: ProfileKey, wanted: tuple[tuple[Ref, str], ...]) -> bool:
    refs = {ref for ref, _ in wanted}
    return all(world.store.in_sync(ref, d) for ref, d in wanted) and world.store.children_of(key) <= refs


def _routes(world: World, key: ProfileKey, profile: Profile, gathered: Gathered) -> tuple[RouteState | None, bool]:
    """Puts the profile's part on the board; says what became of it, and whether that is still undecided."""
    target = gathered.target
    part = None
    if isinstance(target, Target):
        part = Part(target, fragment(profile, gathered.credentials))
    for concerned in world.routes.put(key, part):
        world.queue.add_after(concerned, COALESCE)
    if isinstance(target, NoTarget):
        return RouteState(live=False, reason=target.reason, message=target.message), False
    if target is None:
        return None, False
    state = world.routes.state(key)
    return state, state is None


def _observe(world: World, key: ProfileKey, body: Mapping[str, Any], **seen: Any) -> Observation:
    problems: tuple[Problem, ...] = seen.pop("problems", ())
    return Observation(
        generation=body["metadata"].get("generation", 1),
        problems=problems,
        outcomes=tuple(seen.pop("outcomes", ())),
        children=tuple(r for r in world.store.children_of(key) if world.store.children[r].digest),
        **seen,
    )


async def _report(world: World, key: ProfileKey, body: Mapping[str, Any], seen: Observation) -> None:
    """Writes the status where it differs, and an Event where Ready has changed."""
    before = body.get("status") or {}
    status = judge(seen, before, world.now())
    if status == before:
        return
    try:
        answer = await world.cluster.apply_status(profile_ref(key), status)
    except (NotFound, NotServed):
        return
    except ApiError as error:
        raise Retry(f"writing its status: {error.message}") from error
    world.store.put_profile(answer)
    world.journal.wrote(profile_ref(key).resource, "status")
    await announce(world, body, _condition(before), _condition(status))


def _condition(status: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((c for c in status.get("conditions") or () if c["type"] == Condition.READY), {})


async def _forget(world: World, key: ProfileKey) -> None:
    """The profile is gone. Its own namespace is swept by Kubernetes' garbage collector; what lives elsewhere is ours to remove."""
    world.rendered.pop(key, None)
    for target in world.routes.drop(key):
        world.queue.add_after(target, COALESCE)
    stay = frozenset(r for r in world.store.children_of(key) if r.namespace == key.namespace)
    left = await prune(world, key, stay)
    if left:
        raise Retry("; ".join(f"{o.ref}: {o.message}" for o in left))


def _count_alerts(manifests: list[Manifest]) -> int:
    rules = (r for m in manifests if m.ref.resource == PROMETHEUS_RULE for g in m.body["spec"]["groups"] for r in g["rules"])
    return sum("alert" in r for r in rules)
