"""What the operator would change for a profile, found out by asking: reads, and server-side applies as a dry run.

The same decisions as in the operator's reconcile: what somebody else made is left alone, what is no longer rendered goes, the
shared Secret keeps the parts of all other profiles.
"""

import base64
import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from monitoring_operator.adoption.labels import demands
from monitoring_operator.alertmanager.base import last_base
from monitoring_operator.alertmanager.config_object import MODE, ConfigInputs, config_object
from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.fragment import Fragment, fragment
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.secret import is_ours, previous, render_secret
from monitoring_operator.alertmanager.target import NoTarget, Target, by_name, choose, target_of
from monitoring_operator.api import names
from monitoring_operator.api.child import with_role
from monitoring_operator.api.cluster import Cluster, NotFound, NotServed
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.resources import (
    ALERTMANAGER,
    ALERTMANAGER_CONFIGS,
    CONFIG_MAP,
    PROFILE,
    PROMETHEUS_RULE,
    SECRET,
    SERVICE_MONITOR,
    Resource,
)
from monitoring_operator.cli.changes import Change, of_child, of_secret
from monitoring_operator.content.user_dashboards import Source, sources, take
from monitoring_operator.ownership import applied_fields
from monitoring_operator.render import Inputs, render
from monitoring_operator.render.dashboards import left_out

_OF_PROFILES = (SERVICE_MONITOR, PROMETHEUS_RULE, CONFIG_MAP)
Key = tuple[str, str]
"""Namespace and name of a profile."""


