"""Good news is believed at once; bad news when it has held for a moment.

One failed scrape, one lost packet or a Prometheus that restarts is no reason to change a status: at a thousand profiles each such
change is a thousand writes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from monitoring_operator.api.facts import Fact
from monitoring_operator.api.names import Condition, Reason

PATIENCE = 5.0
"""Seconds for which a fact must differ from what is said before it is said instead."""

FLICKERING = frozenset({Condition.LOADED, Condition.TARGETS_UP, Condition.ROUTES_LIVE, Condition.METRICS_PRESENT})
"""What is heard from pods; other facts come from objects of Kubernetes."""
FROM_GRAFANA = frozenset({Reason.GRAFANA_UNREACHABLE, Reason.DASHBOARDS_MISSING, Reason.PENDING})


@dataclass(slots=True)
class Belief:
    """What is said of one profile, and since when something else has been seen (seconds of a monotonic clock), by condition."""

    said: dict[str, Fact] = field(default_factory=dict)
    doubted: dict[str, float] = field(default_factory=dict)
    good: dict[str, float] = field(default_factory=dict)
    """When each condition was last seen to be true."""

    @property
    def settled(self) -> bool:
        """Whether what is said is also what was seen last."""
        return not self.doubted

    def hear(self, seen: Iterable[Fact], now: float) -> None:
        """Takes what was seen now."""
        facts: Mapping[str, Fact] = {f.type: f for f in seen}
        for gone in self.said.keys() - facts.keys():
            self.said.pop(gone)
            self.doubted.pop(gone, None)
        for type_, fact in facts.items():
            if fact.status == "True":
                self.good[type_] = now
            before = self.said.get(type_)
            if before == fact:
                self.doubted.pop(type_, None)
            elif self._believable(before, fact, now):
                self.said[type_] = fact
                self.doubted.pop(type_, None)

    def see_again(self, now: float) -> None:
        """What is said to be true was seen to be true now."""
        self.good.update((type_, now) for type_, fact in self.said.items() if fact.status == "True")

    def _believable(self, before: Fact | None, fact: Fact, now: float) -> bool:
        good = fact.status == "True" and (before is None or before.status != "True")
        # What is being waited for may turn out either way.
        if before is None or before.reason == Reason.PENDING or good:
            return True
        if fact.type not in FLICKERING and fact.reason not in FROM_GRAFANA:
            return True
        return now - self.doubted.setdefault(fact.type, now) >= PATIENCE

    def forget(self, type_: str) -> None:
        """What was said of a condition was about something else: what is seen next is said at once."""
        self.said.pop(type_, None)
        self.doubted.pop(type_, None)

    def facts(self) -> tuple[Fact, ...]:
        """What is said, in the order of conditions."""
        return tuple(self.said[t] for t in Condition.FACTS if t in self.said)
