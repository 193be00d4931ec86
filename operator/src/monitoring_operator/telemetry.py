"""The operator's own metrics: what its users alert on when it is the operator that is ill."""

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from monitoring_operator.api.names import Condition
from monitoring_operator.api.resources import Resource

SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Telemetry:
    """All metrics of one operator process, in a registry of their own."""

    def __init__(self) -> None:
        # A creation time beside every counter doubles the page; Prometheus reads it only with a feature flag.
        disable_created_metrics()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.reconciles = Counter(
            "monitoring_operator_reconciles_total", "Reconciles by kind of key and result.", ["key", "result"], registry=self.registry
        )
        self.duration = Histogram(
            "monitoring_operator_reconcile_duration_seconds", "Duration of a reconcile.", ["key"], buckets=SECONDS, registry=self.registry
        )
        self.writes = Counter("monitoring_operator_writes_total", "Writes to the API server.", ["resource", "verb"], registry=self.registry)
        self.repairs = Counter(
            "monitoring_operator_drift_repaired_total", "Children that somebody had changed and that were put right.", ["resource"],
            registry=self.registry,
        )  # fmt: skip
        self.missed = Counter(
            "monitoring_operator_watch_missed_total",
            "Changes that a watch had lost and a resync found.",
            ["resource"],
            registry=self.registry,
        )
        self.depth = Gauge("monitoring_operator_queue_depth", "Keys that wait for a worker.", registry=self.registry)
        self.profiles = Gauge("monitoring_operator_profiles", "Profiles by readiness.", ["ready"], registry=self.registry)
        self.leader = Gauge("monitoring_operator_leader", "1 if this replica is the one that writes, else 0.", registry=self.registry)

    def watch(
        self, *, depth: Callable[[], int], profiles: Callable[[], list[Mapping[str, Any]]], leads: Callable[[], bool] = lambda: True
    ) -> None:
        """Takes the gauges from where the figures are, when they are asked for. The callables are called from the serving thread."""
        self.depth.set_function(depth)
        self.leader.set_function(lambda: float(leads()))
        self.profiles.labels("true").set_function(lambda: sum(is_ready(p) for p in profiles()))
        self.profiles.labels("false").set_function(lambda: sum(not is_ready(p) for p in profiles()))

    def wrote(self, resource: Resource, verb: str) -> None:
        """Counts a write."""
        self.writes.labels(resource.plural, verb).inc()

    def repaired(self, resource: Resource) -> None:
        """Counts a repair."""
        self.repairs.labels(resource.plural).inc()

    def page(self) -> bytes:
        """The metrics page in Prometheus' text format."""
        return generate_latest(self.registry)


def is_ready(profile: Mapping[str, Any]) -> bool:
    """Whether a profile (as JSON) says that it is ready."""
    conditions = (profile.get("status") or {}).get("conditions") or ()
    return any(c["type"] == Condition.READY and c["status"] == "True" for c in conditions)
