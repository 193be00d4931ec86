"""What holds for every object of prometheus-operator alike: its name, how it is patched, and whether it is taken up at all."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from monitoring_operator.doctor.facts import Object
from monitoring_operator.doctor.finding import Finding, bad


def name(body: Object) -> str:
    """Kind, namespace and name."""
    return f"{body['kind']} {body['metadata']['namespace']}/{body['metadata']['name']}"


def patch(body: Object, spec: Mapping[str, Any]) -> str:
    """The command that changes fields of an object's spec; None takes a field away."""
    metadata, change = body["metadata"], json.dumps({"spec": spec})
    return f"kubectl patch {body['kind'].lower()} {metadata['name']} --namespace {metadata['namespace']} --type merge --patch '{change}'"


def state(body: Object) -> Iterator[Finding]:
    """What keeps prometheus-operator from doing what the object asks for."""
    spec = body.get("spec") or {}
    if spec.get("paused"):
        yield bad(name(body), "is paused: prometheus-operator takes up no change.", patch(body, {"paused": False}))
    if spec.get("replicas") == 0:
        yield bad(name(body), "has no replicas.", patch(body, {"replicas": 1}))
    for condition in (body.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Reconciled" and condition.get("status") == "False":
            why = condition.get("message") or "no reason given"
            yield bad(name(body), f"prometheus-operator cannot bring about what it asks for: {why}")
