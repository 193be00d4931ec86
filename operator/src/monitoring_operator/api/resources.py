"""The Kubernetes resources that the operator reads or writes: kind, version and plural, each written down once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api import names


@dataclass(frozen=True, slots=True, order=True)
class Resource:
    """One served resource type. `group` is empty for the core API."""

    group: str
    version: str
    kind: str
    plural: str

    @property
    def api_version(self) -> str:
        """As `apiVersion` says it: `v1`, `monitoring.coreos.com/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def root(self) -> str:
        """Path of the API below which the resource is served."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


PROFILE = Resource(names.GROUP, names.VERSION, names.KIND, names.PLURAL)
SERVICE_MONITOR = Resource("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors")
PROMETHEUS_RULE = Resource("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules")
PROMETHEUS = Resource("monitoring.coreos.com", "v1", "Prometheus", "prometheuses")
ALERTMANAGER = Resource("monitoring.coreos.com", "v1", "Alertmanager", "alertmanagers")
PROMETHEUS_AGENT = Resource("monitoring.coreos.com", "v1alpha1", "PrometheusAgent", "prometheusagents")
THANOS_RULER = Resource("monitoring.coreos.com", "v1", "ThanosRuler", "thanosrulers")
ALERTMANAGER_CONFIGS = (
    Resource("monitoring.coreos.com", "v1beta1", "AlertmanagerConfig", "alertmanagerconfigs"),
    Resource("monitoring.coreos.com", "v1alpha1", "AlertmanagerConfig", "alertmanagerconfigs"),
)
"""Two versions of one type, the newer first; a cluster serves one of them or both. An operator uses one, from its start to its end."""
CONFIG_MAP = Resource("", "v1", "ConfigMap", "configmaps")
SECRET = Resource("", "v1", "Secret", "secrets")
EVENT = Resource("", "v1", "Event", "events")
LEASE = Resource("coordination.k8s.io", "v1", "Lease", "leases")
NAMESPACE = Resource("", "v1", "Namespace", "namespaces")
SERVICE = Resource("", "v1", "Service", "services")
ENDPOINT_SLICE = Resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
DEPLOYMENT = Resource("apps", "v1", "Deployment", "deployments")
STATEFUL_SET = Resource("apps", "v1", "StatefulSet", "statefulsets")
POD = Resource("", "v1", "Pod", "pods")
CRD = Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions")
ACCESS_REVIEW = Resource("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews")
SELF_REVIEW = Resource("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews")

WORKLOADS = (PROMETHEUS, PROMETHEUS_AGENT, THANOS_RULER, ALERTMANAGER)
"""prometheus-operator's objects that take up what we write."""
CUSTOM_RESOURCE_DEFINITION = Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions")

CHILDREN = (SERVICE_MONITOR, PROMETHEUS_RULE, CONFIG_MAP, SECRET)
"""What the operator writes, in the order in which it is listed in status."""
PLAIN = (CONFIG_MAP, SECRET)
"""Of these, the kinds without a status, and with content that is large or confidential: their metadata is all that is looked at."""

ALL = (
    *(PROFILE, SERVICE_MONITOR, PROMETHEUS_RULE, *WORKLOADS, *ALERTMANAGER_CONFIGS),
    *(CONFIG_MAP, SECRET, EVENT, NAMESPACE, SERVICE, ENDPOINT_SLICE, POD, DEPLOYMENT, STATEFUL_SET),
)
_BY_NAME = {(r.api_version, r.kind): r for r in ALL}


def resource_of(body: Mapping[str, Any]) -> Resource:
    """The resource type of an object (as JSON). Raises KeyError for one that is not ours to know."""
    return _BY_NAME[body["apiVersion"], body["kind"]]
