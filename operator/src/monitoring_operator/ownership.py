"""Which part of a live object is ours: server-side apply's own bookkeeping, read instead of kept a second time.

`metadata.managedFields` records the fields that our field manager owns. Their live values are compared with what is
rendered: a field that somebody else changed is no longer ours and so is missing, a foreign label was never ours and does not
count. Nothing has to be remembered over a restart, and no annotation is needed.
Format: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management (structured-merge-diff's FieldsV1).
"""

import json
from collections.abc import Mapping
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.manifest import digest, owned_part


def applied_fields(live: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Our fields (FieldsV1), or None if we never applied the object."""
    entry = _entry(live)
    return None if entry is None else entry.get("fieldsV1") or {}


def claim(live: Mapping[str, Any]) -> str:
    """Fingerprint of our entry of managedFields; empty if we never applied the object.

    It stays the same exactly as long as nobody changes a field of ours: whoever does takes it out of our entry, and an apply in our
    own name renews the entry's time. So it tells from the metadata alone whether the content is still what it was.
    """
    entry = _entry(live)
    return "" if entry is None else digest(entry)


def _entry(live: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for entry in live.get("metadata", {}).get("managedFields") or ():
        if entry.get("manager") == names.FIELD_MANAGER and entry.get("operation") == "Apply" and not entry.get("subresource"):
            found: Mapping[str, Any] = entry
            return found
    return None


def live_digest(live: Mapping[str, Any]) -> str:
    """Fingerprint of the live values of our fields; equals `Manifest.digest` exactly when nothing of ours has changed."""
    fields = applied_fields(live)
    return digest(owned_part(project(live, fields))) if fields else ""


def project(value: Any, fields: Mapping[str, Any]) -> Any:
    """The part of `value` that `fields` (FieldsV1) covers, in the order of `value`."""
    inner = {k: v for k, v in fields.items() if k != "."}
    if not inner:
        return value
    if isinstance(value, Mapping):
        return {k[2:]: project(value[k[2:]], v) for k, v in inner.items() if k.startswith("f:") and k[2:] in value}
    if isinstance(value, list):
        keys = [(json.loads(k[2:]), v) for k, v in inner.items() if k.startswith("k:")]
        members = [json.loads(k[2:]) for k in inner if k.startswith("v:")]
        out = []
        for item in value:
            if item in members:
                out.append(item)
            for key, sub in keys:
                if isinstance(item, Mapping) and all(item.get(k) == v for k, v in key.items()):
                    out.append(project(item, sub))
        return out
    return value
