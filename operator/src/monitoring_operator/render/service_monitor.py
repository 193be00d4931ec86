"""The ServiceMonitor: one per profile, never one per Service, because every monitor costs Prometheus a service discovery."""

from typing import Any

from monitoring_operator.api.child import child
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.resources import SERVICE_MONITOR
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.objects import prometheus_labels

LABEL_LIMIT = 40
LABEL_NAME_LENGTH_LIMIT = 128
LABEL_VALUE_LENGTH_LIMIT = 1024
TARGET_LIMIT = 1000


def render_service_monitor(profile: Profile, inputs: Inputs) -> Manifest:
    """What to scrape, with limits that keep one application from flooding Prometheus."""
    scrape = profile.spec.scrape
    endpoint: dict[str, Any] = {
        "port": scrape.port,
        "path": scrape.path,
        "interval": scrape.interval,
        "scrapeTimeout": scrape.effective_timeout(),
        "scheme": scrape.scheme,
        "relabelings": [
            # prometheus-operator puts the port's name into the target label `endpoint`, which would push the application's own
            # `endpoint` aside to `exported_endpoint`.
            {"action": "labeldrop", "regex": "endpoint"},
            # One job per profile, whatever its Services are called: rules select by namespace and job alone.
            {"action": "replace", "targetLabel": "job", "replacement": profile.name},
        ],
    }
    if scrape.authorization is not None:
        ref = scrape.authorization.secret_key_ref
        endpoint["authorization"] = {"type": "Bearer", "credentials": {"name": ref.name, "key": ref.key}}
    spec = {
        "selector": scrape.selector.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "endpoints": [endpoint],
        "sampleLimit": scrape.sample_limit,
        "targetLimit": TARGET_LIMIT,
        "labelLimit": LABEL_LIMIT,
        "labelNameLengthLimit": LABEL_NAME_LENGTH_LIMIT,
        "labelValueLengthLimit": LABEL_VALUE_LENGTH_LIMIT,
    }
    labels = prometheus_labels(profile, inputs.prometheus_labels)
    return child(profile, SERVICE_MONITOR, profile.name, {"spec": spec}, labels=labels)
