"""The Kubernetes resources that the operator reads or writes: kind, version and plural, each written down once."""

from dataclasses import dataclass

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
CONFIG_MAP = Resource("", "v1", "ConfigMap", "configmaps")
SECRET = Resource("", "v1", "Secret", "secrets")
EVENT = Resource("", "v1", "Event", "events")
LEASE = Resource("coordination.k8s.io", "v1", "Lease", "leases")
NAMESPACE = Resource("", "v1", "Namespace", "namespaces")
SERVICE = Resource("", "v1", "Service", "services")
ENDPOINT_SLICE = Resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
DEPLOYMENT = Resource("apps", "v1", "Deployment", "deployments")
CRD = Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions")
ACCESS_REVIEW = Resource("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews")
SELF_REVIEW = Resource("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews")

WORKLOADS = (PROMETHEUS, PROMETHEUS_AGENT, THANOS_RULER, ALERTMANAGER)
"""prometheus-operator's objects that take up what we write."""

CHILDREN = (SERVICE_MONITOR, PROMETHEUS_RULE, CONFIG_MAP, SECRET)
"""What the operator writes, in the order in which it is listed in status."""

BY_KIND = {
    r.kind: r
    for r in (PROFILE, SERVICE_MONITOR, PROMETHEUS_RULE, *WORKLOADS, CONFIG_MAP, SECRET, EVENT, NAMESPACE, SERVICE, ENDPOINT_SLICE)
}
