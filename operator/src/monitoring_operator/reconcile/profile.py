"""One profile, from what the cluster says of it to its children and its status."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from monitoring_operator.adoption.expected import expect
from monitoring_operator.alertmanager.assertions import failed_assertions
from monitoring_operator.alertmanager.config_object import MODE, config_object, inexpressible
from monitoring_operator.alertmanager.fragment import fragment
from monitoring_operator.alertmanager.target import NoTarget
from monitoring_operator.api.child import with_role
from monitoring_operator.api.cluster import ApiError, NotFound, NotServed
from monitoring_operator.api.manifest import Manifest, Ref, digest
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.profile import InvalidProfile, Problem, Profile, parse
from monitoring_operator.api.resources import PROFILE, PROMETHEUS_RULE
from monitoring_operator.content import reach
from monitoring_operator.content.check import problems as content_problems
from monitoring_operator.queue import LONGEST_BACKOFF, Retry
from monitoring_operator.reconcile.apply import apply_all, prune
from monitoring_operator.reconcile.claims import is_ours, own_claim
from monitoring_operator.reconcile.events import announce
from monitoring_operator.reconcile.foreign import look_at_foreign
from monitoring_operator.reconcile.gather import Gathered, gather
from monitoring_operator.reconcile.routes import Part, missing_credentials
from monitoring_operator.reconcile.verify import Verified, forget, note, note_config, verify, watch
from monitoring_operator.reconcile.world import COALESCE, Rendered, World
from monitoring_operator.render import render
from monitoring_operator.render.dashboards import left_out
from monitoring_operator.status import Observation, Outcome, RouteState, judge, own_part
from monitoring_operator.store import ProfileKey, profile_ref

UNWATCHED = frozenset({Reason.CRD_MISSING, Reason.DASHBOARD_CONFLICT, Reason.NAME_CONFLICT, Reason.NAMESPACE_MISSING})
UNWATCHED_RETRY = 60.0
"""Seconds after which is looked again at what stands in the way, where its going away is told by no watch."""

logger = logging.getLogger(__name__)

UNDECIDED = RouteState(live=None, reason="", message="")
"""The part is on the board, and its Alertmanager's key has yet to take it."""


async def reconcile_profile(world: World, key: ProfileKey) -> None:
    """Brings everything that belongs to the profile into the state that it asks for.

    Raises Retry when something may work later: the status then says what.
    """
    body = world.store.profiles.get(key)
    if body is None or body["metadata"].get("deletionTimestamp"):
        await _forget(world, key)
        return
    world.journal.heard(body)
    try:
        if not await is_ours(world, key, body):
            _let_go(world, key)
            return
        await _reconcile(world, key, world.store.profiles.get(key, body))
    except BaseException:
        # A profile that cannot even be looked at must not keep everybody else's notifications from being written.
        _keep_route(world, key)
        raise


def _let_go(world: World, key: ProfileKey) -> None:
    """The profile is another operator's now: what it has stays where it is, and its routes wait for whoever brings them."""
    world.rendered.pop(key, None)
    world.journal.forgot(key.namespace, key.name)
    forget(world, key)
    for target in world.routes.drop(key):
        world.queue.add_after(target, COALESCE)
    # Nobody need wait for it.
    world.routes.heard.add(key)


async def _reconcile(world: World, key: ProfileKey, body: Mapping[str, Any]) -> None:
    try:
        profile = _valid(body)
        try:
            gathered = await gather(world, profile)
        except ApiError as error:
            raise Retry(f"reading what it refers to: {error.message}") from error
        _refuse(reach.problems(profile, gathered.retention))
        # Before the children, because everybody's notifications wait for the last part, and nobody's children must delay them.
        _contribute(world, key, profile, gathered)
        outcomes, alerts = await _children(world, key, profile, gathered)
        note(world, key, outcomes, gathered.ambiguity)
    except InvalidProfile as invalid:
        _keep_route(world, key)
        await _report(world, key, body, _observe(world, key, body, problems=invalid.problems))
        return
    mode = profile.spec.notifications.mode if profile.spec.notifications else ""
    routes = _route_state(world, key, mode, gathered)
    missing = routes is None or routes.live is False
    note_config(world, key, None if missing else config_object(profile, gathered.config), gathered.target)
    failed = [o for o in outcomes if o.reason]
    if routes is UNDECIDED and not failed:
        # The Alertmanager's key wakes us when it is done: one status is written instead of two.
        return
    verified = verify(world, key)
    if not verified.complete and not failed:
        # The observer wakes us once it has asked everybody; until then what the status says stands.
        return
    decided = None if routes is UNDECIDED else routes
    verified = replace(verified, facts=(*verified.facts, *gathered.facts()))
    seen = _observe(world, key, body, outcomes=outcomes, alerts=alerts, routes=decided, verified=verified)
    await _report(world, key, body, seen)
    if failed:
        unwatched = all(o.reason in UNWATCHED for o in failed)
        raise Retry("; ".join(f"{o.ref}: {o.reason}" for o in failed), at_most=UNWATCHED_RETRY if unwatched else LONGEST_BACKOFF)


