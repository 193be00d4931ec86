"""Rights as three words, seen from both ends: what a role gives, and what the API server's audit log says was made use of."""

from collections.abc import Iterable
from typing import Any

Right = tuple[str, str, str]
"""API group, resource (with its subresource), verb."""


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
    """The audit events of what was not allowed."""
    return [event for event in requests if event["responseStatus"]["code"] in {401, 403}]
