"""A cluster in memory that applies, owns fields and fails as told: for what a real one cannot be made to do at will."""

import copy
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError, Conflict, NotFound
from monitoring_operator.api.label_selector import selects
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.resources import ALERTMANAGER_CONFIGS, ALL, PLAIN, PROFILE, Resource, resource_of

Body = dict[str, Any]
Fault = Callable[[str, str], ApiError | Exception | None]


def fields_of(value: Mapping[str, Any]) -> Body:
    """FieldsV1 of a whole object: maps by key, everything else as a leaf."""
    return {f"f:{k}": fields_of(v) if isinstance(v, Mapping) else {} for k, v in value.items()}


def left_of(fields: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> Body:
    """What is still owned of `fields` after somebody else's change: a field whose value he changed is his."""
    left: Body = {}
    for name, inner in fields.items():
        old, new = before.get(name[2:]), after.get(name[2:])
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            left[name] = left_of(inner, old, new)
        elif old == new:
            left[name] = inner
    return left


def metadata_of(body: Body) -> Body:
    """An object without its content."""
    return {k: body[k] for k in ("apiVersion", "kind", "metadata")}


class FakeCluster:
    """The `Cluster` protocol on a dict. `fault(verb, target)` may return what a call should raise."""

    def __init__(self, *objects: Body) -> None:
        self.objects: dict[Ref, Body] = {}
        self.pods: dict[str, bytes] = {}
        """What pods answer through the API server, by `namespace/pod:port/path`."""
        self.calls: list[str] = []
        self.fault: Fault = lambda _verb, _target: None
        self.types = frozenset(r.plural for r in ALL)
        self.unserved: set[str] = set()
        """API versions, such as monitoring.coreos.com/v1beta1, in which AlertmanagerConfig is not served."""
        self._versions = itertools.count(1)
        for body in objects:
            self.put(body)

    def put(self, body: Body) -> Body:
        """What somebody else creates or changes; a field of ours that he changes is no longer ours."""
        body = copy.deepcopy(body)
        known = self.objects.get(_ref(body))
        if known is not None:
            for entry in body["metadata"].get("managedFields") or ():
                entry["fieldsV1"] = left_of(entry["fieldsV1"], known, body)
        return self._store(body)

    def _store(self, body: Body) -> Body:
        version, known = str(next(self._versions)), self.objects.get(_ref(body))
        uid = known["metadata"]["uid"] if known else body["metadata"].get("uid", f"00000000-0000-4000-8000-{version:0>12}")
        self.objects[_ref(body)] = {**body, "metadata": {**body["metadata"], "uid": uid, "resourceVersion": version}}
        return copy.deepcopy(self.objects[_ref(body)])

    def writes(self) -> list[str]:
        """Calls that change something."""
        return [c for c in self.calls if c.split()[0] in ("apply", "status", "delete")]

    async def get(self, ref: Ref) -> Body | None:
        self._call("get", str(ref))
        return copy.deepcopy(self.objects.get(ref))

    async def list(
        self, resource: Resource, *, labels: str = "", fields: str = "", namespace: str = "", metadata_only: bool = False
    ) -> AsyncIterator[Body]:
        self._call("list", resource.plural)
        found = [o for r, o in sorted(self.objects.items()) if r.resource == resource and namespace in ("", r.namespace)]
        for body in found:
            chosen = selects(labels, body["metadata"].get("labels") or {})
            named = {**body, "metadata.name": body["metadata"]["name"]}
            if chosen and all(str(named.get(k)) == v for k, _, v in (f.partition("=") for f in fields.split(",") if f)):
                yield copy.deepcopy(metadata_of(body) if metadata_only else body)

    async def get_from_pod(self, namespace: str, pod: str, path: str) -> bytes:
        self._call("proxy", f"{namespace}/{pod}{path}")
        try:
            return self.pods[f"{namespace}/{pod}{path}"]
        except KeyError:
            raise NotFound(404, "no such pod") from None

    async def apply(self, manifest: Manifest, *, only_at: str | None = None) -> Body:
        self._call("apply", str(manifest.ref))
        known = self.objects.get(manifest.ref)
        if only_at is not None and only_at != (known["metadata"]["resourceVersion"] if known else ""):
            raise Conflict(409, "the object has been modified")
        body = copy.deepcopy(manifest.body)
        metadata = {k: v for k, v in body["metadata"].items() if k not in ("name", "namespace")}
        owned = {"metadata": metadata, **{k: v for k, v in body.items() if k not in ("apiVersion", "kind", "metadata")}}
        entry = {"manager": names.FIELD_MANAGER, "operation": "Apply", "time": str(next(self._versions)), "fieldsV1": fields_of(owned)}
        stored = self._store({**body, "metadata": {**body["metadata"], "managedFields": [entry]}})
        return metadata_of(stored) if manifest.ref.resource in PLAIN else stored

    async def try_out(self, manifest: Manifest) -> Body:
        raise NotImplementedError(manifest)

    async def apply_status(self, ref: Ref, status: Mapping[str, Any]) -> Body:
        self._call("status", str(ref))
        if ref not in self.objects:
            raise NotFound(404, "gone")
        return self._store({**self.objects[ref], "status": copy.deepcopy(dict(status))})

    async def delete(self, ref: Ref, *, uid: str, resource_version: str) -> None:
        self._call("delete", str(ref))
        known = self.objects.get(ref)
        if known is None:
            return
        if (known["metadata"]["uid"], known["metadata"]["resourceVersion"]) != (uid, resource_version):
            raise Conflict(409, "the object has changed")
        del self.objects[ref]

    async def create(self, resource: Resource, body: Body) -> Body:
        self._call("create", f"{resource.kind} {body.get('reason', '')}")
        return body

    async def served(self, group: str, version: str) -> frozenset[str]:
        self._call("served", f"{group}/{version}")
        return self.types - {r.plural for r in ALERTMANAGER_CONFIGS} if f"{group}/{version}" in self.unserved else self.types

    async def version(self) -> Body:
        self._call("version", "")
        return {"gitVersion": "v1.34.1"}

    def _call(self, verb: str, target: str) -> None:
        self.calls.append(f"{verb} {target}")
        error = self.fault(verb, target)
        if error is not None:
            raise error


def _ref(body: Body) -> Ref:
    return Ref(resource_of(body), body["metadata"].get("namespace", ""), body["metadata"]["name"])


def profile_body(namespace: str = "shop", name: str = "web", *, generation: int = 1, **spec: Any) -> Body:
    """A MonitoringProfile as an API server stores it; `spec` beside the scrape section."""
    scrape = {"selector": {"matchLabels": {"app": name}}, "port": "http"}
    metadata = {"namespace": namespace, "name": name, "uid": f"{namespace}-{name}", "generation": generation}
    return {"apiVersion": PROFILE.api_version, "kind": PROFILE.kind, "metadata": metadata, "spec": {"scrape": scrape, **spec}}