class Comparison:
    """Of profiles with a cluster. `notes` collects what a reader must know besides. Every method raises ApiError."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.notes: list[str] = []

    async def children(self, profile: Profile, inputs: Inputs) -> list[Change]:
        """What becomes of the objects of one profile, those that would be deleted included."""
        served = [r for r in ALERTMANAGER_CONFIGS if r.plural in await self._cluster.served(r.group, r.version)]
        used = served[0] if served else ALERTMANAGER_CONFIGS[-1]
        notifying = config_object(profile, await self._config_inputs(profile, used))
        manifests = [*render(profile, inputs), *([notifying] if notifying is not None else [])]
        changes = [await self._child(manifest) for manifest in manifests]
        selector = f"{names.LABEL_PROFILE}={profile.name},{names.LABEL_PROFILE_NAMESPACE}={profile.namespace}"
        kept = {m.ref for m in manifests}
        for resource in (*_OF_PROFILES, used):
            async for body in self._cluster.list(resource, labels=selector):
                ref = Ref(resource, body["metadata"]["namespace"], body["metadata"]["name"])
                stays = ref in kept or ref in left_out(profile, inputs, [ref])
                if not stays and applied_fields(body) is not None:
                    changes.append(of_child(ref, body, None))
        return [c for c in changes if c is not None]

    async def own_dashboards(self, profile: Profile, given: Mapping[Source, str]) -> Mapping[Source, str]:
        """The profile's own dashboards: from `given`, which would be applied with it, else from the cluster."""
        texts = dict(given)
        for name in sorted({name for name, _ in sources(profile)} - {name for name, _ in given}):
            body = await self._cluster.get(Ref(CONFIG_MAP, profile.namespace, name))
            texts |= {(name, key): text for key, text in ((body or {}).get("data") or {}).items()}
        taken = take(profile, texts)
        self.notes += [f"{problem}; what is there of it would stay as it is" for problem in (*taken.missing, *taken.unusable)]
        return taken.texts

    async def _config_inputs(self, profile: Profile, used: Resource) -> ConfigInputs:
        notifications = profile.spec.notifications
        if notifications is None or notifications.mode != MODE:
            return ConfigInputs(used)
        found = await self._credentials(profile)
        alertmanagers = [body async for body in self._cluster.list(ALERTMANAGER)]
        labels: Mapping[str, str] = {}
        with contextlib.suppress(NoTarget):
            target = choose(notifications.alertmanager, map(target_of, alertmanagers))
            body = next(b for b in alertmanagers if target_of(b) == target)
            labels = demands((body.get("spec") or {}).get("alertmanagerConfigSelector") or {})
        return ConfigInputs(used, labels, frozenset(wanted(profile)) - found.keys())

    async def _child(self, manifest: Manifest) -> Change | None:
        live = await self._cluster.get(manifest.ref)
        if live is not None and not _is_of(live, manifest.body["metadata"]["labels"]):
            self.notes.append(f"{manifest.ref} exists and was not made by this profile: it would be left alone")
            return None
        role = (live or {}).get("metadata", {}).get("labels", {}).get(names.LABEL_ROLE, "")
        if role.startswith(f"{names.ROLE_CHILD}."):
            # It is a shard's, and the shard would leave it so.
            manifest = with_role(manifest, role)
        try:
            applied: Mapping[str, Any] = await self._cluster.try_out(manifest)
        except NotServed:
            self.notes.append(f"{manifest.ref}: the cluster does not know {manifest.ref.resource.kind}; install prometheus-operator's CRDs")
            applied = manifest.body
        except NotFound:
            self.notes.append(f"{manifest.ref}: there is no namespace {manifest.ref.namespace}")
            applied = manifest.body
        return of_child(manifest.ref, live, applied)

    async def secrets(self, profiles: Iterable[Profile]) -> list[Change]:
        """What becomes of the Alertmanagers' configuration Secrets, in which other profiles' parts stay as they are."""
        targets = sorted([target_of(a) async for a in self._cluster.list(ALERTMANAGER)], key=by_name)
        # Alertmanagers that read the same Secret are one target: the first of them, as `choose` has it.
        parts: dict[Target, dict[Key, Fragment]] = {t: {} for t in targets}
        given = {(p.namespace, p.name): p for p in profiles}
        for key, profile in given.items():
            part = fragment(profile, await self._credentials(profile))
            if part is None or profile.spec.notifications is None:
                continue
            for name, missing in part.missing:
                self.notes.append(f"Secret {profile.namespace}/{name} has no key {missing}: its receiver would be left out")
            try:
                parts[choose(profile.spec.notifications.alertmanager, targets)][key] = part
            except NoTarget as nothing:
                self.notes.append(f"{profile.namespace}/{profile.name}: {nothing.message}")
        others = {(b["metadata"]["namespace"], b["metadata"]["name"]) async for b in self._cluster.list(PROFILE)} - given.keys()
        changes = [await self._secret(target, fragments, sorted(others)) for target, fragments in parts.items()]
        return [c for c in changes if c is not None]

    async def _secret(self, target: Target, fragments: dict[Key, Fragment], others: Iterable[Key]) -> Change | None:
        ref = Ref(SECRET, target.namespace, target.secret)
        live = await self._cluster.get(ref)
        if live is None and not fragments:
            return None
        if live is not None and not is_ours(live):
            if fragments:
                self.notes.append(f"{ref} is someone else's: it would be left alone, and nobody would be told")
            return None
        kept = [part for part in (previous(live or {}, *other) for other in others) if part is not None]
        base = last_base((live or {}).get("data") or {})
        return of_secret(ref, live, render_secret(target, merge([*fragments.values(), *kept], base)).body)

    async def _credentials(self, profile: Profile) -> dict[tuple[str, str], str]:
        found = {}
        for name, key in wanted(profile):
            body = await self._cluster.get(Ref(SECRET, profile.namespace, name))
            data = (body or {}).get("data") or {}
            if key in data:
                # What is not text is no credential: the operator passes it over too.
                with contextlib.suppress(UnicodeDecodeError):
                    found[name, key] = base64.b64decode(data[key]).decode().strip()
        return found


def _is_of(live: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    carried = live["metadata"].get("labels") or {}
    same = all(carried.get(n) == labels[n] for n in (names.LABEL_PROFILE, names.LABEL_PROFILE_NAMESPACE))
    return same and applied_fields(live) is not None
