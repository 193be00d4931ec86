"""Whether an object fits the schema of prometheus-operator's CRD: what an API server with strict field validation would say."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from harness import tools

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def problems_with(spec: Any, plural: str, version: str) -> Iterator[str]:
    """What the CRD's schema has against `spec`; nothing if it fits."""
    return _against(spec, _schema(plural, version), "spec")


@functools.cache
def _schema(plural: str, version: str) -> Any:
    (path,) = (p for p in tools.prometheus_operator_crds() if p.stem.endswith(f"_{plural}"))
    # Everything as text, because one word of it is a tag to YAML.
    crd = yaml.load(path.read_text(), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    found = next(v for v in crd["spec"]["versions"] if v["name"] == version)
    return found["schema"]["openAPIV3Schema"]["properties"]["spec"]


def _against(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    kind = schema.get("type")
    if kind is None:
        return
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{path}: {value!r} is no {kind}"
    elif isinstance(value, dict):
        yield from _fields(value, schema, path)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _against(inner, schema.get("items", {}), f"{path}[{index}]")
    elif isinstance(value, str):
        if "enum" in schema and value not in schema["enum"]:
            yield f"{path}: {value!r} is none of {schema['enum']}"
        # Go takes flags in the middle of an expression.
        if "pattern" in schema and re.search(schema["pattern"].replace("(?i)", ""), value, re.IGNORECASE) is None:
            yield f"{path}: {value!r} does not match"


def _fields(value: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{path}.{name}: is required" for name in schema.get("required", ()) if name not in value)
    for name, inner in value.items():
        if name in known:
            yield from _against(inner, known[name], f"{path}.{name}")
        elif "additionalProperties" not in schema:
            yield f"{path}.{name}: is unknown"
