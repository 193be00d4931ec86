"""From a pydantic model to a structural OpenAPI schema, the only kind that a CustomResourceDefinition may hold.

pydantic speaks JSON Schema 2020-12. Much of that the API server refuses, and some of it it would silently drop, so that a check
that we believe in is never made. Hence an allow-list: a keyword that is not known to survive raises instead of passing through.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

KEPT = (
    "type",
    "format",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "required",
)
"""Keywords that mean the same on both sides, in the order in which they are written."""

_HANDLED = {"$ref", "anyOf", "const", "title", "description", "default", "items", "properties", "x-kubernetes-validations"}
_OF_MAPS = {"additionalProperties", "patternProperties", "propertyNames"}


class UnsupportedSchemaError(Exception):
    """A model says something that a structural schema cannot; the message names the field and the keyword."""


def structural(model: type[BaseModel], path: str) -> dict[str, Any]:
    """The structural schema of `model`, which stands at `path` (such as `spec`) in its resource.

    Optional fields lose their null, scalar defaults stay, defaults of lists and maps go into the description: the API server would
    write them into every stored object, where they would outlive a change of ours. Rules become x-kubernetes-validations.
    Raises UnsupportedSchemaError.
    """
    schema = model.model_json_schema(by_alias=True, schema_generator=_WithRules)
    return _Converter(schema.pop("$defs", {})).convert(schema, path)


class _WithRules(GenerateJsonSchema):
    """pydantic's generator, which adds each model's rules where the model is defined."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        out = super().model_schema(schema)
        rules = getattr(schema["cls"], "rules_", ())
        if rules:
            out["x-kubernetes-validations"] = [{"rule": r.cel, "message": r.message} for r in rules]
        return out


class _Converter:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._open: list[str] = []

    def convert(self, node: Mapping[str, Any], path: str) -> dict[str, Any]:
        if "$ref" in node:
            return self._inline(node, path)
        if "anyOf" in node:
            return self.convert(_without_null(node, path), path)
        _refuse_unknown(node, path)
        out: dict[str, Any] = {"description": _description(node)} if "description" in node else {}
        out |= {k: node[k] for k in KEPT if k in node}
        if "const" in node:
            out["enum"] = [node["const"]]
        if isinstance(node.get("default"), (str, int, float, bool)):
            out["default"] = node["default"]
        if "items" in node:
            out["items"] = self.convert(node["items"], f"{path}[]")
        rules = [{"rule": r["rule"], "message": r["message"]} for r in node.get("x-kubernetes-validations", ())]
        if _OF_MAPS & node.keys():
            on_keys, values = _map_of(node, path)
            rules += on_keys
            out["additionalProperties"] = self.convert(values, f"{path}[*]")
        if rules:
            out["x-kubernetes-validations"] = rules
        if "properties" in node:
            out["properties"] = {k: self.convert(v, f"{path}.{k}") for k, v in node["properties"].items()}
        return out

    def _inline(self, node: Mapping[str, Any], path: str) -> dict[str, Any]:
        name = node["$ref"].removeprefix("#/$defs/")
        if name in self._open:
            raise UnsupportedSchemaError(f"{path}: {name} holds itself; a structural schema cannot recurse")
        self._open.append(name)
        beside = {k: v for k, v in node.items() if k != "$ref"}
        out = self.convert({**self._definitions[name], **beside}, path)
        self._open.pop()
        return out


def _refuse_unknown(node: Mapping[str, Any], path: str) -> None:
    unknown = node.keys() - set(KEPT) - _HANDLED - _OF_MAPS
    if unknown:
        raise UnsupportedSchemaError(f"{path}: a structural schema cannot hold {', '.join(sorted(unknown))}")
    if "type" not in node:
        raise UnsupportedSchemaError(f"{path}: a structural schema needs a type")


def _without_null(node: Mapping[str, Any], path: str) -> dict[str, Any]:
    """`T | None` as T: in a structural schema a field that may be absent is simply not required."""
    choices = [c for c in node["anyOf"] if c != {"type": "null"}]
    if len(choices) != 1:
        raise UnsupportedSchemaError(f"{path}: a structural schema cannot hold a union; use optional fields and a rule")
    return {**choices[0], **{k: v for k, v in node.items() if k != "anyOf"}}


def _map_of(node: Mapping[str, Any], path: str) -> tuple[list[dict[str, str]], Mapping[str, Any]]:
    """The rules on a map's keys and the schema of its values. Only values have a schema in a CRD: keys need CEL."""
    values = node.get("additionalProperties")
    pattern = ""
    if "patternProperties" in node:
        ((pattern, values),) = node["patternProperties"].items()
    if not isinstance(values, Mapping):
        raise UnsupportedSchemaError(f"{path}: a structural schema cannot hold additionalProperties: {values}")
    limits = node.get("propertyNames", {})
    if limits.keys() - {"minLength", "maxLength"}:
        raise UnsupportedSchemaError(f"{path}: cannot check keys by {', '.join(sorted(limits))}")
    checks, words = [], []
    if pattern:
        checks.append(f"k.matches(r'{pattern}')")
        words.append(f"match {pattern}")
    if "maxLength" in limits:
        checks.append(f"size(k) <= {limits['maxLength']}")
        words.append(f"have at most {limits['maxLength']} characters")
    if not checks:
        return [], values
    return [{"rule": f"self.all(k, {' && '.join(checks)})", "message": f"keys must {' and '.join(words)}"}], values


def _description(node: Mapping[str, Any]) -> str:
    """The description on one line, with the default, which `kubectl explain` would not show by itself."""
    text = " ".join(node.get("description", "").split())
    default = node.get("default")
    if default in (None, "", [], {}) or "properties" in node or "Default:" in text:
        return text
    match default:
        case bool():
            shown = str(default).lower()
        case list():
            shown = ", ".join(map(str, default))
        case dict():
            shown = ", ".join(f"{k}={v}" for k, v in default.items())
        case _:
            shown = str(default)
    return f"{text} Default: {shown}."
