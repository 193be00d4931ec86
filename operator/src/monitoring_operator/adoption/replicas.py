"""Where the replicas of prometheus-operator's objects answer, and how they are asked: directly, or through the API server."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from monitoring_operator.api.cluster import ApiError, Cluster, Forbidden, Http, NoAnswer, NotFound, NotServed
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import ALERTMANAGER, PROMETHEUS, PROMETHEUS_AGENT, THANOS_RULER, Resource

Object = Mapping[str, Any]


class Way(StrEnum):
    """How replicas are reached. `AUTO` tries the pods' own addresses, then the API server's proxy."""

    AUTO = "auto"
    DIRECT = "direct"
    PROXY = "proxy"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class _Naming:
    """What prometheus-operator calls the StatefulSet and its Service, and the port of the web server."""

    resource: Resource
    prefix: str
    service: str
    port: int


_NAMING = {
    n.resource.kind: n
    for n in (
        _Naming(PROMETHEUS, "prometheus", "prometheus-operated", 9090),
        _Naming(PROMETHEUS_AGENT, "prom-agent", "prometheus-agent-operated", 9090),
        _Naming(THANOS_RULER, "thanos-ruler", "thanos-ruler-operated", 10902),
        _Naming(ALERTMANAGER, "alertmanager", "alertmanager-operated", 9093),
    )
}


@dataclass(frozen=True, slots=True)
class Replica:
    """One pod that answers HTTP. Several replicas of a `shard` hold the same."""

    of: Ref
    pod: str
    shard: int
    host: str
    port: int
    scheme: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.of.resource.kind} {self.of.namespace}/{self.pod}"


def replicas(body: Object) -> list[Replica]:
    """The pods that an object of prometheus-operator (as JSON) asks for; none if it is scaled to zero, or runs on every node."""
    naming, metadata, spec = _NAMING[body["kind"]], body["metadata"], body.get("spec") or {}
    if spec.get("mode") == "DaemonSet":
        return []
    of = Ref(naming.resource, metadata["namespace"], metadata["name"])
    service = spec.get("serviceName") or naming.service
    scheme = "https" if ((spec.get("web") or {}).get("tlsConfig")) else "http"
    prefix = (spec.get("routePrefix") or "/").rstrip("/")
    found = []
    for shard in range(spec.get("shards") or 1):
        name = f"{naming.prefix}-{of.name}" + (f"-shard-{shard}" if shard else "")
        count = spec.get("replicas")
        for number in range(1 if count is None else count):
            pod = f"{name}-{number}"
            found.append(Replica(of, pod, shard, f"{pod}.{service}.{of.namespace}.svc", naming.port, scheme, prefix))
    return found


class Asker:
    """Asks replicas, and remembers by which way each of them answered last."""

    def __init__(self, cluster: Cluster, http: Http, way: Way) -> None:
        self._cluster = cluster
        self._http = http
        self._ways = (Way.DIRECT, Way.PROXY) if way is Way.AUTO else (way,)
        self._worked: dict[Replica, Way] = {}

    async def get(self, replica: Replica, path: str) -> bytes:
        """Body of a GET; `path` starts with a slash and may have a query. Raises NoAnswer, which names how each way failed."""
        failures = []
        first = self._worked.get(replica)
        for way in sorted(self._ways, key=lambda w: w != first):
            try:
                body = await self._by(way, replica, path)
            except NoAnswer as failure:
                failures.append(f"{'directly' if way is Way.DIRECT else 'through the API server'}: {failure}")
            else:
                self._worked[replica] = way
                return body
        raise NoAnswer("; ".join(sorted(failures)))

    async def _by(self, way: Way, replica: Replica, path: str) -> bytes:
        full = f"{replica.prefix}{path}"
        if way is Way.DIRECT:
            return await self._http.get(f"{replica.scheme}://{replica.host}:{replica.port}{full}")
        pod = f"{'https:' if replica.scheme == 'https' else ''}{replica.pod}:{replica.port}"
        try:
            return await self._cluster.get_from_pod(replica.of.namespace, pod, full)
        except Forbidden as error:
            raise NoAnswer("the operator has no right to pods/proxy") from error
        except (NotFound, NotServed) as error:
            raise NoAnswer(f"there is no pod {replica.pod}") from error
        except ApiError as error:
            raise NoAnswer(f"HTTP {error.status}" if error.status else "no answer in time") from error
