"""The chain from a profile to the last hop, as lines of a report: each hop is there, or is where it breaks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.facts import Fact
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.cli.inspection import Inspected
from monitoring_operator.doctor.finding import Finding, bad, good, warning

SHOWN = 3
NO_PROMETHEUS = "there is no Prometheus object in the cluster, so nothing beyond the objects can be verified."


@dataclass(frozen=True, slots=True)
class Chain:
    """One profile's hops. `live` is None where it could not be found out whether everything is."""

    namespace: str
    name: str
    hops: tuple[Finding, ...]
    live: bool | None


def chain(seen: Inspected) -> Chain:
    """The hops of a profile, in the order in which each rests on the one before."""
    metadata = seen.body["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    hops = (*_spec(seen), *_objects(seen), *_credentials(seen, namespace), *_routes(seen), *_facts(seen), *_asked(seen))
    return Chain(namespace, name, (*hops, *_status(seen)), _live(seen))


def _spec(seen: Inspected) -> Iterator[Finding]:
    if seen.problems:
        metadata = seen.body["metadata"]
        mend = f"kubectl edit monitoringprofile {metadata['name']} --namespace {metadata['namespace']}"
        yield bad("Spec", _listed(map(str, seen.problems)), mend)
    else:
        yield good("Spec", "is valid.")


def _objects(seen: Inspected) -> Iterator[Finding]:
    if seen.trouble:
        mend = "Does the operator run? kubectl get pods --all-namespaces --selector app.kubernetes.io/name=monitoring-operator"
        yield bad("Objects", _listed(f"{ref} {why}" for ref, why in sorted(seen.trouble.items())), mend)
    elif not seen.problems:
        yield good("Objects", f"all {len(seen.objects)} are there and as rendered.")


def _credentials(seen: Inspected, namespace: str) -> Iterator[Finding]:
    for secret, key in seen.without:
        mend = f"kubectl create secret generic {secret} --namespace {namespace} --from-literal={key}=VALUE"
        yield bad("Credentials", f"Secret {namespace}/{secret} has no key {key}, or nothing in it: its receiver is left out.", mend)
    if seen.credentials and not seen.without:
        yield good("Credentials", f"all {len(seen.credentials)} are there.")


def _routes(seen: Inspected) -> Iterator[Finding]:
    if seen.routes:
        yield bad("Routes", f"{seen.routes}.", "monitoring-operator doctor")
    elif seen.routes is not None:
        yield good("Routes", "are in Alertmanager's configuration Secret as rendered.")


def _facts(seen: Inspected) -> Iterator[Finding]:
    """What those who take the objects up say, and each replica by name where they do not agree."""
    for fact in seen.facts:
        yield _hop(fact)
        yield from (_hop(told.fact, f"{told.replica}: ") for told in seen.replicas if told.fact.type == fact.type)


def _hop(fact: Fact, who: str = "") -> Finding:
    """That a metric is missing is no fault: some come only with their first event."""
    if fact.status == "True":
        return good(fact.type, f"{who}{fact.message}")
    if fact.status == "Unknown" or fact.type == Condition.METRICS_PRESENT:
        return warning(fact.type, f"{who}{fact.message}")
    return bad(fact.type, f"{who}{fact.message}")


def _asked(seen: Inspected) -> Iterator[Finding]:
    if not seen.asked:
        yield warning("Prometheus", NO_PROMETHEUS)


def _status(seen: Inspected) -> Iterator[Finding]:
    """Where the profile's own status says something else than was found."""
    status: Mapping[str, Any] = seen.body.get("status") or {}
    said = {c["type"]: c for c in status.get("conditions") or ()}
    generation = seen.body["metadata"].get("generation", 1)
    if not said:
        yield bad("Status", "there is none: the operator has not seen the profile.", "monitoring-operator doctor")
        return
    if status.get("observedGeneration") != generation:
        yield bad("Status", f"is about generation {status.get('observedGeneration')}, and the profile is at {generation}.")
    found = {f.type: f.status for f in seen.facts if f.type != Condition.METRICS_PRESENT} | {Condition.VALID: str(not seen.problems)}
    differing = [t for t, verdict in found.items() if t in said and said[t]["status"] != verdict]
    for type_ in differing:
        condition = said[type_]
        yield warning("Status", f"says {type_}={condition['status']} ({condition['reason']}), and {found[type_]} was found now.")
    ready = said.get(Condition.READY) or {"status": "Unknown", "reason": "absent", "message": ""}
    if ready["status"] != "True":
        yield warning("Status", f"says Ready={ready['status']} ({ready['reason']}): {ready['message']}")
    elif not differing:
        yield good("Status", f"says Ready={ready['status']} ({ready['reason']}).")


def _live(seen: Inspected) -> bool | None:
    facts = [f for f in seen.facts if f.type != Condition.METRICS_PRESENT]
    if seen.problems or seen.trouble or seen.without or seen.routes or any(f.status == "False" for f in facts):
        return False
    unknown = [f for f in facts if f.status == "Unknown"]
    # What is still waited for may hang on somebody who does not answer, and is then as unknown as he is.
    if not seen.asked or any(f.reason != Reason.PENDING for f in unknown):
        return None
    return not unknown


def _listed(texts: Iterable[str]) -> str:
    found = list(texts)
    more = len(found) - SHOWN
    return "; ".join(found[:SHOWN]) + (f"; and {more} more" if more > 0 else "") + "."
