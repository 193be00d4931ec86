"""What every reconcile works with, put together once at start and passed along instead of being global."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from monitoring_operator.adoption.expected import Expected
from monitoring_operator.adoption.patience import Belief
from monitoring_operator.adoption.replicas import Way
from monitoring_operator.adoption.services import Scene
from monitoring_operator.adoption.sightings import Sightings
from monitoring_operator.adoption.verdict import Answer, Question
from monitoring_operator.alertmanager.accepted import Version
from monitoring_operator.alertmanager.shards import Brought, Bundle
from monitoring_operator.alertmanager.target import Target, target_of
from monitoring_operator.api import names
from monitoring_operator.api.cluster import Cluster
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import ALERTMANAGER_CONFIGS, Resource
from monitoring_operator.reconcile.claims import Contest
from monitoring_operator.reconcile.events import Announcements
from monitoring_operator.reconcile.routes import Board
from monitoring_operator.reconcile.scope import Scope
from monitoring_operator.reconcile.shelf import Shelf
from monitoring_operator.render import Inputs
from monitoring_operator.store import Child, ProfileKey, Store, secret_ref

Key = ProfileKey | Target

COALESCE = 0.5
"""Seconds that an Alertmanager's key waits for further profiles before its Secret is written."""


class Queue(Protocol):
    """How a reconcile wakes another key."""

    def add(self, key: Key) -> None: ...

    def add_after(self, key: Key, seconds: float) -> None: ...


