"""Names that users, other controllers and our own rooms rely on; each stands here once and is an interface."""

GROUP = "monitoring-operator.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "MonitoringProfile"
PLURAL = "monitoringprofiles"
SINGULAR = "monitoringprofile"
SHORT_NAME = "mprof"

FIELD_MANAGER = "monitoring-operator"
"""Owner of our fields in server-side apply. Renaming it would orphan every field of every child."""

LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"
LABEL_ROLE = f"{GROUP}/role"
"""`child` on what we write, `source` on a Secret or ConfigMap that a profile refers to and that should be watched."""
ROLE_CHILD = "child"
ROLE_SOURCE = "source"
ROLE_FRAGMENT = "fragment"
"""On the Secret in which a shard brings its profiles' parts of an Alertmanager's configuration."""
LABEL_SHARD = f"{GROUP}/shard"
"""On a fragment: the shard that brings it."""
LABEL_PROFILE = f"{GROUP}/profile"
LABEL_PROFILE_NAMESPACE = f"{GROUP}/profile-namespace"
LABEL_PROFILE_UID = f"{GROUP}/profile-uid"
ANNOTATION_OWNER_UID = f"{GROUP}/owner-uid"
"""The profile's UID on a child that lives in another namespace, where Kubernetes allows no owner reference."""
LABEL_ALERTMANAGER = f"{GROUP}/alertmanager"
"""On the configuration Secret: the Alertmanager object that it is for."""
ANNOTATION_ASSEMBLED_BY = f"{GROUP}/assembled-by"
"""On the configuration Secret, and on a fragment: the identity of the operator that writes it. Nobody else does."""
ANNOTATION_FOR_SECRET = f"{GROUP}/for-secret"
"""On a fragment: the configuration Secret that it is for."""
ANNOTATION_CONTENT = f"{GROUP}/content"
"""On a fragment: a fingerprint of its content."""
ANNOTATION_FRAGMENTS = f"{GROUP}/fragments"
"""On the configuration Secret: the fingerprints of the fragments that it holds, by shard."""
ANNOTATION_REFUSED = f"{GROUP}/refused"
"""On the configuration Secret: profiles whose part in a fragment it does not hold as it is there, and why."""

ALERT_LABEL_NAMESPACE = "namespace"
ALERT_LABEL_PROFILE = "profile"
ALERT_LABEL_SEVERITY = "severity"
ALERT_LABEL_SIGNAL = "signal"
"""The subject that a warning and its critical twin share; inhibition joins on it."""
RESERVED_ALERT_LABELS = frozenset({"alertname", ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE, ALERT_LABEL_SEVERITY, ALERT_LABEL_SIGNAL})
"""Labels that fence routes: a profile that could set them itself could reach another's receivers."""


class Condition:
    """Types of status conditions. Ready is always there; Reconciling and Stalled (kstatus) only while true."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    VALID = "Valid"
    APPLIED = "Applied"
    SELECTED = "Selected"
    ACCEPTED = "Accepted"
    LOADED = "Loaded"
    TARGETS_UP = "TargetsUp"
    METRICS_PRESENT = "MetricsPresent"
    """Says which alerts have nothing to look at. Ready does not follow it: some metrics come only with the first event."""
    ROUTES_LIVE = "RoutesLive"
    DASHBOARDS_APPLIED = "DashboardsApplied"
    FACTS = (VALID, APPLIED, SELECTED, ACCEPTED, LOADED, TARGETS_UP, ROUTES_LIVE, DASHBOARDS_APPLIED, METRICS_PRESENT)
    """In the order in which one looks for what is wrong: the first that is not true explains those behind it."""
    ALL = frozenset({READY, RECONCILING, STALLED, *FACTS})


class Reason:
    """Reasons of conditions and of Kubernetes Events."""

    VALID = "Valid"
    INVALID_SPEC = "InvalidSpec"
    APPLIED = "Applied"
    NOT_VERIFIED = "NotVerified"
    NAME_CONFLICT = "NameConflict"
    CRD_MISSING = "CrdMissing"
    NAMESPACE_MISSING = "NamespaceMissing"
    FORBIDDEN = "Forbidden"
    REJECTED = "Rejected"
    API_UNAVAILABLE = "ApiUnavailable"
    SECRET_MISSING = "SecretMissing"  # noqa: S105 -- a reason, not a secret
    LIVE = "Live"
    PENDING = "Pending"
    CONFIG_MAP_MISSING = "ConfigMapMissing"
    DASHBOARD_INVALID = "DashboardInvalid"
    LABELS_AMBIGUOUS = "LabelsAmbiguous"
    SELECTED = "Selected"
    NOT_SELECTED = "NotSelected"
    NAMESPACE_NOT_SELECTED = "NamespaceNotSelected"
    NAMESPACE_UNKNOWN = "NamespaceUnknown"
    ACCEPTED = "Accepted"
    NOT_ACCEPTED = "NotAccepted"
    LOADED = "Loaded"
    NOT_LOADED = "NotLoaded"
    RULE_FAILS = "RuleFails"
    PROMETHEUS_UNREACHABLE = "PrometheusUnreachable"
    TARGETS_UP = "TargetsUp"
    TARGETS_DOWN = "TargetsDown"
    NO_TARGETS = "NoTargets"
    SERVICE_MISSING = "ServiceMissing"
    PORT_NOT_FOUND = "PortNotFound"
    NO_ENDPOINTS = "NoEndpoints"
    METRICS_PRESENT = "MetricsPresent"
    METRICS_MISSING = "MetricsMissing"
    ROUTES_LIVE = "RoutesLive"
    ALERTMANAGER_CONFIG_REJECTED = "AlertmanagerConfigRejected"
    ALERTMANAGER_OUTDATED = "AlertmanagerOutdated"
    ALERTMANAGER_UNREACHABLE = "AlertmanagerUnreachable"
    DASHBOARDS_APPLIED = "DashboardsApplied"
    DASHBOARD_CONFLICT = "DashboardConflict"
    DASHBOARDS_MISSING = "DashboardsMissing"
    GRAFANA_UNREACHABLE = "GrafanaUnreachable"
    ALERTMANAGER_MISSING = "AlertmanagerMissing"
    ALERTMANAGER_AMBIGUOUS = "AlertmanagerAmbiguous"
    ALERTMANAGER_CONFIG_NOT_SELECTED = "AlertmanagerConfigNotSelected"
    ALERTMANAGER_SECRET_FOREIGN = "AlertmanagerSecretForeign"  # noqa: S105
    ALERTMANAGER_SECRET_TAKEN = "AlertmanagerSecretTaken"  # noqa: S105
    NOT_ASSEMBLED = "NotAssembled"
    SHARD_OVERLAP = "ShardOverlap"


def role_of_children(shard: str) -> str:
    """The role of what an operator writes for its profiles: by it a shard finds its own children, and no others."""
    return f"{ROLE_CHILD}.{shard}" if shard else ROLE_CHILD


def child_labels(name: str, namespace: str, uid: str) -> dict[str, str]:
    """The labels by which a child is found again: whose it is, and that it is ours."""
    return {
        LABEL_MANAGED_BY: FIELD_MANAGER,
        LABEL_ROLE: ROLE_CHILD,
        LABEL_PROFILE: name,
        LABEL_PROFILE_NAMESPACE: namespace,
        LABEL_PROFILE_UID: uid,
    }
