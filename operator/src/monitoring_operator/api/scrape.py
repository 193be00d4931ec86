"""`spec.scrape` and `spec.prometheus`: what becomes the ServiceMonitor."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from monitoring_operator.api import durations
from monitoring_operator.api.model import ATOMIC, Model, Rule, SecretKeySelector, ShortDuration

LabelKey = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", max_length=317)
]
LabelValue = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)]


class LabelSelectorRequirement(Model):
    """One condition on a label."""

    key: LabelKey
    """The label's key."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How the label's value relates to `values`."""
    values: Annotated[tuple[LabelValue, ...], Field(max_length=64)] = ()
    """For In and NotIn: the values; empty for Exists and DoesNotExist."""

    rules_ = (
        Rule(
            "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
            "values are needed for In and NotIn, and must be empty for Exists and DoesNotExist",
            lambda s: (s.operator in ("In", "NotIn")) == bool(s.values),
        ),
    )


class LabelSelector(Model):
    """Selects Services by their labels."""

    model_config = ConfigDict(json_schema_extra=ATOMIC)

    match_labels: Annotated[dict[LabelKey, LabelValue], Field(max_length=32)] = {}
    """Labels that a Service must carry, all of them."""
    match_expressions: Annotated[tuple[LabelSelectorRequirement, ...], Field(max_length=32)] = ()
    """Further conditions, all of which must hold."""

    rules_ = (
        Rule(
            "(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)",
            "an empty selector would scrape every Service of the namespace; give matchLabels or matchExpressions",
            lambda s: bool(s.match_labels or s.match_expressions),
        ),
    )


class Authorization(Model):
    """A bearer token that Prometheus sends when it scrapes."""

    secret_key_ref: SecretKeySelector
    """The Secret's key that holds the token. Prometheus reads it itself; the operator never does."""


class Scrape(Model):
    """What to scrape: becomes one ServiceMonitor."""

    selector: LabelSelector
    """The Services of the application, in the profile's namespace."""
    port: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)]
    """NAME of the Service's port that serves metrics. A number never matches anything: prometheus-operator selects by name."""
    path: Annotated[str, StringConstraints(pattern=r"^/", max_length=1024)] = "/metrics"
    """HTTP path of the metrics page."""
    interval: ShortDuration = "15s"
    """Time between two scrapes."""
    timeout: ShortDuration | None = None
    """Longest time a scrape may take; at most the interval. Default: 10s, or the interval where that is shorter."""
    sample_limit: Annotated[int, Field(ge=1, le=10_000_000)] = 50_000
    """Most samples a target may expose; beyond it Prometheus refuses the whole scrape."""
    scheme: Literal["http", "https"] = "http"
    """Protocol of the metrics endpoint."""
    authorization: Authorization | None = None
    """Bearer token for the metrics endpoint. Default: none."""

    rules_ = (
        Rule(
            "self.port.matches('[a-z]')",
            "port is the NAME of a Service port; a number never matches",
            lambda s: any(c.isalpha() for c in s.port),
        ),
        Rule(
            "!has(self.timeout) || duration(self.timeout) <= duration(self.interval)",
            "timeout must not be longer than interval",
            lambda s: s.timeout is None or durations.seconds(s.timeout) <= durations.seconds(s.interval),
        ),
        Rule(
            "duration(self.interval) >= duration('1s')",
            "interval must be at least 1s",
            lambda s: durations.seconds(s.interval) >= 1,
        ),
    )

    def effective_timeout(self) -> str:
        """The timeout that applies: the given one, else 10s or the interval where that is shorter."""
        if self.timeout is not None:
            return self.timeout
        return durations.text(min(10.0, durations.seconds(self.interval)))


class Prometheus(Model):
    """How the cluster's Prometheus finds what the operator writes."""

    labels: Annotated[dict[LabelKey, LabelValue], Field(max_length=16)] | None = None
    """Labels put on the ServiceMonitor and the PrometheusRules. Default: the operator's setting, else the labels that the cluster's
    Prometheus objects select."""
