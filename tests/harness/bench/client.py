"""The least that a client can do: requests over one connection pool, answers read and thrown away."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp

from harness.cluster import Object
from monitoring_operator.api.resources import Resource

CONCURRENCY = 32
RETRY = 0.2
"""Seconds until a watch that is not served yet is asked for again."""
APPLY, MERGE, JSON = "application/apply-patch+yaml", "application/merge-patch+json", "application/json"

T = TypeVar("T")


class Refused(AssertionError):
    """The API server said no; the message holds its words."""


class Client:
    """One user's requests, as the kubeconfig names him; an asynchronous context manager."""

    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._server, self._token = cluster["server"], user["token"]
        self._ssl = ssl.create_default_context(cafile=cluster["certificate-authority"])

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            self._server,
            connector=aiohttp.TCPConnector(ssl=self._ssl, limit=0),
            headers={"Authorization": f"Bearer {self._token}"},
            read_bufsize=2**22,
            timeout=aiohttp.ClientTimeout(total=None),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def send(self, method: str, path: str, body: object = None, content_type: str = JSON, **query: str) -> bytes:
        """The answer's body. Raises Refused."""
        data = None if body is None else json.dumps(body)
        async with self._session.request(method, path, data=data, params=query, headers={"Content-Type": content_type}) as answer:
            raw = await answer.read()
            if answer.status >= 300:
                raise Refused(f"{method} {path}: {answer.status} {raw[:400].decode(errors='replace')}")
            return raw

    async def apply(self, path: str, body: Object) -> None:
        """Server-side apply."""
        await self.send("PATCH", path, body, APPLY, fieldManager="raw", force="true")

    async def get(self, path: str, **query: str) -> Object:
        """An object or a list."""
        found: Object = json.loads(await self.send("GET", path, **query))
        return found

    async def watch(self, path: str, version: str) -> AsyncIterator[Object]:
        """Events from a version on, without an end: an API server closes a watch whose reader is slow. Raises Refused."""
        while True:
            async with self._session.get(path, params={"watch": "1", "resourceVersion": version}) as answer:
                if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                    # Of a kind that has just come the watch cache is still being filled.
                    await asyncio.sleep(RETRY)
                    continue
                if answer.status >= 300:
                    raise Refused(f"watch of {path}: {answer.status} {(await answer.text())[:400]}")
                async for line in answer.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise Refused(f"watch of {path}: {event['object']}")
                    version = event["object"]["metadata"]["resourceVersion"]
                    yield event


def path(resource: Resource, namespace: str, name: str = "", subresource: str = "") -> str:
    """Where an object, or a namespace's objects of a kind, are served."""
    return "/".join(filter(None, (resource.root, "namespaces", namespace, resource.plural, name, subresource)))


async def each(items: Iterable[T], work: Callable[[T], Awaitable[object]], concurrency: int = CONCURRENCY) -> float:
    """Works on all items, some at a time; seconds that it took."""
    rest, started = iter(items), time.monotonic()

    async def worker() -> None:
        for item in rest:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(worker())
    return time.monotonic() - started


def is_settled(profile: Object) -> bool:
    """Whether the status says that everything of the present generation is in place."""
    status: dict[str, Any] = profile.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    return ready and status.get("observedGeneration") == profile["metadata"]["generation"]
