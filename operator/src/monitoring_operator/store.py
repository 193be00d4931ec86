"""What the cluster has told us: profiles, the fingerprints of children, and who refers to which Secret or ConfigMap.

Filled by lists at start and at every resync, kept current by watches and by the answers to our own writes, so that the echo
of a write wakes nobody. Children are kept as fingerprints: a thousand profiles' dashboards would be a hundred megabytes.
Not thread-safe: it belongs to the event loop.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import ALERTMANAGER, PROFILE, PROMETHEUS, SECRET, resource_of
from monitoring_operator.ownership import claim, live_digest

Object = Mapping[str, Any]

_NONE: Mapping[str, str] = {}
UNSEEN = "unseen"
"""The digest of a child of which a field of ours may have changed, when only its metadata was looked at: it matches nothing rendered."""
REMEMBERED_GRAVES = 10_000
"""Deleted objects of which late news is refused; uids never come back, so only memory bounds it."""


@dataclass(frozen=True, slots=True, order=True)
class ProfileKey:
    """A profile that wants to be reconciled."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Child:
    """A live object of ours, as far as we need to know it.

    `digest` covers the values of the fields that we own and is empty if we own none; `claim` says whether they are untouched since it
    was taken (see `ownership`).
    """

    uid: str
    resource_version: str
    profile: ProfileKey | None
    profile_uid: str
    digest: str
    claim: str
    since: str = ""
    """The version at which `digest` came to be what it is, as far as we know."""
    generation: int = 0
    marks: Mapping[str, str] = field(default_factory=dict)
    """Of a Secret our own labels and annotations: what the operators of one Alertmanager tell each other."""
    bindings: tuple[Any, ...] = ()
    """`status.bindings` as prometheus-operator writes them: what it makes of the object."""


def ref_of(body: Object) -> Ref:
    """Which object `body` is. Raises KeyError for a kind that is not ours to know."""
    return Ref(resource_of(body), body["metadata"].get("namespace", ""), body["metadata"]["name"])


def older(a: str, b: str) -> bool:
    """Whether resource version `a` is older than `b`; unknown forms are never older."""
    return a.isdigit() and b.isdigit() and int(a) < int(b)


