"""Rule tests written by hand: what real counters, gauges and targets do, and which alert must fire when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from harness.content.profiles import NAME, NAMESPACE, profile
from monitoring_operator.api.profile import Profile
from monitoring_operator.proof import cases
from monitoring_operator.proof.timeline import Labels, Series

AT: Labels = MappingProxyType({"namespace": NAMESPACE, "job": NAME})
NEIGHBOURS: tuple[Labels, ...] = ({"namespace": NAMESPACE, "job": "neighbour"}, {"namespace": "elsewhere", "job": NAME})

SERVICE: tuple[Labels, ...] = ({},)
"""Fires for the service as a whole."""
SILENT: tuple[Labels, ...] = ()


@dataclass(frozen=True)
class Case:
    """`title` says what must happen; `fires` gives for some times the subjects, labels beside namespace and job, that the alert names."""

    alert: str
    title: str
    series: Sequence[Series]
    fires: Mapping[str, Sequence[Labels]]
    sections: Mapping[str, Any] = field(default_factory=dict)

    def profile(self) -> Profile:
        """The profile under test."""
        return profile(**self.sections)

    def test(self, rule: Mapping[str, Any], annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
        """As one of promtool's tests, of a rule that is labelled like `rule`."""
        fixed = {k: rule["labels"][k] for k in ("namespace", "profile", "severity", "signal")}
        expected = {"exp_annotations": dict(annotations)} if annotations else {}
        return {
            "name": f"{self.alert}: {self.title}",
            "input_series": [each.document() for each in self.series],
            "alert_rule_test": [
                {
                    "eval_time": at,
                    "alertname": self.alert,
                    "exp_alerts": [{"exp_labels": {**AT, **fixed, **subject}, **expected} for subject in subjects],
                }
                for at, subjects in self.fires.items()
            ],
        }

    def rule(self) -> dict[str, Any]:
        """The rule under test, without annotations."""
        return cases.rule(self.profile(), self.alert)
