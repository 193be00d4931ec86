"""Everything that is wrong with one profile: around its spec, in its fields, between them, and with the names and queries in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monitoring_operator.alertmanager.assertions import failed_assertions
from monitoring_operator.alertmanager.config_object import inexpressible
from monitoring_operator.api import names
from monitoring_operator.api.profile import NOT_A_FIELD, InvalidProfile, Problem, Profile, parse
from monitoring_operator.cli.suggestions import TOP_LEVEL
from monitoring_operator.content.check import problems as content_problems

_ANY_SCRAPE = {"selector": {"matchLabels": {"app": "any"}}, "port": "any"}


def judge(body: Mapping[str, Any]) -> tuple[Profile | None, tuple[Problem, ...]]:
    """The profile in `body` and nothing, or None and everything that is wrong with it."""
    body = _without_nulls(body)
    problems = [*_frame_problems(body)]
    profile = None
    try:
        profile = parse(_with_identity(body), strict=True)
    except InvalidProfile as error:
        problems += error.problems
        problems += _content_of_the_rest(body, error.problems)
    else:
        problems += [*content_problems(profile), *inexpressible(profile), *failed_assertions(profile)]
    return None if problems else profile, tuple(dict.fromkeys(problems))


def _content_of_the_rest(body: Mapping[str, Any], problems: Iterable[Problem]) -> Iterator[Problem]:
    """What the content has against those sections that can be read although others cannot: one run is to find everything."""
    unread = {p.path.split(".")[1] for p in problems if p.path.startswith("spec.") and p.message != NOT_A_FIELD}
    spec = body.get("spec")
    if not isinstance(spec, dict):
        return
    readable = {"scrape": _ANY_SCRAPE, **{k: v for k, v in spec.items() if k not in unread}}
    try:
        profile = parse({"metadata": {"name": "any"}, "spec": readable})
    except InvalidProfile:
        return
    yield from (p for p in content_problems(profile) if p.path.split(".")[1] not in unread)


def _without_nulls(value: Any) -> Any:
    """As the API server takes it: a field that is null is a field that is not there."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value


def _with_identity(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """`body` with name and namespace as text, as the API server guarantees them to the operator."""
    metadata = body.get("metadata")
    identity = {k: str(metadata[k]) for k in ("name", "namespace") if k in metadata} if isinstance(metadata, dict) else {}
    return {**body, "metadata": identity}


def _frame_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong around the spec, which the API server checks without any schema of ours."""
    for key, expected in (("apiVersion", names.API_VERSION), ("kind", names.KIND)):
        if body.get(key) != expected:
            yield Problem(key, f"must be {expected}, not {body.get(key)!r}" if key in body else f"is required: {expected}")
    for key in body:
        if key not in TOP_LEVEL:
            yield Problem(key, NOT_A_FIELD)
    metadata = body.get("metadata", {})
    if not isinstance(metadata, dict):
        yield Problem("metadata", "must be a mapping with name and namespace")
        return
    for key, pattern in (
        ("name", r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"),
        ("namespace", r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    ):
        value = metadata.get(key)
        if value is not None and not (isinstance(value, str) and re.fullmatch(pattern, value)):
            yield Problem(f"metadata.{key}", f"must be lower-case letters, digits and hyphens, such as ga4-analytics, not {value!r}")
