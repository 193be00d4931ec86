"""For a field that does not exist, the one that was probably meant."""

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

from monitoring_operator.api.profile import NOT_A_FIELD, Problem

TOP_LEVEL = ("apiVersion", "kind", "metadata", "spec", "status")


def with_nearest_field(problem: Problem) -> Problem:
    """`problem`, with a suggestion if it is about an unknown field and there is one of a similar name beside it."""
    if problem.message != NOT_A_FIELD:
        return problem
    parent, _, unknown = problem.path.rpartition(".")
    siblings = _fields(parent)
    nearest = difflib.get_close_matches(unknown.lower(), [s.lower() for s in siblings], n=1, cutoff=0.5)
    meant = next((s for s in siblings if [s.lower()] == nearest), None)
    hint = f"did you mean {meant}?" if meant else f"the fields here are {', '.join(siblings)}"
    return Problem(problem.path, f"{NOT_A_FIELD}; {hint}" if siblings else NOT_A_FIELD)


def _fields(path: str) -> Collection[str]:
    """Names of the fields of the object at `path`, by the CRD's own schema."""
    if not path:
        return TOP_LEVEL
    # Imported here: building the schema takes a tenth of a second that a correct file need not pay.
    from monitoring_operator.api.profile import ProfileSpec
    from monitoring_operator.crd.schema import structural

    schema: Mapping[str, Any] = {"properties": {"spec": structural(ProfileSpec, "spec")}}
    for part in re.findall(r"[^.\[\]]+", path):
        schema = schema["items"] if part.isdigit() and "items" in schema else _child(schema, part)
    fields: Mapping[str, Any] = schema.get("properties", {})
    return fields.keys()


def _child(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return schema.get("properties", {}).get(name) or schema.get("additionalProperties", {})  # type: ignore[no-any-return]
