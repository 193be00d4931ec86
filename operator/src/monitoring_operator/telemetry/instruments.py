"""The instruments of one operator process, in a registry of their own."""

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
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

from monitoring_operator.api.resources import CHILDREN, PROFILE, WORKLOADS, Resource
from monitoring_operator.telemetry import catalogue
from monitoring_operator.telemetry.adoption import Adoption
from monitoring_operator.telemetry.catalogue import Metric
from monitoring_operator.telemetry.state import Picture, StateCollector

KEYS = ("profile", "alertmanager")
RESULTS = ("success", "retry", "error")
CHECKS = ("applied", "unchanged", "failed")


class Telemetry:
    """All metrics of one operator process. Safe to be read from another thread than the one that counts."""

    def __init__(self) -> None:
        # A creation time beside every counter doubles the page; Prometheus reads it only with a feature flag.
        disable_created_metrics()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._state = StateCollector({"version": version("monitoring-operator"), "python": platform.python_version()})
        self.registry.register(self._state)
        self._reconciles = self._counter(catalogue.RECONCILES)
        self._reconcile_duration = self._histogram(catalogue.RECONCILE_DURATION)
        self._checked = self._counter(catalogue.CHECKED)
        self._writes = self._counter(catalogue.WRITES)
        self._repairs = self._counter(catalogue.REPAIRS)
        self._missed = self._counter(catalogue.MISSED)
        self._base = Gauge(catalogue.BASE_CONFIG.name, catalogue.BASE_CONFIG.help, catalogue.BASE_CONFIG.labels, registry=self.registry)
        self._wait = self._histogram(catalogue.QUEUE_WAIT)
        self._retries = self._counter(catalogue.QUEUE_RETRIES)
        self._queries = self._counter(catalogue.QUERIES)
        self._requests = self._counter(catalogue.API_REQUESTS)
        self._request_duration = self._histogram(catalogue.API_DURATION)
        self._adoption = Adoption(self._histogram(catalogue.ADOPTION).observe)
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Series whose first count is news: `increase` does not see a series come."""
        for key in KEYS:
            self._retries.labels(key)
            for result in RESULTS:
                self._reconciles.labels(key, result)
        for resource in CHILDREN:
            self._repairs.labels(resource.plural)
            for result in CHECKS:
                self._checked.labels(resource.plural, result)
        for resource in (PROFILE, *CHILDREN, *WORKLOADS):
            self._missed.labels(resource.plural)

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.help, metric.labels, registry=self.registry)

    def _histogram(self, metric: Metric) -> Histogram:
        return Histogram(metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=self.registry)

    def watch(self, picture: Picture) -> None:
        """Takes the gauges from where the figures are, each time that they are asked for."""
        self._state.picture = picture

    def reconciled(self, key: str, result: str, seconds: float) -> None:
        """Counts a reconcile."""
        self._reconciles.labels(key, result).inc()
        self._reconcile_duration.labels(key).observe(seconds)

    def checked(self, resources: Iterable[Resource], result: str) -> None:
        """Counts objects that were looked at."""
        for resource in resources:
            self._checked.labels(resource.plural, result).inc()

    def wrote(self, resource: Resource, verb: str) -> None:
        """Counts a write."""
        self._writes.labels(resource.plural, verb).inc()

    def repaired(self, resource: Resource) -> None:
        """Counts a repair."""
        self._repairs.labels(resource.plural).inc()

    def base(self, namespace: str, alertmanager: str, *, good: bool) -> None:
        """Notes whether the base configuration of an Alertmanager can be merged."""
        self._base.labels(namespace, alertmanager).set(good)

    def missed(self, resource: Resource, count: int) -> None:
        """Counts changes that only a resync has found."""
        self._missed.labels(resource.plural).inc(count)

    def asked(self, whom: str, *, answered: bool) -> None:
        """Counts a question to somebody who takes our objects up."""
        self._queries.labels(whom, "answered" if answered else "failed").inc()

    def waited(self, seconds: float) -> None:
        """Counts the wait of a key that a worker has now taken."""
        self._wait.observe(seconds)

    def retried(self, key: str) -> None:
        """Counts a key that is to be tried again."""
        self._retries.labels(key).inc()

    def requested(self, method: str, status: int, seconds: float) -> None:
        """Counts a request to the API server; a status of 0 is one without an answer."""
        self._requests.labels(method, str(status) if status else "none").inc()
        self._request_duration.labels(method).observe(seconds)

    def heard(self, profile: Mapping[str, Any]) -> None:
        """A profile (as JSON) is as it is now."""
        self._adoption.heard(profile)

    def judged(self, profile: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """A profile is found to have this status."""
        self._adoption.judged(profile, status)

    def forgot(self, namespace: str, name: str) -> None:
        """A profile is gone."""
        self._adoption.forget((namespace, name))

    def page(self) -> bytes:
        """The metrics page in Prometheus' text format."""
        return generate_latest(self.registry)
