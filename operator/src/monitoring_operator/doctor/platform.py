"""The ground: Kubernetes, our own CRD, and OpenShift."""

from collections.abc import Iterator

from monitoring_operator.api import names
from monitoring_operator.crd.definition import definition
from monitoring_operator.doctor.facts import Facts, Object, Unread
from monitoring_operator.doctor.finding import Finding, bad, good, warning
from monitoring_operator.doctor.versions import in_words, parsed

OLDEST_KUBERNETES = (1, 31)
APPLY_CRD = "monitoring-operator crd | kubectl apply --server-side -f -"
# Helm refuses a CRD that it has not made.
INSTALL = f"""The chart brings it:
helm install monitoring-operator charts/monitoring-operator --namespace monitoring-operator --create-namespace --wait
Apart from the chart, which then wants crds.enabled=false:
{APPLY_CRD}"""

ENABLE_USER_WORKLOAD = """kubectl apply --server-side -f - <<EOF
apiVersion: v1
kind: ConfigMap
metadata: {name: cluster-monitoring-config, namespace: openshift-monitoring}
data: {config.yaml: "enableUserWorkload: true"}
EOF"""


def check(facts: Facts) -> Iterator[Finding]:
    """Kubernetes' version, our CRD, and what OpenShift does with other people's monitoring."""
    yield _kubernetes(facts.version)
    yield _own_crd(facts.crd)
    if facts.user_workload is not None:
        yield _openshift(facts.user_workload)


def _kubernetes(version: Object) -> Finding:
    known = parsed(str(version.get("gitVersion", "")))
    oldest = in_words(OLDEST_KUBERNETES)
    if known is None:
        return warning("Kubernetes", f"says no version that could be read; {oldest} or newer is needed.")
    if known < OLDEST_KUBERNETES:
        return bad("Kubernetes", f"is {in_words(known)}, and {oldest} or newer is needed.", f"Upgrade the cluster to {oldest} or newer.")
    return good("Kubernetes", f"is {in_words(known)}.")


def _own_crd(crd: Object | Unread | None) -> Finding:
    subject = f"CRD {names.PLURAL}.{names.GROUP}"
    if isinstance(crd, Unread):
        return warning(subject, f"could not be read: {crd.why}")
    if crd is None:
        return bad(subject, "is not installed.", INSTALL)
    conditions = {c["type"]: c for c in (crd.get("status") or {}).get("conditions") or ()}
    established = conditions.get("Established") or {}
    if established.get("status") != "True":
        return bad(subject, f"is not established: {established.get('message') or 'no reason given'}", APPLY_CRD)
    live = {v["name"]: v for v in crd["spec"]["versions"] if v.get("served")}
    (ours,) = definition()["spec"]["versions"]
    if names.VERSION not in live:
        return bad(subject, f"is not served as {names.VERSION}.", APPLY_CRD)
    if live[names.VERSION]["schema"] != ours["schema"]:
        return warning(subject, "has the schema of another version of the operator; fields may be refused, or dropped.", APPLY_CRD)
    return good(subject, "is installed and has this version's schema.")


def _openshift(user_workload: bool | Unread) -> Finding:  # noqa: FBT001 -- a fact, no switch
    subject = "OpenShift"
    if isinstance(user_workload, Unread):
        return warning(subject, f"whether it monitors users' workloads could not be read: {user_workload.why}", ENABLE_USER_WORKLOAD)
    if not user_workload:
        return bad(subject, "does not monitor users' workloads, so nothing outside of its own namespaces is scraped.", ENABLE_USER_WORKLOAD)
    return good(subject, "monitors users' workloads.")
