"""docs/reference/profile.md: every field of a MonitoringProfile, from the CRD's own schema."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from monitoring_operator.crd import document

_INTRO = """\
# The fields of a MonitoringProfile

Made from the schema of the CRD; `kubectl explain mprof.spec` says the same. Only `spec.scrape` is required. Durations are Prometheus'
(`30s`, `1d12h`), ratios go from 0 to 1.

"""
Schema = Mapping[str, Any]


def page() -> str:
    """The whole page."""
    versions = yaml.safe_load(document())["spec"]["versions"]
    spec = versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return _INTRO + "\n".join(_section("spec", spec))


def _section(path: str, schema: Schema) -> Iterator[str]:
    """An object's fields, then those of the objects in it."""
    required = schema.get("required", ())
    yield f"## {path}"
    yield ""
    if schema.get("description"):
        yield _text(schema["description"])
        yield ""
    yield "| field | type | default | |"
    yield "| --- | --- | --- | --- |"
    for name, field in schema["properties"].items():
        default = "required" if name in required else f"`{json.dumps(field['default'])}`" if "default" in field else ""
        said = _text(field.get("description", ""))
        # The column beside it says so already.
        said = re.sub(r" Default: \S+\.$", "", said) if "default" in field else said
        yield f"| `{name}` | {_type(field)} | {default} | {said} |"
    yield ""
    for rule in schema.get("x-kubernetes-validations", ()):
        yield f"- {_text(rule['message'])}"
    if schema.get("x-kubernetes-validations"):
        yield ""
    for name, field in schema["properties"].items():
        inner, suffix = _inner(field)
        if inner:
            yield from _section(f"{path}.{name}{suffix}", inner)


def _inner(field: Schema) -> tuple[Schema, str]:
    """The object that a field is, or that it is a list or a map of."""
    if "properties" in field:
        return field, ""
    if "properties" in field.get("items", {}):
        return field["items"], "[]"
    values = field.get("additionalProperties")
    if isinstance(values, dict) and "properties" in values:
        return values, ".*"
    return {}, ""


def _type(field: Schema) -> str:
    kind = str(field.get("type", "any"))
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if kind == "array":
        return f"list of {_type(field['items'])}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"map to {_type(field['additionalProperties'])}"
    bounds = [f"{sign} {field[key]}" for key, sign in (("minimum", "≥"), ("maximum", "≤")) if key in field]
    return " ".join([kind, *bounds])


def _text(text: str) -> str:
    """On one line, with nothing that a table or a template engine would take for its own."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