def _keep_route(world: World, key: ProfileKey) -> None:
    if world.routes.keep(key):
        world.wake_routes()


def _valid(body: Mapping[str, Any]) -> Profile:
    profile = parse(body)
    _refuse((*content_problems(profile), *inexpressible(profile), *failed_assertions(profile)))
    return profile


def _refuse(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise InvalidProfile(problems)


async def _children(world: World, key: ProfileKey, profile: Profile, gathered: Gathered) -> tuple[list[Outcome], int]:
    """Applies and prunes; renders only if something is not as the last rendering from the same inputs left it."""
    inputs, config = gathered.inputs, gathered.config
    own = sorted([*source, text] for source, text in inputs.own_dashboards.items())
    notified = [config.resource.version, dict(config.labels), sorted(config.missing)]
    fingerprint = digest([profile.uid, profile.generation, dict(inputs.prometheus_labels), own, notified])
    known = world.rendered.get(key)
    kept = left_out(profile, inputs, world.store.children_of(key))
    same = known is not None and known.fingerprint == fingerprint and _in_sync(world, key, known.digests, kept)
    if known is not None and same and not world.shelf.collisions(key):
        world.journal.checked((ref.resource for ref in known.digests), "unchanged")
        return [Outcome(ref) for ref in known.digests], known.alerts
    notifying = config_object(profile, config)
    rendered = [*render(profile, inputs), *([notifying] if notifying is not None else [])]
    manifests = [with_role(m, world.scope.role) for m in rendered] if world.scope.shard else rendered
    digests = {m.ref: m.digest for m in manifests}
    alerts = _count_alerts(manifests)
    watch(world, key, expect(manifests))
    conflicts = await _dashboards_in_the_way(world, key)
    stale = [m for m in manifests if m.ref not in conflicts and not world.store.in_sync(m.ref, m.digest)]
    world.journal.checked((ref.resource for ref in digests.keys() - conflicts.keys() - {m.ref for m in stale}), "unchanged")
    outcomes = {ref: Outcome(ref) for ref in digests}
    outcomes.update({ref: Outcome(ref, Reason.DASHBOARD_CONFLICT, why) for ref, why in conflicts.items()})
    outcomes.update({o.ref: o for o in await apply_all(world, key, stale)})
    # What is no longer wanted goes only once everything of its kind that might replace it is there.
    failed = {o.ref.resource for o in outcomes.values() if o.reason}
    held = {r for r in world.store.children_of(key) if r.resource in failed or _still_notifies(world, key, profile, r)} | kept
    outcomes.update({o.ref: o for o in await prune(world, key, frozenset(digests) | held)})
    if not any(o.reason for o in outcomes.values()):
        world.rendered[key] = Rendered(fingerprint, digests, alerts)
    return list(outcomes.values()), alerts


async def _dashboards_in_the_way(world: World, key: ProfileKey) -> dict[Ref, str]:
    """Those of the profile's dashboards that would collide with another one, and why."""
    expected = world.watched[key].expected
    world.shelf.put(key, expected.boards)
    try:
        await look_at_foreign(world, expected.board_labels)
    except ApiError as error:
        logger.info("dashboards of others could not be listed: %s", error.message)
    return world.shelf.collisions(key)


def _still_notifies(world: World, key: ProfileKey, profile: Profile, ref: Ref) -> bool:
    """Whether the child is the AlertmanagerConfig of a profile whose part of the shared Secret has yet to be written in its place."""
    return ref.resource == world.config_resource and profile.spec.notifications is not None and not world.routes.holds(key)


def _in_sync(world: World, key: ProfileKey, digests: Mapping[Ref, str], kept: frozenset[Ref]) -> bool:
    return all(world.store.in_sync(ref, d) for ref, d in digests.items()) and world.store.children_of(key) - kept <= digests.keys()


def _contribute(world: World, key: ProfileKey, profile: Profile, gathered: Gathered) -> None:
    """Puts the profile's part on the board; without an Alertmanager to put it to, what is live of it stays."""
    if isinstance(gathered.target, NoTarget):
        _keep_route(world, key)
        return
    built = fragment(profile, gathered.credentials)
    version = world.store.profiles[key]["metadata"]["resourceVersion"] if key in world.store.profiles else ""
    made_from = int(version) if version.isdigit() else 0
    part = Part(gathered.target, built, made_from) if gathered.target is not None and built is not None else None
    for concerned in world.routes.put(key, part):
        world.queue.add_after(concerned, COALESCE)


def _config_state(key: ProfileKey, gathered: Gathered) -> RouteState:
    """What became of the profile's AlertmanagerConfig."""
    if gathered.unselected:
        return RouteState(live=False, reason=Reason.ALERTMANAGER_CONFIG_NOT_SELECTED, message=gathered.unselected)
    if gathered.config.missing:
        return missing_credentials(sorted(gathered.config.missing))
    return RouteState(
        None, Reason.NOT_VERIFIED, f"Written as AlertmanagerConfig {key}; whether Alertmanager has loaded it is not verified."
    )


def _route_state(world: World, key: ProfileKey, mode: str, gathered: Gathered) -> RouteState | None:
    """What became of the profile's part; UNDECIDED while its Alertmanager's key has not run, None without notifications."""
    match gathered.target:
        case None:
            return None
        case NoTarget() as nothing:
            return RouteState(live=False, reason=nothing.reason, message=nothing.message)
    if mode == MODE:
        return _config_state(key, gathered)
    return world.routes.state(key) or UNDECIDED


def _observe(
    world: World,
    key: ProfileKey,
    body: Mapping[str, Any],
    *,
    problems: tuple[Problem, ...] = (),
    outcomes: Iterable[Outcome] = (),
    routes: RouteState | None = None,
    alerts: int | None = None,
    verified: Verified = Verified(),  # noqa: B008 -- immutable
) -> Observation:
    return Observation(
        generation=body["metadata"].get("generation", 1),
        problems=problems,
        outcomes=tuple(outcomes),
        routes=routes,
        children=tuple(r for r in world.store.children_of(key) if world.store.children[r].digest),
        alerts=alerts,
        facts=verified.facts,
        verified=verified.asked,
        targets=verified.targets,
        shard=own_claim(world.scope),
    )


async def _report(world: World, key: ProfileKey, body: Mapping[str, Any], seen: Observation) -> None:
    """Writes the status where it differs, and an Event where Ready has changed."""
    before = body.get("status") or {}
    status = judge(seen, before, world.now())
    world.journal.judged(body, status)
    if status == own_part(before):
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


async def _is_elsewhere(world: World, key: ProfileKey) -> bool:
    """Whether a profile that we do not select (any more) is there all the same."""
    try:
        found = [b async for b in world.cluster.list(PROFILE, namespace=key.namespace, fields=f"metadata.name={key.name}")]
    except ApiError as error:
        raise Retry(f"looking whether it is gone: {error.message}") from error
    return any(not body["metadata"].get("deletionTimestamp") for body in found)


async def _forget(world: World, key: ProfileKey) -> None:
    """The profile is gone. Its own namespace is swept by Kubernetes' garbage collector; what lives elsewhere is ours to remove."""
    if world.scope.selector and await _is_elsewhere(world, key):
        _let_go(world, key)
        world.routes.heard.discard(key)
        return
    world.rendered.pop(key, None)
    world.journal.forgot(key.namespace, key.name)
    forget(world, key)
    for target in world.routes.drop(key):
        world.queue.add_after(target, COALESCE)
    stay = frozenset(r for r in world.store.children_of(key) if r.namespace == key.namespace)
    left = await prune(world, key, stay)
    if left:
        raise Retry("; ".join(f"{o.ref}: {o.message}" for o in left))


def _count_alerts(manifests: list[Manifest]) -> int:
    rules = (r for m in manifests if m.ref.resource == PROMETHEUS_RULE for g in m.body["spec"]["groups"] for r in g["rules"])
    return sum("alert" in r for r in rules)
