"""The `Cluster` protocol over HTTP: plain dicts over one shared connection pool, with timeouts and retries of our own.

aiohttp, which kopf brings, is all that it takes: the official client's models copy every object, and importing it costs 20 MiB.
"""

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
from pydantic_core import from_json, to_json
from yarl import URL

from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError, Conflict, Fenced, Forbidden, NotFound, NotServed, Object, Rejected, Unavailable
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.resources import PLAIN, Resource
from monitoring_operator.cluster.connection import Connection

REQUEST_TIMEOUT = 10.0
ATTEMPTS = 4
FIRST_DELAY = 0.2
PAGE = 100
"""Objects in a page of a list: a page of dashboards is parsed and dropped before the next one comes."""
METADATA_PAGE = 500

JSON = "application/json"
METADATA = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""Asks for an object, or a watch's objects, without their content: dashboards need not come back to where they were made."""
METADATA_LIST = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
NEVER = "1"
"""A resource version that no object has: etcd counts from there. An apply that asks for it creates, or is a conflict."""

CONNECTIONS = 32
"""Each costs 300 KiB while it is open, for TLS; more of them do not make the API server faster."""


Requested = Callable[[str, int, float], None]
"""Told of each request: method, HTTP status (0: no answer) and seconds."""


def _unheard(_method: str, _status: int, _seconds: float) -> None:
    """Nobody counts."""


