"""The Secret that carries a merged configuration to an Alertmanager, and the way back from it to one profile's part.

The live Secret is the only memory of a profile's last good part that survives a restart of the operator.
"""

import base64
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from monitoring_operator.alertmanager.base import BASE_KEY, CONFIG_KEY
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment, receiver_name
from monitoring_operator.alertmanager.matchers import fence, fenced
from monitoring_operator.alertmanager.merge import Merged
from monitoring_operator.alertmanager.receivers import DIRECTORY
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.alertmanager.validate import problems
from monitoring_operator.api import names
from monitoring_operator.api.manifest import Manifest

SIZE_LIMIT = 900 * 1024
"""Bytes of keys and values: Kubernetes refuses a Secret over 1 MiB, and its own metadata needs room."""

_HELM_RELEASE = "meta.helm.sh/release-name"


class TooLarge(Exception):
    """A configuration that no Secret could hold; `size` in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the merged Alertmanager configuration is {size} bytes large; a Secret takes {SIZE_LIMIT}")
        self.size = size


def render_secret(target: Target, merged: Merged, annotations: Mapping[str, str] | None = None) -> Manifest:
    """The configuration Secret of `target`. Raises TooLarge."""
    values = {CONFIG_KEY: merged.config, **merged.files}
    if merged.base is not None:
        values[BASE_KEY] = merged.base.text
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    if merged.base is not None:
        data |= merged.base.files
    size = sum(len(key) + len(value) * 3 // 4 for key, value in data.items())
    if size > SIZE_LIMIT:
        raise TooLarge(size)
    metadata: dict[str, Any] = {
        "name": target.secret,
        "namespace": target.namespace,
        "labels": {
            names.LABEL_MANAGED_BY: names.FIELD_MANAGER,
            names.LABEL_ROLE: names.ROLE_CHILD,
            names.LABEL_ALERTMANAGER: target.name,
        },
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    return Manifest({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data})


def assembler(secret_body: Mapping[str, Any]) -> str:
    """The identity of the operator that writes this Secret; empty if none has put its name to it."""
    return str((secret_body["metadata"].get("annotations") or {}).get(names.ANNOTATION_ASSEMBLED_BY, ""))


def routed(secret_body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Namespace and name of every profile that has a route in `secret_body`, a live configuration Secret; none if it cannot be read."""
    try:
        routes = _config(secret_body["data"][CONFIG_KEY])["route"]["routes"]
        fences = (fenced(route.get("matchers") or ()) for route in routes)
        return [profile for profile in fences if profile is not None]
    except (yaml.YAMLError, LookupError, TypeError, AttributeError, ValueError, RecursionError):
        return []


def is_ours(secret_body: Mapping[str, Any]) -> bool:
    """Whether the operator may write this Secret: it carries our label, and Helm does not manage it."""
    metadata = secret_body.get("metadata") or {}
    labels = metadata.get("labels") or {}
    annotations = metadata.get("annotations") or {}
    return labels.get(names.LABEL_MANAGED_BY) == names.FIELD_MANAGER and _HELM_RELEASE not in annotations


def previous(secret_body: Mapping[str, Any], namespace: str, profile: str) -> Fragment | None:
    """The part of one profile that `secret_body`, a live configuration Secret, holds.

    None if it holds none, or none that could be merged again (somebody's edit, a file that is gone): that is no last good part.
    """
    data = secret_body.get("data") or {}
    try:
        config = _config(data[CONFIG_KEY])
        # Of several the first: the profiles' routes come before those of the user's own configuration.
        route = next(r for r in config["route"]["routes"] if r.get("matchers") == fence(namespace, profile))
        ours = {receiver_name(namespace, profile, severity) for severity in ("critical", "warning")}
        receivers = tuple(r for r in config["receivers"] if r["name"] in ours)
        times = tuple(t for t in config.get("time_intervals") or () if t["name"].startswith(f"{namespace}/{profile}/"))
        part = Fragment(namespace, profile, route, receivers, times, {key: _decoded(data, key) for key in _referred(receivers)})
        return None if problems(part) else part
    except (yaml.YAMLError, LookupError, TypeError, AttributeError, ValueError, RecursionError, StopIteration):
        return None


@functools.lru_cache(maxsize=1)
def _config(encoded: str) -> Any:
    """The parsed configuration, kept because a part is asked for profile by profile."""
    return load(base64.b64decode(encoded, validate=True).decode())


def _decoded(data: Mapping[str, str], key: str) -> str:
    return base64.b64decode(data[key], validate=True).decode()


def _referred(value: Any) -> Iterator[str]:
    """Keys of the Secret that fields of `value` refer to as files."""
    if isinstance(value, dict):
        for field, inner in value.items():
            if isinstance(inner, str) and field.endswith("_file"):
                yield inner.removeprefix(f"{DIRECTORY}/")
            else:
                yield from _referred(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _referred(inner)