class Journal(Protocol):
    """Where a reconcile says what it did: the operator's own metrics."""

    def wrote(self, resource: Resource, verb: str) -> None: ...

    def repaired(self, resource: Resource) -> None: ...

    def asked(self, whom: str, *, answered: bool) -> None: ...

    def checked(self, resources: Iterable[Resource], result: str) -> None: ...

    def heard(self, profile: Mapping[str, Any]) -> None: ...

    def judged(self, profile: Mapping[str, Any], status: Mapping[str, Any]) -> None: ...

    def forgot(self, namespace: str, name: str) -> None: ...

    def base(self, namespace: str, alertmanager: str, *, good: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Defaults:
    """The operator's settings that rendering falls back to. `prometheus_labels` None: derive them from the cluster.

    `bases` names, by namespace and name of an Alertmanager, the Secret with the configuration of its owner's that is merged.
    """

    prometheus_labels: Mapping[str, str] | None = None
    inputs: Inputs = field(default_factory=Inputs)
    dashboard_namespaces: frozenset[str] | None = None
    """Where profiles may put dashboards, beside their own namespaces; None: anywhere."""
    bases: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def forbids(self, namespace: str, owner_namespace: str) -> str:
        """Why a profile in `owner_namespace` may not have children in `namespace`; empty if it may."""
        if namespace == owner_namespace or self.dashboard_namespaces is None or namespace in self.dashboard_namespaces:
            return ""
        allowed = ", ".join(sorted(self.dashboard_namespaces)) or "none"
        return f"profiles may not put dashboards into namespace {namespace}; beside their own: {allowed}"


@dataclass(frozen=True, slots=True)
class Verification:
    """How it is found out whether what was written is live. `interval` in seconds; `namespaces` empty means the whole cluster.

    Grafana is asked only where there is a token for it.
    """

    way: Way = Way.OFF
    interval: float = 10.0
    grafana_url: str = ""
    grafana_token: str = field(default="", repr=False)
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Configured:
    """A profile's AlertmanagerConfig as it was last written: who reads it, its digest, and the receivers that come of it.

    `since` is the version with which it came to be as it is; 0 where it was seen running before.
    """

    target: Target
    digest: str
    receivers: frozenset[str]
    since: int


@dataclass(slots=True)
class Watched:
    """A profile whose objects are to be found live: what must be found, since when (monotonic seconds), and what is believed of it."""

    expected: Expected
    since: float
    belief: Belief = field(default_factory=Belief)
    targets: str = ""
    unwritten: Mapping[Ref, tuple[str, str]] = field(default_factory=dict)
    ambiguity: str = ""
    routed: int = 0
    """The version with which the routes that were last looked for came to be; 0 while this process has written none."""
    config: Configured | None = None
    """In the mode AlertmanagerConfig, while nothing of it is missing."""
    proven: frozenset[Ref] = frozenset()
    """Objects that somebody was seen to run as they are now."""
    fresh: bool = True
    """Whether its Services have yet to be looked at since it changed."""
    told: tuple[tuple[Fact, ...], str] | None = None
    """What its status was last made of."""

    judged: "Judged | None" = None

    @property
    def news(self) -> tuple[tuple[Fact, ...], str]:
        """What its status would be made of now."""
        return self.belief.facts(), self.targets


@dataclass(frozen=True, slots=True)
class Judged:
    """A profile's last judgement: of the same question, about the same sightings, it is the same answer."""

    question: Question
    edition: int
    scene: Scene | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was last rendered and applied of a profile, and from what: the same inputs need no second rendering."""

    fingerprint: str
    digests: Mapping[Ref, str]
    alerts: int


@dataclass(slots=True)
class World:
    """The cluster, what is known of it, and the ways to speak. `now` gives an RFC 3339 time in UTC."""

    cluster: Cluster
    store: Store
    queue: Queue
    journal: Journal
    now: Callable[[], str]
    defaults: Defaults = field(default_factory=Defaults)
    scope: Scope = field(default_factory=Scope)
    routes: Board = field(default_factory=Board)
    announcements: Announcements = field(default_factory=Announcements)
    served: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """Resource types that the API server serves, by group and version; kept current by the resync."""
    rendered: dict[ProfileKey, Rendered] = field(default_factory=dict)
    verification: Verification = field(default_factory=Verification)
    sightings: Sightings = field(default_factory=Sightings)
    watched: dict[ProfileKey, Watched] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something has changed and should be looked at sooner than the interval says."""
    clock: Callable[[], float] = time.monotonic
    contests: dict[ProfileKey, Contest] = field(default_factory=dict)
    """Profiles that we select and that another operator looks after."""
    bundles: dict[Ref, tuple[Target, Bundle]] = field(default_factory=dict)
    """The fragments of shards as they were last read, and what they are for."""
    remembered: dict[Target, dict[ProfileKey, Brought]] = field(default_factory=dict)
    """What the fragments of this shard held when they were last written."""
    agreed_labels: Mapping[str, str] | None = None
    """Labels on which the cluster's Prometheus objects last agreed: what is selected today is not given up because a newcomer disagrees."""
    bases: dict[Ref, str] = field(default_factory=dict)
    """Resource versions of the Secrets that hold base configurations; empty where one is missing."""
    prometheus_operator: Version | None = None
    """The version of prometheus-operator's CRDs; None where it is not known."""
    chosen_config: Resource | None = None
    clusterwide: bool = True
    """Whether objects that belong to no namespace may be read."""
    types_changed: bool = False
    """Whether a type from a CRD has come or gone since the start."""

    @property
    def config_resource(self) -> Resource:
        """The version of AlertmanagerConfig that is used: chosen once, because one object has a name in each version that is served."""
        if self.chosen_config is None:
            served = [r for r in ALERTMANAGER_CONFIGS if r.plural in self.served.get((r.group, r.version), frozenset())]
            if not served:
                return ALERTMANAGER_CONFIGS[-1]
            self.chosen_config = served[0]
        return self.chosen_config

    def alertmanagers(self, target: Target) -> list[Mapping[str, Any]]:
        """The Alertmanager objects that are `target`, sorted."""
        return [body for body in self.store.alertmanagers() if target_of(body) == target]

    def base_of(self, target: Target) -> Ref | None:
        """The Secret with the base configuration of `target`; None if there is to be none."""
        for body in self.alertmanagers(target):
            name = self.defaults.bases.get((body["metadata"]["namespace"], body["metadata"]["name"]))
            if name is not None:
                return secret_ref(target.namespace, name)
        return None

    def based_on(self, ref: Ref) -> list[Target]:
        """The targets whose base configuration a Secret holds."""
        targets = {target_of(body) for body in self.store.alertmanagers()}
        return [target for target in sorted(targets) if self.base_of(target) == ref]

    def wake_readers(self, secret: Ref, child: Child) -> None:
        """Looks again at the Alertmanager whose configuration a Secret is, or, being a fragment, is a part of."""
        read = child.marks.get(names.ANNOTATION_FOR_SECRET, secret.name)
        for target in map(target_of, self.store.alertmanagers()):
            if (target.namespace, target.secret) == (secret.namespace, read):
                if read == secret.name:
                    self.queue.add(target)
                else:
                    # Shards that start together are taken up together.
                    self.queue.add_after(target, COALESCE)

    def wake_routes(self) -> None:
        """Looks at every Alertmanager again, a moment from now."""
        targets = {p.target for p in self.routes.parts.values() if p.target is not None}
        for target in targets | {target_of(a) for a in self.store.alertmanagers()}:
            self.queue.add_after(target, COALESCE)

    def watches(self, resource: Resource) -> bool:
        """Whether a kind is of interest to this operator."""
        return self.scope.watches(resource)

    def is_served(self, resource: Resource) -> bool:
        """Whether the API server has the resource type; unknown counts as yes, its answer will tell."""
        plurals = self.served.get((resource.group, resource.version))
        return not resource.group or plurals is None or resource.plural in plurals
