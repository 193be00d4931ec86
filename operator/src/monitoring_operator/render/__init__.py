"""From a profile to its children: pure, deterministic, one kind a file."""

from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.profile import Profile
from monitoring_operator.render.dashboards import render_dashboards
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules
from monitoring_operator.render.sentry import render_sentry
from monitoring_operator.render.service_monitor import render_service_monitor

__all__ = ["Inputs", "render"]


def render(profile: Profile, inputs: Inputs) -> list[Manifest]:
    """Every child that `profile` must have, sorted; what is not here must not exist.

    The Alertmanager configuration is not among them: it is merged from all profiles (`monitoring_operator.alertmanager`).
    """
    manifests = [
        render_service_monitor(profile, inputs),
        *render_prometheus_rules(profile, inputs),
        *render_dashboards(profile, inputs),
        render_sentry(profile),
    ]
    return sorted((m for m in manifests if m is not None), key=lambda m: m.ref)
