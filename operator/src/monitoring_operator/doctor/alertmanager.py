"""Alertmanager objects: may the operator write the configuration that they read, and does anything override it?"""

from collections.abc import Iterator

from monitoring_operator.adoption.selection import in_words
from monitoring_operator.alertmanager.secret import assembler, is_ours
from monitoring_operator.alertmanager.target import Target, target_of
from monitoring_operator.api import names
from monitoring_operator.api.resources import ALERTMANAGER
from monitoring_operator.doctor.facts import Facts, Object, Unread
from monitoring_operator.doctor.finding import Finding, bad, good, warning
from monitoring_operator.doctor.versions import in_words as version_in_words
from monitoring_operator.doctor.versions import parsed
from monitoring_operator.doctor.workload import name, patch, state

OLDEST = (0, 27)
"""Before it matchers are read by another grammar."""
SECRET = "monitoring-profiles-alertmanager"  # noqa: S105 -- a Secret's name
TWO_VALUES = (
    "helm upgrade ... --set alertmanager.alertmanagerSpec.useExistingSecret=true "
    f"--set alertmanager.alertmanagerSpec.configSecret={SECRET}   # kube-prometheus-stack"
)


def check(facts: Facts) -> Iterator[Finding]:
    """Whether notifications of profiles would reach anybody."""
    if ALERTMANAGER not in facts.served:
        return
    if isinstance(facts.workloads, Unread):
        yield warning("Alertmanager", f"its objects could not be read: {facts.workloads.why}")
        return
    bodies = [b for b in facts.workloads if b["kind"] == ALERTMANAGER.kind]
    if not bodies:
        yield warning("Alertmanager", "there is no Alertmanager object: profiles with notifications are refused (AlertmanagerMissing).")
    if len({(t.namespace, t.secret) for t in map(target_of, bodies)}) > 1:
        mend = "Every profile names one in spec.notifications.alertmanager."
        yield warning("Alertmanager", f"there are {len(bodies)} Alertmanager objects, and the operator does not guess.", mend)
    for body in bodies:
        yield from _one(body, facts)


def _one(body: Object, facts: Facts) -> Iterator[Finding]:
    target, spec = target_of(body), body.get("spec") or {}
    if spec.get("alertmanagerConfiguration"):
        mend = patch(body, {"alertmanagerConfiguration": None})
        yield bad(name(body), "takes its configuration from spec.alertmanagerConfiguration, and then reads no Secret.", mend)
    else:
        yield _secret(body, target, facts)
    yield from _version(body)
    yield from state(body)
    if spec.get("alertmanagerConfigSelector") is not None:
        yield _merging(name(body), spec)


def _secret(body: Object, target: Target, facts: Facts) -> Finding:
    subject, where = name(body), f"its configuration Secret {target.namespace}/{target.secret}"
    secret = facts.secrets.get((target.namespace, target.secret))
    if isinstance(secret, Unread):
        return warning(subject, f"{where} could not be read: {secret.why}")
    if secret is None:
        return good(subject, f"{where} is not there yet: the operator writes it for the first profile that notifies.")
    if is_ours(secret):
        return _operators(subject, target, secret, where, facts)
    metadata = secret["metadata"]
    release = (metadata.get("annotations") or {}).get("meta.helm.sh/release-name")
    helm = release or (metadata.get("labels") or {}).get("app.kubernetes.io/managed-by") == "Helm"
    owner = f"the Helm release {release}'s" if release else "Helm's" if helm else "somebody else's"
    mend = TWO_VALUES if helm else patch(body, {"configSecret": SECRET})
    return bad(subject, f"{where} is {owner}: the operator leaves it alone, and profiles with notifications are not Ready.", mend)


def _operators(subject: str, target: Target, secret: Object, where: str, facts: Facts) -> Finding:
    """A Secret that an operator writes: which one, and whether that is still there."""
    owner = assembler(secret)
    if not owner:
        return good(subject, f"{where} is the operator's.")
    there = (
        None
        if isinstance(facts.deployments, Unread)
        else {f"{d['metadata']['namespace']}/{d['metadata']['name']}" for d in facts.deployments}
    )
    if there is None or owner in there:
        return good(subject, f"{where} is written by the operator {owner}, and by no other.")
    mend = (
        f"If {owner} is gone for good: kubectl annotate secret {target.secret} --namespace {target.namespace} "
        f"{names.ANNOTATION_ASSEMBLED_BY}-   # another operator then takes it over, without losing a route"
    )
    return warning(
        subject, f"{where} is written by the operator {owner}, of which there is no Deployment; any other leaves it alone.", mend
    )


def _version(body: Object) -> Iterator[Finding]:
    version = parsed(str((body.get("spec") or {}).get("version") or ""))
    if version is not None and version < OLDEST:
        message = f"is {version_in_words(version)}, and {version_in_words(OLDEST)} or newer is needed."
        yield bad(name(body), message, patch(body, {"version": None}))


def _merging(subject: str, spec: Object) -> Finding:
    """AlertmanagerConfig objects beside our routes: harmless, but they match otherwise than people expect."""
    strategy = (spec.get("alertmanagerConfigMatcherStrategy") or {}).get("type") or "OnNamespace"
    matching = {
        "OnNamespace": "they see alerts with their own namespace's label only",
        "OnNamespaceExceptForAlertmanagerNamespace": "they see alerts with their own namespace's label only, but for those beside it",
        "None": "they see everybody's alerts",
    }.get(strategy, strategy)
    selector = in_words(spec["alertmanagerConfigSelector"])
    return good(subject, f"merges AlertmanagerConfig objects too ({selector}, {strategy}): {matching}; profiles' routes see theirs anyway.")
