"""From an AdmissionReview to the answer: what neither schema nor CEL can say about a profile.

Only what is new is judged. A profile that was stored when it was still good, or while nobody asked us, can be labelled, annotated
and deleted as it is, and changed as long as nothing gets worse: of what was wrong before it is only warned.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from monitoring_operator.alertmanager.assertions import failed_assertions
from monitoring_operator.alertmanager.config_object import inexpressible
from monitoring_operator.api import names
from monitoring_operator.api.foreseen import Foreseen
from monitoring_operator.api.profile import InvalidProfile, Problem, Profile, parse
from monitoring_operator.content.check import problems

MOST = 20
"""Problems in one answer: `kubectl apply` prints it as a single paragraph."""

Object = Mapping[str, Any]
Foresee = Callable[[Profile, Profile | None], Foreseen]
"""What stands in the way of a profile, given also what was stored before; None where that is nothing that could be read."""


class NoReview(ValueError):
    """The body is no AdmissionReview of a version that we speak."""


def answer(review: Any, foresee: Foresee) -> dict[str, Any]:
    """The AdmissionReview with our response. Objects of any kind but ours are allowed. Raises NoReview."""
    if not isinstance(review, Mapping):
        raise NoReview("not a JSON object")
    request = review.get("request")
    if review.get("apiVersion") != "admission.k8s.io/v1" or not isinstance(request, Mapping) or not isinstance(request.get("uid"), str):
        raise NoReview("not an AdmissionReview of admission.k8s.io/v1 with a request")
    found = _judge(request, foresee)
    response: dict[str, Any] = {"uid": request["uid"], "allowed": not found.refused}
    if found.refused:
        response["status"] = {"code": 422, "reason": "Invalid", "message": _words(found.refused)}
    if found.warnings:
        response["warnings"] = list(found.warnings[:MOST])
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def _judge(request: Object, foresee: Foresee) -> Foreseen:
    """What is wrong with the profile that is to be stored; nothing for what is not ours to judge."""
    kind = request.get("kind") or {}
    if (kind.get("group"), kind.get("kind")) != (names.GROUP, names.KIND) or request.get("subResource"):
        return Foreseen()
    if request.get("operation") not in ("CREATE", "UPDATE"):
        return Foreseen()
    body, before = request.get("object") or {}, request.get("oldObject") or {}
    if (body.get("metadata") or {}).get("deletionTimestamp") or (before and body.get("spec") == before.get("spec")):
        return Foreseen()
    namespace = request.get("namespace") or "default"
    profile, found = _read(body, namespace)
    old, known = _read(before, namespace) if before else (None, ())
    kept = tuple(str(problem) for problem in found if problem in known)
    refused = tuple(problem for problem in found if problem not in known)
    # With generateName the API server asks before it has made the name, and what will be in the way of that nobody knows.
    if refused or profile is None or not (body.get("metadata") or {}).get("name"):
        return Foreseen(refused, kept)
    ahead = foresee(profile, old)
    return replace(ahead, warnings=(*kept, *ahead.warnings))


def _read(body: Object, namespace: str) -> tuple[Profile | None, tuple[Problem, ...]]:
    """The profile, unless it cannot be read at all, and what `validate` has against it."""
    metadata = {"name": "unnamed", "namespace": namespace, **(body.get("metadata") or {})}
    try:
        profile = parse({**body, "metadata": metadata})
    except InvalidProfile as invalid:
        return None, invalid.problems
    return profile, (*problems(profile), *inexpressible(profile), *failed_assertions(profile))


def _words(found: tuple[Problem, ...]) -> str:
    left = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    return "; ".join(str(problem) for problem in found[:MOST]) + left
