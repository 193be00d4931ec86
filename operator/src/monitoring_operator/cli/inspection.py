"""Looks at profiles in a cluster as the operator does, with the operator's own code, but writes nothing and believes no status."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from monitoring_operator.adoption import verdict
from monitoring_operator.adoption.by_replica import Told, differing
from monitoring_operator.adoption.expected import expect
from monitoring_operator.adoption.patience import Belief
from monitoring_operator.alertmanager.config_object import config_object
from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.fragment import Fragment, fragment
from monitoring_operator.alertmanager.secret import is_ours, previous
from monitoring_operator.alertmanager.target import NoTarget, Target
from monitoring_operator.api.cluster import ApiError, Cluster, Http
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.names import Reason
from monitoring_operator.api.profile import InvalidProfile, Problem, parse
from monitoring_operator.api.resources import SECRET, Resource
from monitoring_operator.content import reach
from monitoring_operator.content.check import problems as content_problems
from monitoring_operator.reconcile.dependencies import ask_services
from monitoring_operator.reconcile.gather import gather
from monitoring_operator.reconcile.observer import Observer
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.routes import Part
from monitoring_operator.reconcile.verify import note, note_config, question_of, watch
from monitoring_operator.reconcile.world import Defaults, Key, Verification, World
from monitoring_operator.render import render
from monitoring_operator.status import Outcome
from monitoring_operator.store import ProfileKey, Store, profile_ref

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found of one profile (`body`, as JSON).

    `objects` are its rendered objects, `trouble` what is wrong with each that is not as rendered. `credentials` are the (Secret, key) pairs
    that its notifications refer to, `without` those that are not there. `routes` says why its part is not in Alertmanager's Secret,
    empty where it is (None: it has none). `facts` are what those who take the objects up say; `asked` is False where there are none.
    """

    body: Object
    problems: tuple[Problem, ...] = ()
    objects: tuple[Ref, ...] = ()
    trouble: Mapping[Ref, str] = field(default_factory=dict)
    credentials: tuple[tuple[str, str], ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    routes: str | None = None
    facts: tuple[Fact, ...] = ()
    targets: str = ""
    asked: bool = True
    replicas: tuple[Told, ...] = ()
    """What the replicas say that do not agree."""


class _Nobody:
    """A queue and a journal for a World in which nothing is ever done."""

    def add(self, key: Key) -> None:
        """Nobody works."""

    def add_after(self, key: Key, seconds: float) -> None:
        """Nobody works."""

    def wrote(self, resource: Resource, verb: str) -> None:
        """Nothing is written."""

    def repaired(self, resource: Resource) -> None:
        """Nothing is written."""

    def asked(self, whom: str, *, answered: bool) -> None:
        """Nobody counts."""

    def checked(self, resources: Iterable[Resource], result: str) -> None:
        """Nobody counts."""

    def heard(self, profile: Object) -> None:
        """Nobody counts."""

    def judged(self, profile: Object, status: Object) -> None:
        """Nobody counts."""

    def forgot(self, namespace: str, name: str) -> None:
        """Nobody counts."""

    def base(self, namespace: str, alertmanager: str, *, good: bool) -> None:
        """Nobody counts."""


class Inspector:
    """Looks once a call; what it has seen of a Prometheus before, it does not take for what there is now."""

    def __init__(self, cluster: Cluster, http: Http, defaults: Defaults, verification: Verification) -> None:
        self._cluster = cluster
        self._http = http
        self._defaults = defaults
        self._verification = verification

    async def look(self, only: ProfileKey | None = None) -> list[Inspected]:
        """Every profile, or one; empty if there is none. Raises ApiError."""
        nobody = _Nobody()
        world = World(
            cluster=self._cluster,
            store=Store(),
            queue=nobody,
            journal=nobody,
            now=lambda: "",
            defaults=self._defaults,
            verification=self._verification,
        )
        await resync(world)
        keys = [key for key in sorted(world.store.profiles) if only in (None, key)]
        found = {key: await self._prepare(world, key) for key in keys}
        await Observer(world, self._http).look()
        await _all_services(world)
        return [self._judged(world, key, inspected) for key, inspected in found.items()]

    async def _prepare(self, world: World, key: ProfileKey) -> Inspected:
        """Everything that is told by Kubernetes alone."""
        body = world.store.profiles[key]
        try:
            profile = parse(body)
            gathered = await gather(world, profile)
            problems = (*content_problems(profile), *reach.problems(profile, gathered.retention))
        except InvalidProfile as invalid:
            return Inspected(body, invalid.problems)
        if problems:
            return Inspected(body, problems)
        config = config_object(profile, gathered.config)
        manifests = [*render(profile, gathered.inputs), *([config] if config is not None else [])]
        trouble = {m.ref: why for m in manifests if (why := _trouble(world, key, m))}
        watch(world, key, expect(manifests))
        watched = world.watched[key]
        watched.belief, watched.proven, watched.fresh = Belief(), frozenset(), True
        watched.since = world.clock() - await self._age(key, body)
        note(world, key, [Outcome(ref, Reason.REJECTED, why) for ref, why in trouble.items()], gathered.ambiguity)
        note_config(world, key, config if not (gathered.unselected or gathered.config.missing) else None, gathered.target)
        part = fragment(profile, gathered.credentials)
        routes = None if part is None else await self._routes(world, key, gathered.target, part)
        asked_for = wanted(profile)
        missing = tuple(c for c in asked_for if c not in gathered.credentials)
        objects = tuple(m.ref for m in manifests)
        return Inspected(body, (), objects, trouble, asked_for, missing, routes, gathered.facts(), asked=bool(world.store.takers()))

    async def _age(self, key: ProfileKey, body: Object) -> float:
        """Seconds since somebody last changed the profile's spec; infinite where that is not known."""
        whole = body if body["metadata"].get("generation", 1) == 1 else await self._cluster.get(profile_ref(key))
        metadata = (whole or body)["metadata"]
        times = [e["time"] for e in metadata.get("managedFields") or () if e.get("time") and e.get("subresource") != "status"]
        last = max(times, default=metadata.get("creationTimestamp"))
        if last is None:
            return inf
        return max(0.0, (datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(last)).total_seconds())

    async def _routes(self, world: World, key: ProfileKey, target: Target | NoTarget | None, part: Fragment) -> str:
        """Why the profile's part is not in its Alertmanager's Secret; empty if it is."""
        if not isinstance(target, Target):
            return target.message if target is not None else ""
        ref = Ref(SECRET, target.namespace, target.secret)
        live = await self._cluster.get(ref)
        if live is None:
            return f"{ref} is not there"
        if not is_ours(live):
            return f"{ref} is not the operator's, which leaves it alone"
        # The Secret says what is configured, and not what its author demands of it.
        part, written = replace(part, assertions=()), previous(live, key.namespace, key.name)
        world.routes.put(key, Part(target, part))
        world.routes.written.setdefault(target, {}).update({key: written} if written is not None else {})
        if written is None:
            return f"{ref} has nothing of this profile"
        return "" if written == part else f"{ref} has another version of this profile's part"

    @staticmethod
    def _judged(world: World, key: ProfileKey, inspected: Inspected) -> Inspected:
        """The same with what everybody said who was asked."""
        if key not in world.watched:
            return inspected
        question = question_of(world, key, world.watched[key])
        answer = verdict.judge(question, world.sightings)
        if not inspected.asked:
            return replace(inspected, targets=answer.targets)
        # What is wrong with the profile's own dashboards outweighs that the others are there.
        own = {fact.type for fact in inspected.facts}
        facts = (*(f for f in answer.facts if f.type not in own), *inspected.facts)
        return replace(inspected, facts=facts, targets=answer.targets, replicas=differing(question, world.sightings))


def _trouble(world: World, key: ProfileKey, manifest: Manifest) -> str:
    """What is wrong with a rendered object in the cluster; empty if nothing is."""
    child = world.store.children.get(manifest.ref)
    if child is None:
        return "is not there"
    if child.profile != key or not child.digest:
        return "is not this profile's"
    return "" if world.store.in_sync(manifest.ref, manifest.digest) else "is not as it should be"


async def _all_services(world: World) -> None:
    """The rest of the Services, of which the observer looks at some in a round."""
    while any(w.fresh for w in world.watched.values()):
        before = sum(w.fresh for w in world.watched.values())
        try:
            await ask_services(world)
        except ApiError:
            return
        if sum(w.fresh for w in world.watched.values()) == before:
            return
