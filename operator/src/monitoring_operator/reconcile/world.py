"""What every reconcile works with, put together once at start and passed along instead of being global."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from monitoring_operator.adoption.expected import Expected
from monitoring_operator.adoption.patience import Belief
from monitoring_operator.adoption.replicas import Way
from monitoring_operator.adoption.sightings import Sightings
from monitoring_operator.alertmanager.target import Target, target_of
from monitoring_operator.api.cluster import Cluster
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import Resource
from monitoring_operator.reconcile.events import Announcements
from monitoring_operator.reconcile.routes import Board
from monitoring_operator.reconcile.shelf import Shelf
from monitoring_operator.render import Inputs
from monitoring_operator.store import ProfileKey, Store

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

    def checked(self, resources: Iterable[Resource], result: str) -> None: ...

    def heard(self, profile: Mapping[str, Any]) -> None: ...

    def judged(self, profile: Mapping[str, Any], status: Mapping[str, Any]) -> None: ...

    def forgot(self, namespace: str, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Defaults:
    """The operator's settings that rendering falls back to. `prometheus_labels` None: derive them from the cluster."""

    prometheus_labels: Mapping[str, str] | None = None
    inputs: Inputs = field(default_factory=Inputs)
    dashboard_namespaces: frozenset[str] | None = None
    """Where profiles may put dashboards, beside their own namespaces; None: anywhere."""

    def may_hold(self, namespace: str, owner_namespace: str) -> bool:
        """Whether a profile in `owner_namespace` may have children in `namespace`."""
        return namespace == owner_namespace or self.dashboard_namespaces is None or namespace in self.dashboard_namespaces


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


@dataclass(slots=True)
class Watched:
    """A profile whose objects are to be found live: what must be found, since when (monotonic seconds), and what is believed of it."""

    expected: Expected
    since: float
    belief: Belief = field(default_factory=Belief)
    targets: str = ""
    unwritten: Mapping[Ref, tuple[str, str]] = field(default_factory=dict)
    ambiguity: str = ""
    proven: frozenset[Ref] = frozenset()
    """Objects that somebody was seen to run as they are now."""
    fresh: bool = True
    """Whether its Services have yet to be looked at since it changed."""
    told: tuple[tuple[Fact, ...], str] | None = None
    """What its status was last made of."""

    @property
    def news(self) -> tuple[tuple[Fact, ...], str]:
        """What its status would be made of now."""
        return self.belief.facts(), self.targets


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
    agreed_labels: Mapping[str, str] | None = None
    """Labels on which the cluster's Prometheus objects last agreed: what is selected today is not given up because a newcomer disagrees."""
    types_changed: bool = False
    """Whether a type from a CRD has come or gone since the start."""

    def wake_routes(self) -> None:
        """Looks at every Alertmanager again, a moment from now."""
        targets = {p.target for p in self.routes.parts.values() if p.target is not None}
        for target in targets | {target_of(a) for a in self.store.alertmanagers()}:
            self.queue.add_after(target, COALESCE)

    def is_served(self, resource: Resource) -> bool:
        """Whether the API server has the resource type; unknown counts as yes, its answer will tell."""
        plurals = self.served.get((resource.group, resource.version))
        return not resource.group or plurals is None or resource.plural in plurals
