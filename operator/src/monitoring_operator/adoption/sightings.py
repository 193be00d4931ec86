"""What was last seen of those who take up our objects: filled by whoever asks, read by whoever judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitoring_operator.adoption.dashboards import Shown
from monitoring_operator.adoption.metrics_present import Seen
from monitoring_operator.adoption.pages import Page
from monitoring_operator.adoption.routes import Sight
from monitoring_operator.adoption.rules import File
from monitoring_operator.adoption.services import Scene
from monitoring_operator.adoption.targets import Pool
from monitoring_operator.api.manifest import Ref


@dataclass(slots=True)
class Sightings:
    """Answers by the object of prometheus-operator that gave them; an object that is not here has not been asked."""

    rules: dict[Ref, Sequence[Page[dict[str, File]]]] = field(default_factory=dict)
    targets: dict[Ref, Sequence[Page[dict[str, Pool]]]] = field(default_factory=dict)
    metrics: dict[Ref, Seen] = field(default_factory=dict)
    alertmanagers: dict[Ref, Sight] = field(default_factory=dict)
    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Labels of namespaces, where somebody selects by them."""
    scenes: dict[str, Scene] = field(default_factory=dict)
    """Services of namespaces in which something is not scraped as it should be."""
    events: dict[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """prometheus-operator's refusing Events (as JSON) of namespaces in doubt, those asked last at the end."""
    refusals: dict[str, str] = field(default_factory=dict)
    """Their texts about an object of ours as it is now, by UID."""
    grafana: Shown | None = None
    """None where no Grafana is to be asked."""
    asked: frozenset[Ref] = frozenset()
    """Who was asked in the last round."""
    edition: int = 0
    """Another one once anything here has changed but `scenes`, which concern one namespace each."""
    _published: tuple[object, ...] = ()

    def publish(self) -> None:
        """A round of asking is over: if anything differs from the round before, this is another edition."""
        answers = dict(self.rules), dict(self.targets), dict(self.metrics), dict(self.alertmanagers)
        now = (*answers, self.namespaces, self.refusals, self.grafana, self.asked)
        if now != self._published:
            self._published = now
            self.edition += 1
