"""The Sentry ConfigMap: the environment that app_metrics reads. The DSN is a credential and stays in its Secret."""

from monitoring_operator.api.child import child
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.resources import CONFIG_MAP


def render_sentry(profile: Profile) -> Manifest | None:
    """`<profile>-sentry`, to be taken by the application's Deployment through `envFrom`; None without a sentry section."""
    sentry = profile.spec.sentry
    if sentry is None:
        return None
    data = {
        "ENVIRONMENT": sentry.environment,
        "SENTRY_TRACES_SAMPLE_RATE": f"{sentry.traces_sample_rate:g}",
        "SENTRY_PROFILES_SAMPLE_RATE": f"{sentry.profiles_sample_rate:g}",
    }
    return child(profile, CONFIG_MAP, f"{profile.name}-sentry", {"data": data})
