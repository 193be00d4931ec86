"""One object's difference between the cluster and what would be applied, as text that holds no credential."""

import base64
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from monitoring_operator import yaml_output
from monitoring_operator.alertmanager.base import CONFIG_KEY
from monitoring_operator.api.manifest import Ref
from monitoring_operator.cli.display import REDACTED, for_people

CHANGED = "<redacted, another value>"
_OF_THE_SERVER = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_CREDENTIAL = ("key", "token", "password", "secret", "credentials", "url")


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one object: `before` is empty for one that is new, `after` for one that goes."""

    ref: Ref
    before: str
    after: str

    def lines(self) -> list[str]:
        """A unified diff; empty if nothing changes."""
        before = f"cluster: {self.ref}" if self.before else "/dev/null"
        after = f"applied: {self.ref}" if self.after else "/dev/null"
        return list(difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), before, after, lineterm=""))

    def data(self) -> dict[str, Any]:
        """The same for programs: which object, what becomes of it, and the diff line by line."""
        action = "create" if not self.before else "change" if self.after else "delete"
        ref = self.ref
        return {"kind": ref.resource.kind, "namespace": ref.namespace, "name": ref.name, "action": action, "diff": self.lines()}


def of_child(ref: Ref, live: Mapping[str, Any] | None, applied: Mapping[str, Any] | None) -> Change:
    """The change of an object that holds no credentials from `live` to `applied`, as the API server has it; None is absence."""
    return Change(ref, _text(live), _text(applied))


def of_secret(ref: Ref, live: Mapping[str, Any] | None, applied: Mapping[str, Any]) -> Change:
    """The change of an Alertmanager's configuration Secret, of which only the configuration is shown."""
    ours = applied["metadata"]["labels"].keys()
    before, after = (live or {}).get("data") or {}, applied["data"]
    old = {k: _configuration(v) if k == CONFIG_KEY else REDACTED for k, v in before.items()}
    new = {k: _configuration(v) if k == CONFIG_KEY else REDACTED if before.get(k, v) == v else CHANGED for k, v in after.items()}
    labels = {k: v for k, v in ((live or {}).get("metadata", {}).get("labels") or {}).items() if k in ours}
    return Change(ref, _secret_text(labels, old) if live else "", _secret_text(applied["metadata"]["labels"], new))


def _secret_text(labels: Mapping[str, str], data: Mapping[str, Any]) -> str:
    return yaml_output.document({"labels": dict(sorted(labels.items())), "stringData": dict(sorted(data.items()))})


def _text(body: Mapping[str, Any] | None) -> str:
    if body is None:
        return ""
    metadata = {k: v for k, v in body["metadata"].items() if k not in _OF_THE_SERVER}
    rest = {k: v for k, v in body.items() if k not in ("apiVersion", "kind", "metadata", "status")}
    shown = {"apiVersion": body.get("apiVersion"), "kind": body.get("kind"), "metadata": metadata, **rest}
    return yaml_output.document(for_people(_sorted(shown)))


def _sorted(value: Any) -> Any:
    """With keys in one order: the API server's differs from ours, and merge keys leave none."""
    if isinstance(value, Mapping):
        return {k: _sorted(value[k]) for k in sorted(value)}
    return [_sorted(v) for v in value] if isinstance(value, list) else value


def _configuration(encoded: str) -> Any:
    """The configuration without credentials: ours has none, but a live one may have been edited by hand."""
    try:
        return _sorted(_without_credentials(yaml.safe_load(base64.b64decode(encoded))))
    except (ValueError, yaml.YAMLError):
        return f"{REDACTED}: it is not YAML"


def _without_credentials(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: REDACTED if _holds_credential(k, v) else _without_credentials(v) for k, v in value.items()}
    return [_without_credentials(v) for v in value] if isinstance(value, list) else value


def _holds_credential(key: object, value: object) -> bool:
    return isinstance(value, str) and str(key).lower().endswith(_CREDENTIAL)
