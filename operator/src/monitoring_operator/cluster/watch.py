"""One watch of one path: what happens to some objects from a resource version on.

For our own children it takes the place of kopf's, which lists everything a second time, whole, and has a task, a queue and a chain of
handlers for each object: that was a sixth of all processor time.
Protocol: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
from pydantic_core import from_json
from yarl import URL

from monitoring_operator.api.cluster import Unavailable
from monitoring_operator.api.resources import PLAIN, Resource
from monitoring_operator.cluster.client import JSON, METADATA, METADATA_LIST, REQUEST_TIMEOUT, KubernetesCluster, error_of
from monitoring_operator.cluster.connection import Connection

Object = dict[str, Any]


class Expired(Exception):
    """The API server no longer knows what has happened since that version: everything has to be listed anew."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one watch is of: a kind, in a namespace or in all of them, by its path; and the label selector."""

    resource: Resource
    path: str
    labels: str


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is ADDED, MODIFIED or DELETED. Of ConfigMaps and Secrets, `body` is the metadata alone."""

    kind: str
    body: Object


class Watches:
    """Watches over connections of their own, which carry nothing else. `silence`: a watch that says nothing for so many seconds ends."""

    def __init__(self, connection: Connection, silence: float) -> None:
        self._requests = KubernetesCluster(connection)
        self._session = connection.session(0)
        self._server = connection.server
        self._silence = silence

    async def close(self) -> None:
        """Closes the connections."""
        await self._requests.close()
        await self._session.close()

    async def version(self, place: Place) -> str:
        """The version at which everything of `place` is now. Raises ApiError."""
        found = await self._requests.attempt("GET", place.path, {"limit": "1", "labelSelector": place.labels}, accept=METADATA_LIST)
        return str(found["metadata"]["resourceVersion"])

    async def events(
        self, place: Place, since: str, lasting: float, opened: Callable[[aiohttp.StreamReader], None]
    ) -> AsyncIterator[Event | str]:
        """Events after version `since`, and versions up to which nothing else has happened; ends after about `lasting` seconds.

        `opened` is told of the stream once the API server has agreed. Raises Expired, ApiError.
        """
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": since,
            "timeoutSeconds": str(int(lasting)),
            "labelSelector": place.labels,
        }
        url = URL(f"{self._server}{place.path}?{urlencode(query)}", encoded=True)
        headers = {"Accept": METADATA if place.resource in PLAIN else JSON}
        limits = aiohttp.ClientTimeout(total=lasting + REQUEST_TIMEOUT, sock_connect=REQUEST_TIMEOUT, sock_read=self._silence)
        try:
            async with self._session.get(url, headers=headers, timeout=limits) as response:
                if response.status == HTTPStatus.GONE:
                    raise Expired
                if response.status != HTTPStatus.OK:
                    raise error_of(response.status, response.headers.get("Retry-After", ""), await response.read())
                opened(response.content)
                async for line in _lines(response.content):
                    yield _event(place.resource, line)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unavailable(0, f"the watch was cut off: {type(error).__name__}") from error


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Events by line; aiohttp's own reader of lines gives up at 128 KiB, and an object may have 1.5 MiB."""
    rest = b""
    async for chunk in stream.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line


def _event(resource: Resource, line: bytes) -> Event | str:
    try:
        found = from_json(line)
        kind, body = found["type"], found["object"]
    except (ValueError, KeyError, TypeError):
        raise Unavailable(0, "the watch said something that is no event") from None
    if kind == "BOOKMARK":
        return str(body["metadata"]["resourceVersion"])
    if kind == "ERROR":
        if body.get("code") == HTTPStatus.GONE:
            raise Expired
        raise Unavailable(body.get("code") or 0, str(body.get("message") or "the watch ended with an error"))
    return Event(kind, {**body, "apiVersion": resource.api_version, "kind": resource.kind})
