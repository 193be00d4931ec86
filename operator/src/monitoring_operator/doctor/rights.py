"""Rights: what the operator's role asks for, and what of it somebody does not have."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import yaml

from monitoring_operator.doctor.facts import Facts, Right, Unread
from monitoring_operator.doctor.finding import Finding, bad, good, warning

RULES = "rbac-rules.yaml"
"""A copy of what the chart makes Roles of."""


def needed(namespaces: Sequence[str]) -> list[Right]:
    """Every right that an operator for `namespaces` needs; none of them: for the whole cluster."""
    rules = yaml.safe_load((resources.files("monitoring_operator.doctor") / RULES).read_text(encoding="utf-8"))
    if not namespaces:
        return sorted({*_rights(rules["namespaced"], ""), *_rights(rules["cluster"], "")})
    return sorted({r for n in namespaces for section in ("namespaced", "confined") for r in _rights(rules.get(section) or (), n)})


def _rights(rules: Sequence[dict[str, Any]], namespace: str) -> Iterator[Right]:
    for rule in rules:
        yield from (Right(g, r, v, namespace) for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"])


def check(facts: Facts, asked_for: str) -> Iterator[Finding]:
    """What is missing, by resource; `asked_for` is the user whose rights were to be checked, empty for whoever asked."""
    if isinstance(facts.rights, Unread):
        yield warning("RBAC", f"the rights{f' of {asked_for}' if asked_for else ''} could not be asked for: {facts.rights.why}")
        return
    user = facts.rights.user or asked_for or "you"
    if not facts.rights.missing:
        yield good("RBAC", f"{user} may do everything that the operator does.")
        return
    mend = (
        "helm upgrade --install monitoring-operator charts/monitoring-operator   # its Roles say which namespaces: watch.namespaces"
        if asked_for
        else "Have an administrator install the chart: who gives rights must have them. "
        "For the operator's own rights: --as system:serviceaccount:NAMESPACE:monitoring-operator"
    )
    yield (bad if asked_for else warning)("RBAC", f"{user} may not {_listed(facts.rights.missing)}.", mend)


def _listed(missing: Sequence[Right]) -> str:
    """`get, list secrets in shop; patch monitoringprofiles.monitoring-operator.dev/status`."""
    verbs: defaultdict[str, list[str]] = defaultdict(list)
    for right in missing:
        resource, _, below = right.resource.partition("/")
        name = f"{resource}.{right.group}" if right.group else resource
        where = f" in {right.namespace}" if right.namespace else ""
        verbs[f"{name}{f'/{below}' if below else ''}{where}"].append(right.verb)
    return "; ".join(f"{', '.join(v)} {name}" for name, v in sorted(verbs.items()))
