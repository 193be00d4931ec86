"""prometheus-operator: its kinds, its version, and whether it says what it accepts."""

from collections.abc import Iterator

from monitoring_operator.api.resources import ALERTMANAGER, PROMETHEUS, PROMETHEUS_RULE, SERVICE_MONITOR
from monitoring_operator.doctor.facts import Facts, Object, Unread
from monitoring_operator.doctor.finding import Finding, bad, good, warning
from monitoring_operator.doctor.versions import Version, containers, in_words, name_of_image, of_image, parsed

NAME = "prometheus-operator"
OLDEST = (0, 85)
WITH_BINDINGS = (0, 87)
"""Since then PrometheusRules have status.bindings too, behind a feature gate."""
GATE = "StatusForConfigurationResources"

NEEDED = (SERVICE_MONITOR, PROMETHEUS_RULE, PROMETHEUS, ALERTMANAGER)
INSTALL = (
    "helm install kube-prometheus-stack oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack "
    "--namespace monitoring --create-namespace"
)


def check(facts: Facts) -> Iterator[Finding]:
    """What every profile's objects need: somebody who takes them up."""
    missing = [r.kind for r in NEEDED if r not in facts.served]
    if missing:
        yield bad(NAME, f"its CRDs are not installed: {', '.join(missing)}.", INSTALL)
        if len(missing) == len(NEEDED):
            return
    else:
        yield good(NAME, "its CRDs are installed.")
    if isinstance(facts.deployments, Unread):
        yield _version(NAME, facts.stamp, "of its CRDs")
        yield warning(NAME, f"its Deployment could not be looked for: {facts.deployments.why}")
        return
    running = [(d, c) for d in facts.deployments for c in containers(d) if _is_it(d, c)]
    if not running:
        yield _version(NAME, facts.stamp, "of its CRDs")
        yield warning(NAME, "no Deployment runs its image; if nothing else does, nobody takes up what the operator writes.", INSTALL)
    for deployment, container in running:
        where = f"{NAME} {deployment['metadata']['namespace']}/{deployment['metadata']['name']}"
        tag = of_image(container.get("image", ""))
        known = tag if parsed(tag) else facts.stamp
        yield _version(where, known, "" if parsed(tag) else "of its CRDs")
        yield from _available(where, deployment)
        yield from _namespaces(where, _arguments(container))
        yield from _gate(where, _arguments(container), parsed(known))


def _is_it(deployment: Object, container: Object) -> bool:
    """By image, or by name where a vendor's images have none that tells."""
    return name_of_image(container.get("image", "")) == NAME or deployment["metadata"]["name"] == container["name"] == NAME


def _arguments(container: Object) -> dict[str, str]:
    """The command line's options by name."""
    pairs = (str(a).lstrip("-").partition("=") for a in container.get("args") or () if str(a).startswith("-"))
    return {name: value for name, _, value in pairs}


def _version(subject: str, text: str, source: str) -> Finding:
    version, oldest = parsed(text), in_words(OLDEST)
    if version is None:
        return warning(subject, f"its version could not be found out; {oldest} or newer is needed.")
    said = f"is {in_words(version)}{f' by the annotation {source}' if source else ''}"
    if version < OLDEST:
        return bad(subject, f"{said}, and {oldest} or newer is needed.", f"Upgrade it to {oldest} or newer, with its CRDs.")
    return good(subject, f"{said}.")


def _available(subject: str, deployment: Object) -> Iterator[Finding]:
    if not (deployment.get("status") or {}).get("availableReplicas"):
        metadata = deployment["metadata"]
        yield bad(subject, "does not run.", f"kubectl --namespace {metadata['namespace']} describe deployment {metadata['name']}")


def _namespaces(subject: str, arguments: dict[str, str]) -> Iterator[Finding]:
    """A prometheus-operator that is confined leaves objects elsewhere unread, without a word."""
    for option, words in (("namespaces", "looks into the namespaces {} only"), ("deny-namespaces", "does not look into the namespaces {}")):
        if arguments.get(option):
            mend = f"Set its option --{option} (kube-prometheus-stack: prometheusOperator.{_VALUES[option]}) so that it sees your profiles."
            yield warning(subject, f"{words.format(arguments[option])}; profiles that it does not see have no effect.", mend)


_VALUES = {"namespaces": "namespaces", "deny-namespaces": "denyNamespaces"}


def _gate(subject: str, arguments: dict[str, str], version: Version | None) -> Iterator[Finding]:
    if version is not None and version < OLDEST:
        return
    if version is not None and version < WITH_BINDINGS:
        mend = f"Upgrade it to {in_words(WITH_BINDINGS)} or newer and set its feature gate {GATE}."
        yield warning(subject, "does not say which rules it has accepted; only its refusals are seen, as Events.", mend)
    elif f"{GATE}=true" in arguments.get("feature-gates", "").split(","):
        yield good(subject, "says in status.bindings what it has accepted.")
    else:
        message = f"does not say what it has accepted (feature gate {GATE} is off); only its refusals are seen, as Events."
        stack = f"helm upgrade ... --set prometheusOperator.featureGates.{GATE}=true"
        yield warning(subject, message, f"{stack}   # without kube-prometheus-stack: its option --feature-gates={GATE}=true")
