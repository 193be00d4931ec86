"""Rights as three words, seen from both ends: what a role gives, and what the API server's audit log says was made use of."""

from collections.abc import Iterable
from typing import Any

Right = tuple[str, str, str]
"""API group, resource (with its subresource), verb."""
DECISION = "authorization.k8s.io/decision"
"""The annotation by which an audit event says what the authorizer found."""


def given(rules: Iterable[dict[str, Any]]) -> set[Right]:
    """The rights of a role's rules."""
    return {(g, r, v) for rule in rules for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}


def used(requests: Iterable[dict[str, Any]]) -> set[Right]:
    """The rights that audit events about objects made use of; a patch that made an object used the right to create as well."""
    found: set[Right] = set()
    for event in requests:
        target = event["objectRef"]
        resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
        made = event["verb"] == "patch" and event["responseStatus"]["code"] == 201
        found |= {(target.get("apiGroup", ""), resource, verb) for verb in ((event["verb"], "create") if made else (event["verb"],))}
    return found


def refused(requests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The audit events of what no right was found for; an admission plugin's 403, as in a namespace that is going, is another matter."""
    return [e for e in requests if e["responseStatus"]["code"] == 401 or e.get("annotations", {}).get(DECISION) == "forbid"]
