"""Gauges that are read off the operator's picture of the cluster when somebody asks, so that they can never be out of date."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitoring_operator.api.names import Condition
from monitoring_operator.api.resources import CHILDREN, Resource
from monitoring_operator.telemetry import catalogue
from monitoring_operator.telemetry.catalogue import Metric

STATUSES = ("True", "False", "Unknown")


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the figures are. The callables are called from the serving thread and must give copies.

    `profiles` are as JSON; the times are in seconds.
    """

    profiles: Callable[[], Sequence[Mapping[str, Any]]]
    children: Callable[[], Sequence[Resource]]
    depth: Callable[[], int]
    oldest_wait: Callable[[], float]
    longest_run: Callable[[], float]
    leads: Callable[[], bool] = lambda: True


class StateCollector(Collector):
    """Of what the operator knows now."""

    def __init__(self, build: Mapping[str, str]) -> None:
        self._build = build
        self.picture: Picture | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every gauge; before there is a picture only what was built."""
        yield _family(catalogue.BUILD_INFO, {tuple(self._build[label] for label in catalogue.BUILD_INFO.labels): 1.0})
        picture = self.picture
        if picture is None:
            return
        profiles = picture.profiles()
        ready = sum(is_ready(p) for p in profiles)
        yield _family(catalogue.PROFILES, {("true",): ready, ("false",): len(profiles) - ready})
        yield _family(catalogue.LEADER, {(): float(picture.leads())})
        yield _family(catalogue.CONDITIONS, conditions(profiles))
        kept = Counter(picture.children())
        yield _family(catalogue.CHILDREN, {(r.plural,): kept[r] for r in CHILDREN})
        yield _family(catalogue.QUEUE_DEPTH, {(): picture.depth()})
        yield _family(catalogue.QUEUE_OLDEST, {(): picture.oldest_wait()})
        yield _family(catalogue.QUEUE_RUNNING, {(): picture.longest_run()})


def conditions(profiles: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], float]:
    """How many profiles say what, for every type and status that there can be."""
    found = Counter((c["type"], c["status"]) for p in profiles for c in _conditions(p))
    return {(type_, status): found[type_, status] for type_ in sorted(Condition.ALL) for status in STATUSES}


def is_ready(profile: Mapping[str, Any]) -> bool:
    """Whether a profile (as JSON) says that it is ready."""
    return any(c["type"] == Condition.READY and c["status"] == "True" for c in _conditions(profile))


def _conditions(profile: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (profile.get("status") or {}).get("conditions") or ()


def _family(metric: Metric, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
