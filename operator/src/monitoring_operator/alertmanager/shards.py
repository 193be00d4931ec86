"""What a shard brings to an Alertmanager's configuration: a Secret of its own with its profiles' parts, and their credentials as keys.

The parts are compressed JSON. As YAML with the messages written out, a few hundred profiles would fill a Secret that the merged
configuration, which writes them once, has ample room in.
"""

import base64
import binascii
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.secret import SIZE_LIMIT, TooLarge
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.api import names
from monitoring_operator.api.assertions import Assertion
from monitoring_operator.api.manifest import Manifest, digest

PARTS_KEY = "parts.json.gz"
LONGEST_NAME = 253
REFUSALS = 100
"""Parts of which the configuration Secret says why they were refused: annotations have to share 256 KiB."""

Pair = tuple[str, str]
"""Namespace and name of a profile."""


class Unreadable(Exception):
    """A fragment that is not as a shard writes it."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One profile's part, and the version of the profile with which it came to be as it is: of two, the younger counts."""

    version: int
    part: Fragment


@dataclass(frozen=True, slots=True)
class Bundle:
    """A fragment as it was read: by which shard, at which version of the Secret, with which content."""

    shard: str
    resource_version: str
    content: str
    parts: Mapping[Pair, Brought] = field(repr=False)


def fragment_name(target: Target, shard: str) -> str:
    """The name of a shard's Secret for `target`."""
    name = f"{target.secret}.shard.{shard}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{target.secret[:150]}.{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}.shard.{shard}"


def render_fragment(target: Target, shard: str, identity: str, brought: Iterable[Brought]) -> Manifest:
    """The Secret with which `shard` brings parts to `target`. Raises TooLarge."""
    parts = sorted(brought, key=lambda b: (b.part.namespace, b.part.profile))
    said = json.dumps([_said(b) for b in parts], sort_keys=True, separators=(",", ":"))
    files = {key: value for b in parts for key, value in b.part.files.items()}
    data = {PARTS_KEY: base64.b64encode(gzip.compress(said.encode(), mtime=0)).decode()}
    data |= {key: base64.b64encode(value.encode()).decode() for key, value in sorted(files.items())}
    size = sum(len(key) + len(value) * 3 // 4 for key, value in data.items())
    if size > SIZE_LIMIT:
        raise TooLarge(size)
    metadata = {
        "name": fragment_name(target, shard),
        "namespace": target.namespace,
        "labels": {
            names.LABEL_MANAGED_BY: names.FIELD_MANAGER,
            names.LABEL_ROLE: names.ROLE_FRAGMENT,
            names.LABEL_SHARD: shard,
        },
        "annotations": {
            names.ANNOTATION_ASSEMBLED_BY: identity,
            names.ANNOTATION_FOR_SECRET: target.secret,
            names.ANNOTATION_CONTENT: digest([said, files]),
        },
    }
    return Manifest({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data})


def read_fragment(body: Mapping[str, Any]) -> Bundle:
    """The fragment in a live Secret. Raises Unreadable, which quotes nothing of it."""
    metadata, data = body["metadata"], body.get("data") or {}
    try:
        said = json.loads(gzip.decompress(base64.b64decode(data[PARTS_KEY], validate=True)))
        parts = {(b.part.namespace, b.part.profile): b for b in (_read(one, data) for one in said)}
        return Bundle(
            metadata["labels"][names.LABEL_SHARD],
            metadata["resourceVersion"],
            metadata["annotations"][names.ANNOTATION_CONTENT],
            parts,
        )
    except (LookupError, TypeError, AttributeError, ValueError, OSError, EOFError, zlib.error, binascii.Error, ValidationError) as error:
        raise Unreadable(type(error).__name__) from None


def _said(brought: Brought) -> dict[str, Any]:
    part = brought.part
    return {
        "version": brought.version,
        "namespace": part.namespace,
        "profile": part.profile,
        "route": part.route,
        "receivers": part.receivers,
        "time_intervals": part.time_intervals,
        "missing": part.missing,
        "assertions": [a.model_dump(mode="json", by_alias=True) for a in part.assertions],
        "files": sorted(part.files),
    }


def _read(one: Mapping[str, Any], data: Mapping[str, str]) -> Brought:
    part = Fragment(
        namespace=str(one["namespace"]),
        profile=str(one["profile"]),
        route=dict(one["route"]),
        receivers=tuple(map(dict, one["receivers"])),
        time_intervals=tuple(map(dict, one["time_intervals"])),
        files={str(key): base64.b64decode(data[key], validate=True).decode() for key in one["files"]},
        missing=tuple((str(secret), str(key)) for secret, key in one["missing"]),
        assertions=tuple(map(Assertion.model_validate, one["assertions"])),
    )
    return Brought(int(one["version"]), part)


def taken_up(bundles: Iterable[Bundle], refused: Mapping[Pair, str]) -> dict[str, str]:
    """Annotations of the configuration Secret that say which fragments it holds, and what of them was refused."""
    contents = {bundle.shard: bundle.content for bundle in bundles}
    found = {names.ANNOTATION_FRAGMENTS: json.dumps(contents, sort_keys=True)} if contents else {}
    if refused:
        why = {f"{namespace}/{name}": refused[namespace, name][:500] for namespace, name in sorted(refused)[:REFUSALS]}
        found[names.ANNOTATION_REFUSED] = json.dumps(why, sort_keys=True)
    return found


def content_taken(annotations: Mapping[str, str], shard: str) -> str:
    """The content of the shard's fragment that a configuration Secret with these annotations holds; empty if it holds none."""
    return str(_object(annotations.get(names.ANNOTATION_FRAGMENTS, "")).get(shard, ""))


def refusals(annotations: Mapping[str, str]) -> dict[Pair, str]:
    """Parts that are not in a configuration Secret with these annotations as they were brought, and why."""
    said = _object(annotations.get(names.ANNOTATION_REFUSED, ""))
    return {(key.partition("/")[0], key.partition("/")[2]): str(why) for key, why in said.items()}


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
