"""Why a ServiceMonitor finds no targets: a chain of Service, port name and endpoints of which each link may be missing."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring_operator.adoption.expected import Scrape
from monitoring_operator.adoption.selection import in_words, matches
from monitoring_operator.api.names import Reason

Object = Mapping[str, Any]

SHOWN = 5
SERVICE_OF_SLICE = "kubernetes.io/service-name"


@dataclass
class Scene:
    """The Services of a namespace and their EndpointSlices (as JSON), each found without looking through all the others."""

    services: Sequence[Object]
    slices: Sequence[Object]

    def __post_init__(self) -> None:
        self._by_label: defaultdict[tuple[str, str], list[Object]] = defaultdict(list)
        self._slices: defaultdict[str, list[Object]] = defaultdict(list)
        for service in self.services:
            for label in (service["metadata"].get("labels") or {}).items():
                self._by_label[label].append(service)
        for piece in self.slices:
            self._slices[(piece["metadata"].get("labels") or {}).get(SERVICE_OF_SLICE, "")].append(piece)

    @functools.cached_property
    def in_words(self) -> str:
        """The Services there, with their labels."""
        return _listed(_service(s) for s in self.services) or "none at all"

    def chosen(self, selector: Object) -> list[Object]:
        """The Services that a label selector takes."""
        wanted = (selector.get("matchLabels") or {}).items()
        candidates = min((self._by_label.get(label, []) for label in wanted), key=len, default=self.services)
        return [s for s in candidates if matches(selector, s["metadata"].get("labels") or {})]

    def slices_of(self, service: str) -> list[Object]:
        """The EndpointSlices of a Service."""
        return self._slices.get(service, [])


@dataclass(frozen=True, slots=True)
class Trouble:
    """The link that is missing."""

    reason: str
    message: str


def trouble(scrape: Scrape, scene: Scene) -> Trouble | None:
    """What keeps a ServiceMonitor from having targets; None if its Services give it some."""
    namespace, selector = scrape.ref.namespace, in_words(scrape.selector)
    chosen = scene.chosen(scrape.selector)
    if not chosen:
        return Trouble(
            Reason.SERVICE_MISSING,
            f"No Service in namespace {namespace} has the labels {selector} of spec.scrape.selector; the Services there: {scene.in_words}.",
        )
    ported = [s for s in chosen if scrape.port in _port_names(s)]
    if not ported:
        there = _listed(f"{_name(s)} has {_ports(s)}" for s in chosen)
        return Trouble(Reason.PORT_NOT_FOUND, f"No Service with {selector} has a port named {scrape.port}, spec.scrape.port; {there}.")
    slices = [piece for s in ported for piece in scene.slices_of(_name(s))]
    if not any(s.get("endpoints") for s in slices):
        pods = _listed(f"{_name(s)} selects {in_words({'matchLabels': (s.get('spec') or {}).get('selector') or {}})}" for s in ported)
        return Trouble(Reason.NO_ENDPOINTS, f"No pod is behind the Service: {pods}; start the application, or mend the Service's selector.")
    if not any(port.get("name") == scrape.port for s in slices if s.get("endpoints") for port in s.get("ports") or ()):
        service = ported[0]
        target = next(p.get("targetPort") for p in service["spec"]["ports"] if p.get("name") == scrape.port)
        return Trouble(
            Reason.NO_ENDPOINTS,
            f"Port {scrape.port} of Service {_name(service)} leads to the container port {target}, which no pod behind it has.",
        )
    return None


def _name(service: Object) -> str:
    return str(service["metadata"]["name"])


def _service(service: Object) -> str:
    labels = ",".join(f"{k}={v}" for k, v in sorted((service["metadata"].get("labels") or {}).items()))
    return f"{_name(service)} ({labels or 'no labels'})"


def _port_names(service: Object) -> set[str]:
    return {p.get("name", "") for p in (service.get("spec") or {}).get("ports") or ()}


def _ports(service: Object) -> str:
    found = (service.get("spec") or {}).get("ports") or ()
    return _listed(p.get("name") or f"{p['port']} (without a name)" for p in found) or "no ports"


def _listed(texts: Iterable[str]) -> str:
    found = sorted(texts)
    more = len(found) - SHOWN
    return ", ".join(found[:SHOWN]) + (f" and {more} more" if more > 0 else "")
