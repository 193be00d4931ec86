"""From an AdmissionReview to the answer, pure: what neither schema nor CEL can say about a profile.

Only what is new is judged. A profile that was stored when it was still good, or while nobody asked us, can be labelled, annotated
and deleted as it is.
"""

from collections.abc import Mapping
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.profile import InvalidProfile, Problem, parse
from monitoring_operator.content.check import problems

MOST = 20
"""Problems in one answer: `kubectl apply` prints it as a single paragraph."""


class NoReview(ValueError):
    """The body is no AdmissionReview of a version that we speak."""


def answer(review: Any) -> dict[str, Any]:
    """The AdmissionReview with our response. Objects of any kind but ours are allowed. Raises NoReview."""
    if not isinstance(review, Mapping):
        raise NoReview("not a JSON object")
    request = review.get("request")
    if review.get("apiVersion") != "admission.k8s.io/v1" or not isinstance(request, Mapping) or not isinstance(request.get("uid"), str):
        raise NoReview("not an AdmissionReview of admission.k8s.io/v1 with a request")
    found = judge(request)
    response: dict[str, Any] = {"uid": request["uid"], "allowed": not found}
    if found:
        response["status"] = {"code": 422, "reason": "Invalid", "message": _words(found)}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def judge(request: Mapping[str, Any]) -> tuple[Problem, ...]:
    """What is wrong with the profile that is to be stored; nothing for what is not ours to judge."""
    kind = request.get("kind") or {}
    if (kind.get("group"), kind.get("kind")) != (names.GROUP, names.KIND) or request.get("subResource"):
        return ()
    if request.get("operation") not in ("CREATE", "UPDATE"):
        return ()
    body, before = request.get("object") or {}, request.get("oldObject") or {}
    if (body.get("metadata") or {}).get("deletionTimestamp") or (before and body.get("spec") == before.get("spec")):
        return ()
    # With generateName the API server asks before it has made the name.
    metadata = {"name": "unnamed", "namespace": request.get("namespace") or "default", **(body.get("metadata") or {})}
    try:
        return problems(parse({**body, "metadata": metadata}))
    except InvalidProfile as invalid:
        return invalid.problems


def _words(found: tuple[Problem, ...]) -> str:
    left = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    return "; ".join(str(problem) for problem in found[:MOST]) + left
