"""The frame that all children share: labels by which they are found again, and the owner reference that deletes them."""

from collections.abc import Mapping
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.resources import Resource


def with_role(manifest: Manifest, role: str) -> Manifest:
    """The same child with another role: a shard finds its own by it."""
    metadata = manifest.body["metadata"]
    labels = {**metadata["labels"], names.LABEL_ROLE: role}
    return Manifest({**manifest.body, "metadata": {**metadata, "labels": labels}})


def child(
    profile: Profile,
    resource: Resource,
    name: str,
    content: Mapping[str, Any],
    *,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """A child of `profile` named `name`, with `content` beside apiVersion, kind and metadata.

    `labels` are added to ours and cannot replace them. Only a child in the profile's own namespace has an owner reference:
    Kubernetes deletes an object whose owner it looks for in the wrong namespace.
    """
    namespace = namespace or profile.namespace
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "labels": {**(labels or {}), **names.child_labels(profile.name, profile.namespace, profile.uid)},
    }
    if namespace != profile.namespace and profile.uid:
        annotations = {**(annotations or {}), names.ANNOTATION_OWNER_UID: profile.uid}
    if annotations:
        metadata["annotations"] = dict(annotations)
    if namespace == profile.namespace and profile.uid:
        metadata["ownerReferences"] = [
            {
                "apiVersion": names.API_VERSION,
                "kind": names.KIND,
                "name": profile.name,
                "uid": profile.uid,
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ]
    return Manifest({"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **content})
