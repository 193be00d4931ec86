"""A rendered object. Its repr names the object and shows nothing of it, because some hold credentials."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from monitoring_operator.api.resources import Resource, resource_of


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Which object: enough to find it in the cluster."""

    resource: Resource
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.resource.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """A whole Kubernetes object as it should be: `body` has apiVersion, kind and metadata.

    `body` must not be changed after construction: its digest is taken once.
    """

    body: dict[str, Any] = field(repr=False)
    ref: Ref = field(init=False)
    digest: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        metadata = self.body["metadata"]
        object.__setattr__(self, "ref", Ref(resource_of(self.body), metadata["namespace"], metadata["name"]))
        object.__setattr__(self, "digest", digest(owned_part(self.body)))


def owned_part(body: dict[str, Any]) -> dict[str, Any]:
    """What server-side apply would own of `body`: everything but its identity, without empty values.

    Empty maps, lists and nulls are left out because the API server drops them from some types and keeps them in others.
    """
    metadata = {k: v for k, v in body.get("metadata", {}).items() if k not in ("name", "namespace")}
    rest = {k: v for k, v in body.items() if k not in ("apiVersion", "kind", "metadata")}
    return _without_empty({"metadata": metadata, **rest})  # type: ignore[no-any-return]


def digest(value: object) -> str:
    """A short, stable fingerprint of JSON-shaped data."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: _without_empty(v) for k, v in value.items()}
        return {k: v for k, v in kept.items() if v not in (None, {}, [])}
    if isinstance(value, list):
        return [_without_empty(v) for v in value]
    return value
