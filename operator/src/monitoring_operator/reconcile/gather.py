"""Every read from the cluster that rendering needs, in one place; rendering itself reads nothing."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace

from monitoring_operator.adoption.labels import demands, fit
from monitoring_operator.adoption.retention import kept
from monitoring_operator.alertmanager.config_object import ConfigInputs
from monitoring_operator.alertmanager.credentials import Credentials, wanted
from monitoring_operator.alertmanager.target import NoTarget, Target, choose, target_of
from monitoring_operator.api.cluster import Forbidden, Object
from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.content.user_dashboards import Source, Taken, sources, take
from monitoring_operator.reconcile.world import World
from monitoring_operator.render import Inputs
from monitoring_operator.render.objects import prometheus_labels
from monitoring_operator.status import listed
from monitoring_operator.store import ProfileKey, secret_ref


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found. `target` is None without notifications; NoTarget says why there is none though there should be.

    `unselected` says why the Alertmanager would pass over an AlertmanagerConfig of the profile; empty if it would not.
    """

    inputs: Inputs
    target: Target | NoTarget | None
    credentials: Credentials
    config: ConfigInputs
    unselected: str
    ambiguity: str
    own_dashboards: Taken
    retention: float | None
    """Seconds that the profile's rules can look back; None if that is unknown."""

    def facts(self) -> tuple[Fact, ...]:
        """What is wrong with the profile's own dashboards, which outweighs that the others are there; nothing if all of them are well."""
        wrong = (*self.own_dashboards.unusable, *self.own_dashboards.missing)
        if not wrong:
            return ()
        reason = Reason.DASHBOARD_INVALID if self.own_dashboards.unusable else Reason.CONFIG_MAP_MISSING
        return (Fact(Condition.DASHBOARDS_APPLIED, "False", reason, listed(map(str, wrong))),)


async def gather(world: World, profile: Profile) -> Gathered:
    """Reads what `profile` needs: labels that Prometheus selects, its Alertmanager, the Secrets and ConfigMaps it refers to.

    Raises ApiError where the cluster does not answer; a Secret or ConfigMap that is missing or may not be read counts as without keys.
    """
    secrets = (secret_ref(profile.namespace, name) for name, _ in wanted(profile))
    config_maps = (_config_map(profile, name) for name, _ in sources(profile))
    world.store.refers(_key(profile), (*secrets, *config_maps))
    inputs, ambiguity = known_inputs(world, profile)
    taken = take(profile, await _texts(world, profile))
    inputs = replace(inputs, own_dashboards=taken.texts)
    rules = prometheus_labels(profile, inputs.prometheus_labels)
    retention = kept(world.store.takers(), rules, profile.namespace)
    target, credentials = target_for(world, profile), await _credentials(world, profile)
    missing = frozenset(wanted(profile)) - credentials.keys()
    labels, unselected = _selection(world, profile, target) if isinstance(target, Target) else ({}, "")
    config = ConfigInputs(world.config_resource, labels, missing)
    return Gathered(inputs, target, credentials, config, unselected, ambiguity, taken, retention)


def _key(profile: Profile) -> ProfileKey:
    return ProfileKey(profile.namespace, profile.name)


def _config_map(profile: Profile, name: str) -> Ref:
    return Ref(CONFIG_MAP, profile.namespace, name)


async def _texts(world: World, profile: Profile) -> dict[Source, str]:
    """What the profile's own dashboards are made from; what is missing is left out."""
    found: dict[Source, str] = {}
    for name in sorted({name for name, _ in sources(profile)}):
        body = await read_source(world, _config_map(profile, name), asking=_key(profile))
        found |= {(name, key): text for key, text in ((body or {}).get("data") or {}).items()}
    return found


def _selection(world: World, profile: Profile, target: Target) -> tuple[Mapping[str, str], str]:
    """The labels that make `target` select an AlertmanagerConfig in the profile's namespace, and why it will not select one."""
    body = world.alertmanagers(target)[0]
    spec, name = body.get("spec") or {}, f"Alertmanager {target.namespace}/{target.name}"
    selector = spec.get("alertmanagerConfigSelector")
    if selector is None:
        return {}, f"{name} selects no AlertmanagerConfig: its alertmanagerConfigSelector is not set."
    if spec.get("alertmanagerConfigNamespaceSelector") is None and profile.namespace != target.namespace:
        return demands(selector), f"{name} selects in its own namespace only: its alertmanagerConfigNamespaceSelector is not set."
    return demands(selector), ""


def known_inputs(world: World, profile: Profile) -> tuple[Inputs, str]:
    """What rendering needs of what is in memory, and over which labels the cluster's Prometheus objects disagree."""
    defaults = world.defaults
    if defaults.prometheus_labels is not None:
        return replace(defaults.inputs, prometheus_labels=defaults.prometheus_labels), ""
    found = fit(world.store.prometheuses())
    if not found.disagreement:
        world.agreed_labels = found.labels
    labels = found.labels if world.agreed_labels is None else world.agreed_labels
    ambiguity = found.disagreement if profile.spec.prometheus.labels is None else ""
    return replace(defaults.inputs, prometheus_labels=labels), ambiguity


def target_for(world: World, profile: Profile) -> Target | NoTarget | None:
    """The Alertmanager that the profile's notifications go through; None without any."""
    notifications = profile.spec.notifications
    if notifications is None:
        return None
    try:
        return choose(notifications.alertmanager, [target_of(a) for a in world.store.alertmanagers()])
    except NoTarget as nothing:
        return nothing


async def _credentials(world: World, profile: Profile) -> Credentials:
    keys, key = wanted(profile), _key(profile)
    found: dict[tuple[str, str], str] = {}
    for name in sorted({name for name, _ in keys}):
        ref = secret_ref(profile.namespace, name)
        body = await read_source(world, ref, asking=key)
        data = (body or {}).get("data") or {}
        for field in (k for n, k in keys if n == name and k in data):
            try:
                found[name, field] = base64.b64decode(data[field]).decode().strip()
            except (binascii.Error, UnicodeDecodeError):
                continue
    return {k: v for k, v in found.items() if v}


async def read_source(world: World, ref: Ref, *, asking: ProfileKey | None = None) -> Object | None:
    """A Secret or ConfigMap that profiles refer to; None if it is missing or may not be read. Raises ApiError.

    Whoever sees a change first tells the others, except the profile that is asking: a later look will find nothing new.
    """
    try:
        body = await world.cluster.get(ref)
    except Forbidden:
        body = None
    version = body["metadata"]["resourceVersion"] if body else ""
    if world.store.sources.get(ref, version) != version:
        for key in world.store.referring(ref) - {asking}:
            world.queue.add(key)
    world.store.sources[ref] = version
    return body
