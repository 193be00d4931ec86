"""What children that Prometheus looks for have in common."""

from collections.abc import Mapping

from monitoring_operator.api.profile import Profile


def prometheus_labels(profile: Profile, inputs_labels: Mapping[str, str]) -> Mapping[str, str]:
    """Labels by which Prometheus selects the profile's objects: the profile's own word, else what was gathered."""
    return inputs_labels if profile.spec.prometheus.labels is None else profile.spec.prometheus.labels
