"""`spec.alerts`: the user's word on the catalogue's alerts, and alerts of the user's own."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from monitoring_operator.api.model import Duration, LabelName, Model, Rule
from monitoring_operator.api.names import RESERVED_ALERT_LABELS

Severity = Literal["critical", "warning", "info"]
AlertName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(max_length=4096)]

_RESERVED = sorted(RESERVED_ALERT_LABELS)
_NONE_RESERVED_CEL = f"all(k, !(k in {_RESERVED}))"
_RESERVED_IN_WORDS = f"{', '.join(_RESERVED[:-1])} or {_RESERVED[-1]}"


class AlertOverride(Model):
    """What differs from the catalogue for one alert. Everything left out keeps the catalogue's value."""

    enabled: bool = True
    """Whether the alert exists at all."""
    threshold: Annotated[float, Field(ge=0)] | None = None
    """The value beyond which the alert fires, in base units: a ratio from 0 to 1, seconds, bytes, a count. CPU is in percent."""
    for_: Annotated[Duration | None, Field(alias="for")] = None
    """How long the condition must hold before the alert fires."""
    severity: Severity | None = None
    """critical pages, warning goes to the chat, info is not sent."""
    min_events: Annotated[int, Field(ge=0)] | None = None
    """For ratios and quantiles: events that the window must hold before the alert may fire, so that one bad request at night pages
    nobody."""
    scope: Literal["instance", "service"] | None = None
    """For limits that could be meant per process or in all: what the threshold is compared with."""


class ExtraAlert(Model):
    """An alerting rule of the user's own, checked and labelled like the catalogue's."""

    alert: AlertName
    """Name of the alert."""
    expr: Annotated[str, StringConstraints(min_length=1, max_length=16384)]
    """The condition in PromQL."""
    for_: Annotated[Duration | None, Field(alias="for")] = None
    """How long the condition must hold before the alert fires. Default: at once."""
    keep_firing_for: Duration | None = None
    """How long the alert goes on firing after the condition has gone. Default: not at all."""
    severity: Severity
    """critical pages, warning goes to the chat, info is not sent."""
    summary: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    """One sentence that says what is wrong."""
    description: Text | None = None
    """More about it; may hold Prometheus' templates such as {{ $value }}."""
    labels: Annotated[dict[LabelName, Text], Field(max_length=32)] = {}
    """Labels added to the alert."""
    annotations: Annotated[dict[LabelName, Text], Field(max_length=32)] = {}
    """Annotations added to the alert."""


class Alerts(Model):
    """What to alert on: becomes PrometheusRules."""

    enabled: bool = True
    """false removes every PrometheusRule of the profile."""
    runbook_base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=1024)] | None = None
    """Where the runbooks are; the alert's name is appended. Default: the operator's own runbooks."""
    labels: Annotated[dict[LabelName, Text], Field(max_length=32)] = {}
    """Labels added to every alert."""
    rules: Annotated[dict[AlertName, AlertOverride], Field(max_length=64)] = {}
    """Per alert of the catalogue, by name: only what differs from it."""
    extra: Annotated[tuple[ExtraAlert, ...], Field(max_length=128)] = ()
    """Alerts of the user's own. They go into a PrometheusRule of their own."""

    rules_ = (
        Rule(
            f"!has(self.labels) || self.labels.{_NONE_RESERVED_CEL}",
            f"labels must not set {_RESERVED_IN_WORDS}: they decide who is told",
            lambda s: _no_reserved(s.labels),
        ),
        Rule(
            f"!has(self.extra) || self.extra.all(e, !has(e.labels) || e.labels.{_NONE_RESERVED_CEL})",
            f"labels of an extra alert must not set {_RESERVED_IN_WORDS}: they decide who is told",
            lambda s: all(_no_reserved(e.labels) for e in s.extra),
        ),
    )


def _no_reserved(labels: dict[str, str]) -> bool:
    return not labels.keys() & RESERVED_ALERT_LABELS