class KubernetesCluster:
    """The `Cluster` protocol over HTTP. `namespaces` empty means the whole cluster.

    `fence` gives the seconds for which writes are allowed; no write is sent after them, or waited for. With a `user` everything is asked
    as that one: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    """

    def __init__(
        self,
        connection: Connection,
        namespaces: tuple[str, ...] = (),
        *,
        fence: Callable[[], float] = lambda: math.inf,
        user: str = "",
        requested: Requested = _unheard,
    ) -> None:
        self._session = connection.session(CONNECTIONS)
        self._server = connection.server
        self._headers = {"Impersonate-User": user} if user else {}
        self._requested = requested
        self._namespaces = namespaces
        self._fence = fence
        self._writes = 0
        self._settled = asyncio.Event()
        self._settled.set()
        self._given_up = -math.inf

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()

    async def settle(self, longest: float, *, late: float) -> bool:
        """Waits at most `longest` seconds for the answers to all writes; says whether none can be on its way any more.

        One that was given up without an answer may still arrive for `late` seconds.
        """
        try:
            async with asyncio.timeout(longest):
                await self._settled.wait()
                await asyncio.sleep(self._given_up + late - time.monotonic())
        except TimeoutError:
            return False
        return True

    async def get(self, ref: Ref) -> Object | None:
        try:
            return await self._request("GET", _path(ref))
        except (NotFound, NotServed):
            return None

    async def list(
        self, resource: Resource, *, labels: str = "", fields: str = "", namespace: str = "", metadata_only: bool = False
    ) -> AsyncIterator[Object]:
        namespaces = (namespace,) if namespace else self._namespaces
        paths = [f"{resource.root}/namespaces/{n}/{resource.plural}" for n in namespaces] or [f"{resource.root}/{resource.plural}"]
        selectors = {k: v for k, v in (("labelSelector", labels), ("fieldSelector", fields)) if v}
        for path in paths:
            query = {"limit": str(METADATA_PAGE if metadata_only else PAGE), **selectors}
            while True:
                try:
                    page = await self._request("GET", path, query, accept=METADATA_LIST if metadata_only else JSON)
                except (NotFound, NotServed):
                    break
                # Of metadata alone, an empty list comes as null.
                for item in page["items"] or ():
                    yield _typed(resource, item)
                token = page["metadata"].get("continue")
                if not token:
                    break
                query["continue"] = token

    async def apply(self, manifest: Manifest, *, only_at: str | None = None) -> Object:
        body, resource = manifest.body, manifest.ref.resource
        if only_at is not None:
            body = {**body, "metadata": {**body["metadata"], "resourceVersion": only_at or NEVER}}
        return _typed(resource, await self._apply(_path(manifest.ref), body, accept=METADATA if resource in PLAIN else JSON))

    async def try_out(self, manifest: Manifest) -> Object:
        return await self._apply(_path(manifest.ref), manifest.body, dryRun="All")

    async def apply_status(self, ref: Ref, status: Mapping[str, Any]) -> Object:
        body = {
            "apiVersion": ref.resource.api_version,
            "kind": ref.resource.kind,
            "metadata": {"name": ref.name, "namespace": ref.namespace},
            "status": status,
        }
        return await self._apply(f"{_path(ref)}/status", body)

    async def delete(self, ref: Ref, *, uid: str, resource_version: str) -> None:
        body = {"preconditions": {"uid": uid, "resourceVersion": resource_version}, "propagationPolicy": "Background"}
        try:
            await self._request("DELETE", _path(ref), body=body)
        except (NotFound, NotServed):
            return

    async def create(self, resource: Resource, body: Object) -> Object:
        namespace = body.get("metadata", {}).get("namespace")
        return await self._request("POST", f"{resource.root}{f'/namespaces/{namespace}' if namespace else ''}/{resource.plural}", body=body)

    async def served(self, group: str, version: str) -> frozenset[str]:
        try:
            found = await self._request("GET", f"/apis/{group}/{version}")
        except (NotFound, NotServed):
            return frozenset()
        return frozenset(r["name"] for r in found["resources"] if "/" not in r["name"])

    async def version(self) -> Object:
        return await self._request("GET", "/version")

    async def get_from_pod(self, namespace: str, pod: str, path: str) -> bytes:
        # Not counted among the requests: its failures are the pod's.
        _, body = await self._read("GET", f"/api/v1/namespaces/{namespace}/pods/{pod}/proxy{path}")
        return body

    async def post_to_pod(self, namespace: str, pod: str, path: str, body: bytes) -> bytes:
        _, answer = await self._read("POST", f"/api/v1/namespaces/{namespace}/pods/{pod}/proxy{path}", body=from_json(body))
        return answer

    async def _apply(self, path: str, body: Mapping[str, Any], *, accept: str = JSON, **more: str) -> Object:
        query = {"fieldManager": names.FIELD_MANAGER, "force": "true", "fieldValidation": "Strict", **more}
        return await self._request("PATCH", path, query, body, content_type="application/apply-patch+yaml", accept=accept)

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> Object:
        """One request, tried again while the server is unavailable. A repeated write is safe: applies are idempotent, deletes fenced."""
        delay = FIRST_DELAY
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if method == "GET":
                    return await self.attempt(method, path, query, accept=accept)
                return await self._write(method, path, query, body, content_type=content_type, accept=accept)
            except Unavailable as error:
                if attempt == ATTEMPTS or method == "POST":
                    raise
                wait = max(delay, error.retry_after) if isinstance(error, _Overloaded) else delay
                await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 -- jitter
                delay *= 3
        raise AssertionError("unreachable")

    async def _write(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, Any] | None, *, content_type: str, accept: str
    ) -> Object:
        allowed = self._fence()
        if allowed <= 0:
            raise Fenced(0, "not sent: another replica may be the one that writes now")
        self._writes += 1
        self._settled.clear()
        answered = False
        try:
            longest = min(REQUEST_TIMEOUT, allowed)
            found = await self.attempt(method, path, query, body, content_type=content_type, accept=accept, timeout=longest)
            answered = True
        except ApiError as error:
            answered = error.status > 0
            raise
        else:
            return found
        finally:
            if not answered:
                self._given_up = time.monotonic()
            self._writes -= 1
            if not self._writes:
                self._settled.set()

    async def attempt(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
        timeout: float | None = None,  # noqa: ASYNC109 -- it is the client's own
    ) -> Object:
        """One request, neither fenced nor tried again. Raises ApiError."""
        started, status = time.monotonic(), 0
        try:
            status, raw = await self._read(method, path, query, body, content_type=content_type, accept=accept, timeout=timeout)
        except ApiError as error:
            status = error.status
            raise
        finally:
            self._requested(method, status, time.monotonic() - started)
        try:
            return from_json(raw)  # type: ignore[no-any-return]
        except ValueError:
            # Something between us cut it off.
            raise Unavailable(0, "the API server's answer is not whole") from None

    async def _read(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
        timeout: float | None = None,  # noqa: ASYNC109 -- it is the client's own
    ) -> tuple[int, bytes]:
        url = URL(f"{self._server}{path}?{urlencode(query)}" if query else f"{self._server}{path}", encoded=True)
        headers = {"Accept": accept, "Content-Type": content_type, **self._headers}
        data = None if body is None else to_json(body)
        longest = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT if timeout is None else timeout)
        try:
            async with self._session.request(method, url, data=data, headers=headers, timeout=longest) as response:
                raw = await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unavailable(0, f"no answer from the API server: {type(error).__name__}") from error
        if response.status < HTTPStatus.MULTIPLE_CHOICES:
            return response.status, raw
        raise error_of(response.status, response.headers.get("Retry-After", ""), raw)


