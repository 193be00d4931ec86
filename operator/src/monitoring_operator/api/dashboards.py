"""`spec.dashboards` and `spec.sentry`: what becomes ConfigMaps."""

from typing import Annotated

from pydantic import Field, StringConstraints

from monitoring_operator.api.model import ConfigMapKeySelector, Model, NamespaceName, Ratio, SecretSource, Unique
from monitoring_operator.api.scrape import LabelKey, LabelValue

# To Grafana's sidecar the folder is a path, and an absolute one, or one with `..`, would lead out of Grafana's own.
FOLDER = r"^[^/\\.\x00-\x1f][^/\\\x00-\x1f]*(/[^/\\.\x00-\x1f][^/\\\x00-\x1f]*)*$"


class ExtraDashboard(Model):
    """A dashboard of the user's own, checked and delivered like the catalogue's."""

    config_map_key_ref: ConfigMapKeySelector
    """The ConfigMap's key that holds the dashboard as Grafana's classic JSON. With the label monitoring-operator.dev/role: source on the
    ConfigMap a change is noticed at once, otherwise within a minute."""


class Dashboards(Model):
    """What to look at: becomes one ConfigMap per dashboard, found by Grafana's sidecar."""

    enabled: bool = True
    """false removes every dashboard of the profile."""
    folder: Annotated[str, StringConstraints(pattern=FOLDER, min_length=1, max_length=128)] | None = None
    """Grafana folder, given to the sidecar as the annotation grafana_folder. Default: the sidecar's own choice. It is a path to the
    sidecar: no part of it may be empty or begin with a dot."""
    include: Annotated[tuple[Annotated[str, StringConstraints(max_length=63)], ...], Field(max_length=32), Unique()] | None = None
    """Dashboards by name. Default: those of the profile's packs."""
    extra: Annotated[tuple[ExtraDashboard, ...], Field(max_length=32)] = ()
    """Dashboards of the user's own. Each becomes a ConfigMap beside the catalogue's, with a uid and a title that no other profile has."""
    labels: Annotated[dict[LabelKey, LabelValue], Field(min_length=1, max_length=16)] = {"grafana_dashboard": "1"}
    """Labels by which Grafana's sidecar finds the ConfigMaps."""
    namespace: NamespaceName | None = None
    """Namespace of the ConfigMaps, for a sidecar that watches one namespace only. Default: the profile's own."""


class Sentry(Model):
    """Error tracking: becomes the ConfigMap <profile>-sentry with the environment that app_metrics reads."""

    dsn: SecretSource
    """The Secret's key that holds the DSN. The application's Deployment refers to it itself; the operator never reads it."""
    environment: Annotated[str, StringConstraints(pattern=r"^[^\s/]+$", min_length=1, max_length=64)] = "production"
    """Sentry's environment."""
    traces_sample_rate: Ratio = 0.1
    """Share of transactions that are traced, 0 to 1."""
    profiles_sample_rate: Ratio = 0.1
    """Share of traced transactions that are profiled, 0 to 1."""
