"""`raw`: the very writes that the operator makes, without an operator. What the API server and this machine can do at best."""

import copy
from typing import Any

from harness.bench.client import MERGE, Client, each, path
from harness.bench.subject import profile_of
from harness.cluster import Object
from monitoring_operator.api.profile import parse
from monitoring_operator.api.resources import CONFIG_MAP, PROFILE, PROMETHEUS_RULE, SERVICE_MONITOR, resource_of
from monitoring_operator.render import Inputs, render

NAMESPACE = "bench-raw"


class Raw:
    """Children and statuses of `count` profiles, rendered beforehand, written by `client`. `status` is one that the operator wrote."""

    def __init__(self, client: Client, count: int, status: Object) -> None:
        self._client, self._count = client, count
        self._status = status

    async def measure(self) -> dict[str, float]:
        """Seconds for the writes of a cold start, for live creation, and for an update of everything; leaves nothing behind."""
        await self.wipe()
        first, second = ([_children(n, edition) for n in range(self._count)] for edition in (1, 2))
        numbers = range(self._count)

        async def write(n: int) -> None:
            await self._write(n, first[n], 1)

        async def create_and_write(n: int) -> None:
            await self._create(n)
            await self._write(n, first[n], 1)

        async def update_and_write(n: int) -> None:
            body = profile_of(n, NAMESPACE, 2)
            await self._client.send("PATCH", path(PROFILE, NAMESPACE, body["metadata"]["name"]), {"spec": body["spec"]}, MERGE)
            await self._write(n, second[n], 2)

        await each(numbers, self._create)
        found = {"cold": await each(numbers, write)}
        await self.wipe()
        found["live"] = await each(numbers, create_and_write)
        found["update"] = await each(numbers, update_and_write)
        await self.wipe()
        return found

    async def wipe(self) -> None:
        """Deletes what was written."""
        for resource in (PROFILE, SERVICE_MONITOR, PROMETHEUS_RULE, CONFIG_MAP):
            await self._client.send("DELETE", path(resource, NAMESPACE))

    async def _create(self, n: int) -> None:
        await self._client.send("POST", path(PROFILE, NAMESPACE), profile_of(n, NAMESPACE, 1))

    async def _write(self, n: int, children: list[Object], generation: int) -> None:
        for body in children:
            await self._client.apply(path(resource_of(body), NAMESPACE, body["metadata"]["name"]), body)
        name = profile_of(n, NAMESPACE, 1)["metadata"]["name"]
        identity: dict[str, Any] = {"apiVersion": PROFILE.api_version, "kind": PROFILE.kind, "metadata": {"name": name}}
        status = {**self._status, "observedGeneration": generation}
        await self._client.apply(path(PROFILE, NAMESPACE, name, "status"), {**identity, "status": status})


def _children(n: int, edition: int) -> list[Object]:
    body = profile_of(n, NAMESPACE, edition)
    body["metadata"] |= {"uid": f"00000000-0000-4000-8000-{n:012d}", "generation": edition}
    return [copy.deepcopy(m.body) for m in render(parse(body), Inputs())]