class LeaseRequests:
    """Single requests for a Lease, on connections of their own: they must not wait for those that carry everything else."""

    def __init__(self, connection: Connection) -> None:
        self._cluster = KubernetesCluster(connection)

    async def close(self) -> None:
        """Closes the connections."""
        await self._cluster.close()

    async def get(self, ref: Ref) -> Object | None:
        try:
            return await self._cluster.attempt("GET", _path(ref))
        except NotFound:
            return None

    async def create(self, ref: Ref, body: Mapping[str, Any]) -> Object:
        return await self._cluster.attempt("POST", _path(ref).rpartition("/")[0], body=body)

    async def replace(self, ref: Ref, body: Mapping[str, Any]) -> Object:
        return await self._cluster.attempt("PUT", _path(ref), body=body)


# 401 is transient, because the token is then read again, and so is 410, because a list can be begun again.
_TRANSIENT = frozenset({401, 408, 410, 429, 500, 502, 503, 504})
_PERMANENT: Mapping[int, type[ApiError]] = {HTTPStatus.FORBIDDEN: Forbidden, HTTPStatus.CONFLICT: Conflict}


class _Overloaded(Unavailable):
    """429 or 503 with a Retry-After, in seconds."""

    retry_after: float = 0.0


def error_of(status: int, retry_after: str, raw: bytes) -> ApiError:
    """The error behind an answer. Its text is the API server's own, which may quote the object's fields but never a Secret's data."""
    try:
        answer = from_json(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = {}
    message = str(answer.get("message") or raw.decode(errors="replace")[:200] or f"HTTP {status}")
    details = answer.get("details") or {}
    # prometheus-operator's webhook says "Rules are not valid" and gives the parser's words, rule by rule, as causes.
    unsaid = [cause["message"] for cause in details.get("causes") or () if cause.get("message", "") not in message]
    message += f": {'; '.join(unsaid)}" if unsaid else ""
    kind = str(details.get("kind") or "")
    if status == HTTPStatus.NOT_FOUND:
        # A missing object is named in `details`; a path that is not served at all has none (or an aggregated "page not found").
        return NotFound(status, message, kind=kind) if details.get("name") else NotServed(status, message)
    if status in _TRANSIENT:
        if retry_after.isdigit():
            error = _Overloaded(status, message)
            error.retry_after = min(float(retry_after), REQUEST_TIMEOUT)
            return error
        return Unavailable(status, message)
    return _PERMANENT.get(status, Rejected)(status, message, kind=kind)


def _typed(resource: Resource, body: Object) -> Object:
    """The items of a list come without apiVersion and kind, and metadata alone with those of a PartialObjectMetadata."""
    return {**body, "apiVersion": resource.api_version, "kind": resource.kind}


def _path(ref: Ref) -> str:
    place = f"/namespaces/{ref.namespace}" if ref.namespace else ""
    return f"{ref.resource.root}{place}/{ref.resource.plural}/{ref.name}"
