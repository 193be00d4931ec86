"""An API server that has one Lease, and replicas that want it."""

import asyncio
import copy
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from monitoring_operator.api.cluster import Conflict, NotFound, Object
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import LEASE
from monitoring_operator.leadership.elector import Elector

REF = Ref(LEASE, "system", "operator")


class Server:
    """One Lease, guarded by its resource version; `trouble` is awaited before each request is looked at, `after` before its answer."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.closed = 0
        self.trouble: Callable[[], Awaitable[None]] = self._nothing
        self.after: Callable[[], Awaitable[None]] = self._nothing

    async def _nothing(self) -> None:
        """All is well."""

    async def get(self, ref: Ref) -> Object | None:
        """The Lease."""
        assert ref == REF
        await self.trouble()
        return copy.deepcopy(self.lease)

    async def create(self, ref: Ref, body: Mapping[str, Any]) -> Object:
        """Only where there is none."""
        assert ref == REF
        await self.trouble()
        if self.lease is not None:
            raise Conflict(409, "it exists")
        return await self._store(body)

    async def replace(self, ref: Ref, body: Mapping[str, Any]) -> Object:
        """Only what was read."""
        assert ref == REF
        await self.trouble()
        if self.lease is None:
            raise NotFound(404, "gone")
        if body["metadata"].get("resourceVersion") != self.lease["metadata"]["resourceVersion"]:
            raise Conflict(409, "it has changed")
        return await self._store(body)

    async def close(self) -> None:
        """Counted."""
        self.closed += 1

    async def _store(self, body: Mapping[str, Any]) -> Object:
        self.version += 1
        self.lease = {**copy.deepcopy(dict(body)), "metadata": {**body["metadata"], "resourceVersion": str(self.version)}}
        await self.after()
        return copy.deepcopy(self.lease)

    @property
    def holder(self) -> str:
        """Who is in the Lease."""
        return str((self.lease or {}).get("spec", {}).get("holderIdentity", ""))


def elector(server: Server, name: str) -> Elector:
    """A replica with the product's own times, by the clock of the loop that runs."""
    return Elector(server, REF, name, clock=asyncio.get_running_loop().time)