class Store:
    """The operator's picture of the cluster."""

    def __init__(self) -> None:
        self.profiles: dict[ProfileKey, Object] = {}
        self.children: dict[Ref, Child] = {}
        self.workloads: dict[Ref, Object] = {}
        """Prometheus, PrometheusAgent, ThanosRuler and Alertmanager objects, of their status the conditions only."""
        self.sources: dict[Ref, str] = {}
        """Resource versions of the Secrets and ConfigMaps that profiles refer to; empty where one is missing."""
        self._of_profile: defaultdict[ProfileKey, set[Ref]] = defaultdict(set)
        self._referring: defaultdict[Ref, set[ProfileKey]] = defaultdict(set)
        self._referred_by: dict[ProfileKey, frozenset[Ref]] = {}
        self._fragments: set[Ref] = set()
        self._gone: dict[str, str] = {}

    # ---- what is gone

    def bury(self, uid: str, resource_version: str) -> None:
        """Notes that an object was gone at a version: an answer or a list that is older may still be on its way, and must not revive it."""
        known = self._gone.pop(uid, "")
        self._gone[uid] = known if older(resource_version, known) else resource_version
        while len(self._gone) > REMEMBERED_GRAVES:
            del self._gone[next(iter(self._gone))]

    def _is_buried(self, metadata: Object) -> bool:
        grave = self._gone.get(metadata["uid"])
        return grave is not None and not older(grave, metadata["resourceVersion"])

    # ---- profiles

    def put_profile(self, body: Object) -> bool:
        """Takes a profile as it now is; says whether that wants work (anything but an echo of our own status)."""
        key = ProfileKey(body["metadata"]["namespace"], body["metadata"]["name"])
        before = self.profiles.get(key)
        if self._is_buried(body["metadata"]):
            return False
        if before is not None and older(body["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]):
            return False
        self.profiles[key] = _slim(body)
        return before is None or _relevant(before) != _relevant(body)

    def drop_profile(self, key: ProfileKey) -> None:
        """Forgets a deleted profile; its children stay known until they are gone too."""
        self.profiles.pop(key, None)
        self.refers(key, ())

    # ---- children

    def put_child(self, body: Object) -> bool:
        """Takes a child as it now is; says whether it wants work: it is new to us, or its fields of ours have changed.

        Of a child that is known, metadata is enough.
        """
        ref, metadata = ref_of(body), body["metadata"]
        before = self.children.get(ref)
        if self.knows(body):
            return False
        if self._is_buried(metadata) or (before is not None and older(metadata["resourceVersion"], before.resource_version)):
            return False
        ours = claim(body)
        if before is not None and (before.uid, before.claim) == (metadata["uid"], ours) and before.digest != UNSEEN:
            known = before.digest
        elif body.keys() <= {"apiVersion", "kind", "metadata"}:
            known = UNSEEN if ours else ""
        else:
            known = live_digest(body)
        child = self._keep(ref, body, known, ours)
        return before is None or _news(before) != _news(child)

    def knows(self, body: Object) -> bool:
        """Whether a child is known as it now is; its metadata is enough."""
        known, metadata = self.children.get(ref_of(body)), body["metadata"]
        return known is not None and (known.uid, known.resource_version) == (metadata["uid"], metadata["resourceVersion"])

    def applied(self, body: Object, wanted: str) -> None:
        """Takes the answer to an apply of content with digest `wanted`; its metadata is enough.

        Where an admission webhook or the API server normalised a value of ours, the answer is what `wanted` looks like there: nobody
        tries to correct it as long as our fields stay untouched.
        """
        ref, metadata, ours = ref_of(body), body["metadata"], claim(body)
        known = self.children.get(ref)
        if self._is_buried(metadata):
            return
        if known is None or not older(metadata["resourceVersion"], known.resource_version):
            self._keep(ref, body, wanted, ours)
        elif (known.uid, known.claim) == (metadata["uid"], ours):
            self.children[ref] = replace(known, digest=wanted, since=metadata["resourceVersion"])

    def _keep(self, ref: Ref, body: Object, known: str, ours: str) -> Child:
        metadata = body["metadata"]
        labels = metadata.get("labels") or {}
        name, namespace = labels.get(names.LABEL_PROFILE), labels.get(names.LABEL_PROFILE_NAMESPACE)
        owner = ProfileKey(namespace, name) if name and namespace else None
        before, version = self.children.get(ref), metadata["resourceVersion"]
        child = Child(
            metadata["uid"],
            version,
            owner,
            labels.get(names.LABEL_PROFILE_UID, ""),
            known,
            ours,
            before.since if before is not None and (before.uid, before.digest) == (metadata["uid"], known) else version,
            metadata.get("generation", 0),
            _marks(metadata) if ref.resource == SECRET else _NONE,
            tuple((body.get("status") or {}).get("bindings") or ()),
        )
        if before is not None and before.profile is not None and before.profile != owner:
            self._disown(before.profile, ref)
        self.children[ref] = child
        if child.marks.get(names.LABEL_ROLE) == names.ROLE_FRAGMENT:
            self._fragments.add(ref)
        if owner is not None:
            self._of_profile[owner].add(ref)
        return child

    def drop_child(self, ref: Ref, uid: str | None = None) -> Child | None:
        """Forgets a child that is gone (only if it is the one with `uid`) and returns what was known of it."""
        child = self.children.get(ref)
        if child is None or (uid is not None and child.uid != uid):
            return None
        del self.children[ref]
        self._fragments.discard(ref)
        self.bury(child.uid, child.resource_version)
        if child.profile is not None:
            self._disown(child.profile, ref)
        return child

    def _disown(self, key: ProfileKey, ref: Ref) -> None:
        self._of_profile[key].discard(ref)
        if not self._of_profile[key]:
            del self._of_profile[key]

    def children_of(self, key: ProfileKey) -> frozenset[Ref]:
        """The live objects that carry the profile's labels."""
        return frozenset(self._of_profile.get(key, ()))

    def owners(self) -> frozenset[ProfileKey]:
        """Every profile that has children, live or not."""
        return frozenset(self._of_profile)

    def fragments(self, namespace: str, secret: str) -> list[Ref]:
        """The live fragments for a configuration Secret, sorted."""
        return sorted(
            ref
            for ref in self._fragments
            if ref.namespace == namespace and self.children[ref].marks.get(names.ANNOTATION_FOR_SECRET) == secret
        )

    def in_sync(self, ref: Ref, wanted: str) -> bool:
        """Whether the live object holds what has digest `wanted`."""
        child = self.children.get(ref)
        return child is not None and child.digest == wanted

    # ---- what profiles refer to

    def refers(self, key: ProfileKey, sources: Iterable[Ref]) -> None:
        """Notes which Secrets and ConfigMaps the profile refers to now."""
        wanted = frozenset(sources)
        for ref in self._referred_by.pop(key, frozenset()) - wanted:
            self._referring[ref].discard(key)
            if not self._referring[ref]:
                del self._referring[ref]
                self.sources.pop(ref, None)
        for ref in wanted:
            self._referring[ref].add(key)
        if wanted:
            self._referred_by[key] = wanted

    def referring(self, ref: Ref) -> frozenset[ProfileKey]:
        """Profiles that refer to a Secret or ConfigMap."""
        return frozenset(self._referring.get(ref, ()))

    def referred(self) -> frozenset[Ref]:
        """Every Secret and ConfigMap that a profile refers to."""
        return frozenset(self._referring)

    # ---- those who take up what we write

    def put_workload(self, body: Object) -> bool:
        """Takes an object of prometheus-operator that takes up what we write; says whether its spec has changed."""
        ref = ref_of(body)
        before = self.workloads.get(ref)
        if before is not None and older(body["metadata"].get("resourceVersion", ""), before["metadata"].get("resourceVersion", "")):
            return False
        conditions = (body.get("status") or {}).get("conditions") or ()
        self.workloads[ref] = {k: body[k] for k in ("apiVersion", "kind", "spec") if k in body} | {
            "metadata": dict(_identity(body)),
            "status": {"conditions": conditions},
        }
        return before is None or before.get("spec") != body.get("spec")

    def prometheuses(self) -> list[Object]:
        """The cluster's Prometheus objects, sorted."""
        return [self.workloads[r] for r in sorted(self.workloads) if r.resource == PROMETHEUS]

    def takers(self) -> list[Object]:
        """The objects that select ServiceMonitors and PrometheusRules, sorted."""
        return [self.workloads[r] for r in sorted(self.workloads) if r.resource != ALERTMANAGER]

    def alertmanagers(self) -> list[Object]:
        """The cluster's Alertmanager objects, sorted."""
        return [self.workloads[r] for r in sorted(self.workloads) if r.resource == ALERTMANAGER]


def profile_ref(key: ProfileKey) -> Ref:
    """The profile itself as an object."""
    return Ref(PROFILE, key.namespace, key.name)


def secret_ref(namespace: str, name: str) -> Ref:
    """A Secret as an object."""
    return Ref(SECRET, namespace, name)


def _news(child: Child) -> tuple[Any, ...]:
    return child.uid, child.digest, child.profile, child.marks, child.bindings


def _marks(metadata: Object) -> Mapping[str, str]:
    given = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    return {key: value for key, value in given.items() if key.startswith(f"{names.GROUP}/")}


def _slim(body: Object) -> Object:
    metadata = {k: v for k, v in body["metadata"].items() if k != "managedFields"}
    return {**body, "metadata": metadata}


def _relevant(body: Object) -> tuple[Any, ...]:
    metadata = body["metadata"]
    # Where there are shards, labels say whose it is.
    labels = metadata.get("labels") if (body.get("status") or {}).get("shard") else None
    return metadata.get("uid"), metadata.get("generation"), metadata.get("deletionTimestamp"), labels, body.get("status")


def _identity(body: Object) -> Iterable[tuple[str, Any]]:
    return (
        (k, body["metadata"][k]) for k in ("name", "namespace", "uid", "labels", "generation", "resourceVersion") if k in body["metadata"]
    )
