"""A profile on a fake cluster with a Prometheus, an Alertmanager and a Service, and an observer that looks when it is told to."""

import base64
from dataclasses import dataclass, field
from typing import Any

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_monitoring import FakeMonitoring, generated_secret
from harness.fake_world import FakeWorld, drain, world_of
from monitoring_operator.adoption.replicas import Way
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROFILE, PROMETHEUS_RULE, SECRET, SERVICE_MONITOR
from monitoring_operator.reconcile.observer import Observer
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.reconcile.world import Verification
from monitoring_operator.store import ProfileKey

Body = dict[str, Any]

KEY = ProfileKey("shop", "web")
PROFILE_REF = Ref(PROFILE, "shop", "web")
POOL = "serviceMonitor/shop/web/0"
SLACK = {"slack": {"apiUrl": {"secretKeyRef": {"name": "notify", "key": "slack"}}, "channel": "#a"}}
NOTIFY = {"notifications": {"warning": [SLACK]}}
GROUP = "monitoring.coreos.com/v1"


def prometheus(name: str = "k8s", **spec: Any) -> Body:
    """A Prometheus that selects by `release: kps` in all namespaces."""
    chosen = {"matchLabels": {"release": "kps"}}
    everything = {
        "serviceMonitorSelector": chosen,
        "serviceMonitorNamespaceSelector": {},
        "ruleSelector": chosen,
        "ruleNamespaceSelector": {},
    }
    return {
        "apiVersion": GROUP,
        "kind": "Prometheus",
        "metadata": {"namespace": "monitoring", "name": name},
        "spec": {**everything, **spec},
    }


def alertmanager(**status: Any) -> Body:
    """An Alertmanager that reads the Secret `routes`."""
    metadata = {"namespace": "monitoring", "name": "main"}
    return {"apiVersion": GROUP, "kind": "Alertmanager", "metadata": metadata, "spec": {"configSecret": "routes"}, "status": status}


def service(port: str = "http", namespace: str = "shop", app: str = "web") -> Body:
    """The application's Service."""
    metadata = {"namespace": namespace, "name": app, "labels": {"app": app}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"name": port, "port": 80}]}}


def endpoints(port: str = "http", namespace: str = "shop", app: str = "web") -> Body:
    """What is behind it."""
    metadata = {"namespace": namespace, "name": f"{app}-1", "labels": {"kubernetes.io/service-name": app}}
    found = [{"addresses": ["10.0.0.1"]}]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata,
        "ports": [{"name": port}],
        "endpoints": found,
    }


@dataclass
class Clock:
    """Monotonic seconds, moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.now


@dataclass
class Scene:
    """Everything that a test of the observer needs."""

    cluster: FakeCluster
    monitoring: FakeMonitoring = field(default_factory=FakeMonitoring)
    verification: Verification = field(default_factory=lambda: Verification(Way.DIRECT))
    clock: Clock = field(default_factory=Clock)
    world: FakeWorld = field(init=False)
    observer: Observer = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new operator process."""
        self.world = world_of(self.cluster)
        self.world.verification = self.verification
        self.world.clock = self.clock
        self.observer = Observer(self.world, self.monitoring)

    async def settle(self) -> None:
        """The operator hears of everything, does what is to be done, looks once, and does what follows from that."""
        await resync(self.world)
        await drain(self.world)
        await self.look()

    async def look(self, *, after: float = 0.0) -> None:
        """One more look, some seconds later."""
        self.clock.now += after
        await self.observer.look()
        await drain(self.world)

    def take_up(self) -> None:
        """prometheus-operator, Prometheus and Alertmanager take up what there is."""
        objects = self.cluster.objects
        self.monitoring.rules = [b for r, b in sorted(objects.items()) if r.resource == PROMETHEUS_RULE]
        pools = [f"serviceMonitor/{r.namespace}/{r.name}/0" for r in objects if r.resource == SERVICE_MONITOR]
        self.monitoring.targets = {key: [("up", "")] for key in pools}
        routes = objects.get(Ref(SECRET, "monitoring", "routes"))
        if routes is not None:
            self.generate()
            self.monitoring.config = self.written()

    def written(self) -> bytes:
        """The Alertmanager's configuration as the operator wrote it."""
        return base64.b64decode(self.cluster.objects[Ref(SECRET, "monitoring", "routes")]["data"]["alertmanager.yaml"])

    def generate(self) -> None:
        """prometheus-operator makes the Secret that Alertmanager's pods mount."""
        self.cluster.put(generated_secret("monitoring", "main", self.written()))

    def status(self, key: ProfileKey = KEY) -> Body:
        """The profile's status."""
        found: Body = self.cluster.objects[Ref(PROFILE, key.namespace, key.name)].get("status", {})
        return found

    def condition(self, type_: str, key: ProfileKey = KEY) -> tuple[str, str, str]:
        """Status, reason and message of a condition; empty where it is not there."""
        found: Body = next((c for c in self.status(key).get("conditions", ()) if c["type"] == type_), {})
        return found.get("status", ""), found.get("reason", ""), found.get("message", "")

    def writes(self) -> list[str]:
        """What was written since this was asked last."""
        found = self.cluster.writes()
        self.cluster.calls.clear()
        return found


def scene(*more: Body, routes: bool = True, **spec: Any) -> Scene:
    """A profile with notifications in a cluster where everything is there for it."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "shop", "name": "notify"}, "data": {"slack": "aHR0cDovL3g="}}
    profile = profile_body(**({**NOTIFY, **spec} if routes else spec))
    return Scene(FakeCluster(profile, secret, prometheus(), alertmanager(), service(), endpoints(), *more))


async def live(*more: Body, **spec: Any) -> Scene:
    """The same, once everything is live."""
    found = scene(*more, **spec)
    await found.settle()
    found.take_up()
    await found.look(after=1)
    assert ("True", "Live") == found.condition("Ready")[:2], found.status()
    found.writes()
    return found
