"""The alerts as the YAML files under alerts/ give them: the product's own defaults, before any profile has its say."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

import yaml

from monitoring_operator.api.alerts import Severity
from monitoring_operator.api.profile import PACKS
from monitoring_operator.content import parameters

AVAILABILITY = "availability"
"""The group that every profile gets, whatever its packs."""

GROUPS = (AVAILABILITY, *PACKS)

Unit = Literal["ratio", "seconds", "percent", "count"]
Scope = Literal["instance", "service"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of the catalogue.

    `expr` and `description` hold the parameters of parameters.py; `summary` is the same for all. What does not apply is None: an
    alert without `threshold` has a condition of its own, one without `min_events` no low-traffic guard, one without `scope` only
    one possible subject. `subject` are the labels, beside namespace and job, of what the alert is about. `histogram` names the
    metric whose buckets bound what the alert can see; `lasts` is how long its condition can hold at most; `dashboard` is where to
    look first.
    """

    name: str
    group: str
    signal: str
    severity: Severity
    for_: str
    expr: str
    summary: str
    description: str
    dashboard: str
    keep_firing_for: str | None = None
    threshold: float | None = None
    unit: Unit | None = None
    min_events: int | None = None
    scope: Scope | None = None
    subject: tuple[str, ...] = ()
    histogram: str | None = None
    lasts: str | None = None


@cache
def alerts() -> Mapping[str, Alert]:
    """Every alert by name, in the order of the groups and then of their files."""
    found = [alert for group in GROUPS for alert in _load(group)]
    return MappingProxyType({alert.name: alert for alert in found})


def _load(group: str) -> list[Alert]:
    text = (resources.files("monitoring_operator.content") / "alerts" / f"{group}.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 -- a safe loader, the C one where it is there
    own: dict[str, str] = document.get("parameters", {})
    return [_alert(name, group, fields, own) for name, fields in document["alerts"].items()]


def _alert(name: str, group: str, fields: dict[str, Any], own: Mapping[str, str]) -> Alert:
    return Alert(
        name=name,
        group=group,
        signal=fields["signal"],
        severity=fields["severity"],
        for_=fields["for"],
        expr=parameters.expand(fields["expr"], own),
        summary=fields["summary"],
        description=parameters.expand(fields["description"], own),
        dashboard=fields["dashboard"],
        keep_firing_for=fields.get("keepFiringFor"),
        threshold=fields.get("threshold"),
        unit=fields.get("unit"),
        min_events=fields.get("minEvents"),
        scope=fields.get("scope"),
        subject=tuple(fields.get("subject", ())),
        histogram=fields.get("histogram"),
        lasts=fields.get("lasts"),
    )
