"""What the rooms above need of a cluster, and how it may fail: the seam at which tests and the command line plug in."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.resources import Resource

Object = dict[str, Any]


class ApiError(Exception):
    """The API server, or the way to it, said no. `status` is the HTTP status, 0 where there was no answer."""

    def __init__(self, status: int, message: str, *, kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind


class NotServed(ApiError):
    """The resource type does not exist there: its CRD is not installed."""


class NotFound(ApiError):
    """The object, or its namespace (`kind` is then `namespaces`), does not exist."""


class Forbidden(ApiError):
    """RBAC, or an admission rule, does not let us."""


class Conflict(ApiError):
    """The object has changed since it was read, or a precondition does not hold."""


class Rejected(ApiError):
    """The object itself is refused (400, 422, 413, or an admission webhook): trying again changes nothing."""


class Unavailable(ApiError):
    """No answer, overload or a server error: worth trying again."""


class Fenced(ApiError):
    """Not sent: another replica may be the one that writes now."""


class Cluster(Protocol):
    """The verbs of a Kubernetes API, on plain dicts. Every method raises ApiError."""

    async def get(self, ref: Ref) -> Object | None:
        """The object, or None if it does not exist (or its type is not served)."""

    def list(
        self, resource: Resource, *, labels: str = "", fields: str = "", namespace: str = "", metadata_only: bool = False
    ) -> AsyncIterator[Object]:
        """All objects of one namespace, or of all watched ones, that match the selectors, page by page; none if the type is not served."""

    async def apply(self, manifest: Manifest, *, only_at: str | None = None) -> Object:
        """Server-side apply with our field manager, forced for the fields that the manifest holds; returns the object.

        Of a ConfigMap or Secret only the metadata is returned. `only_at` is the resource version at which the object must be, or empty
        if it must not exist: else Conflict is raised.
        """

    async def try_out(self, manifest: Manifest) -> Object:
        """What `apply` would make of the object, which is returned whole and not changed."""

    async def apply_status(self, ref: Ref, status: Mapping[str, Any]) -> Object:
        """Server-side apply of the status subresource."""

    async def delete(self, ref: Ref, *, uid: str, resource_version: str) -> None:
        """Deletes exactly this version of the object; one that is gone already is fine."""

    async def create(self, resource: Resource, body: Object) -> Object:
        """Creates an object, such as an Event; a review gives its answer."""

    async def served(self, group: str, version: str) -> frozenset[str]:
        """Plurals of the resource types served under a group and version; empty if there are none."""

    async def version(self) -> Object:
        """What the API server says of its own version: `gitVersion` and the like."""

    async def get_from_pod(self, namespace: str, pod: str, path: str) -> bytes:
        """Body of a GET that the API server passes on to a pod, tried once. `pod` is `[https:]NAME:PORT`, `path` has its query."""


class NoAnswer(Exception):
    """Somebody's HTTP API gave no answer that could be used; the message says why, in words that stay the same as long as that does."""


class Http(Protocol):
    """GET requests to APIs that are not Kubernetes'. Raises NoAnswer."""

    async def get(self, url: str, *, token: str = "") -> bytes:
        """Body of a successful answer; `token` is sent as a bearer token."""
