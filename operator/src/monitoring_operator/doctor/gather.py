"""Reads what the checks look at. What may not be read is noted, and keeps nothing else from being looked at."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar

import yaml

from monitoring_operator.alertmanager.target import target_of
from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError, Cluster, Unavailable
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import (
    ACCESS_REVIEW,
    ALERTMANAGER,
    CONFIG_MAP,
    CRD,
    DEPLOYMENT,
    POD,
    PROMETHEUS,
    SECRET,
    SELF_REVIEW,
    STATEFUL_SET,
    WORKLOADS,
    Resource,
)
from monitoring_operator.doctor.facts import Facts, Object, Right, Rights, Settings, Unread
from monitoring_operator.doctor.grafana import has_sidecar
from monitoring_operator.doctor.prometheus_operator import NEEDED
from monitoring_operator.doctor.rights import needed

STAMP = "operator.prometheus.io/version"
AT_ONCE = 8
T = TypeVar("T")


async def gather(cluster: Cluster, subject: Cluster, settings: Settings) -> Facts:
    """Everything about a cluster. `subject` is the same cluster as the user whose rights are asked for.

    Raises ApiError where the API server does not answer.
    """
    workloads = await _readable(_listed(cluster, WORKLOADS))
    deployments = await _readable(_listed(cluster, [DEPLOYMENT]))
    stamped = await _readable(cluster.get(Ref(CRD, "", f"{PROMETHEUS.plural}.{PROMETHEUS.group}")))
    return Facts(
        version=await cluster.version(),
        crd=await _readable(cluster.get(Ref(CRD, "", f"{names.PLURAL}.{names.GROUP}"))),
        served=await _served(cluster),
        stamp=_stamp(stamped),
        workloads=workloads,
        deployments=deployments,
        grafanas=await _readable(_grafanas(cluster, deployments)),
        secrets={} if isinstance(workloads, Unread) else await _secrets(cluster, workloads),
        rights=await _readable(_rights(subject, needed(settings.namespaces))),
        user_workload=await _openshift(cluster),
    )


async def _readable(reading: Awaitable[T]) -> T | Unread:
    try:
        return await reading
    except Unavailable:
        raise
    except ApiError as error:
        return Unread(error.message)


async def _listed(cluster: Cluster, kinds: Iterable[Resource]) -> tuple[Object, ...]:
    return tuple([body for kind in kinds async for body in cluster.list(kind)])


async def _served(cluster: Cluster) -> frozenset[Resource]:
    kinds = {*NEEDED, *WORKLOADS}
    plurals = {v: await cluster.served(*v) for v in sorted({(r.group, r.version) for r in kinds})}
    return frozenset(r for r in kinds if r.plural in plurals[r.group, r.version])


async def _grafanas(cluster: Cluster, deployments: Iterable[Object] | Unread) -> tuple[Object, ...]:
    """What runs a sidecar for dashboards. All pods of a cluster are many, and are looked at only where nothing else has one."""
    known = () if isinstance(deployments, Unread) else deployments
    found = [*(d for d in known if has_sidecar(d)), *[s async for s in cluster.list(STATEFUL_SET) if has_sidecar(s)]]
    return tuple(found or [pod async for pod in cluster.list(POD) if has_sidecar(pod)])


def _stamp(crd: Object | Unread | None) -> str:
    if crd is None or isinstance(crd, Unread):
        return ""
    return str((crd["metadata"].get("annotations") or {}).get(STAMP, ""))


async def _secrets(cluster: Cluster, workloads: Iterable[Object]) -> dict[tuple[str, str], Object | Unread | None]:
    """The metadata of configuration Secrets: what they hold is nobody's business here."""
    found: dict[tuple[str, str], Object | Unread | None] = {}
    for target in (target_of(b) for b in workloads if b["kind"] == ALERTMANAGER.kind):
        body = await _readable(cluster.get(Ref(SECRET, target.namespace, target.secret)))
        found[target.namespace, target.secret] = body if body is None or isinstance(body, Unread) else {"metadata": body["metadata"]}
    return found


async def _rights(subject: Cluster, wanted: Iterable[Right]) -> Rights:
    """Asks for every right by itself: a list of all rights (SelfSubjectRulesReview) leaves out what other authorizers allow."""
    who = await subject.create(SELF_REVIEW, {"apiVersion": SELF_REVIEW.api_version, "kind": SELF_REVIEW.kind})
    gate = asyncio.Semaphore(AT_ONCE)

    async def missing(right: Right) -> bool:
        async with gate:
            answer = await subject.create(ACCESS_REVIEW, _review(right))
        return not answer["status"]["allowed"]

    asked = list(wanted)
    answers = await asyncio.gather(*map(missing, asked))
    user = str(who["status"]["userInfo"]["username"])
    return Rights(user, tuple(right for right, is_missing in zip(asked, answers, strict=True) if is_missing))


def _review(right: Right) -> dict[str, Any]:
    resource, _, below = right.resource.partition("/")
    attributes = {"group": right.group, "resource": resource, "subresource": below, "verb": right.verb, "namespace": right.namespace}
    return {
        "apiVersion": ACCESS_REVIEW.api_version,
        "kind": ACCESS_REVIEW.kind,
        "spec": {"resourceAttributes": {k: v for k, v in attributes.items() if v}},
    }


async def _openshift(cluster: Cluster) -> bool | Unread | None:
    """Whether OpenShift monitors users' workloads; None where it is not OpenShift."""
    if "clusterversions" not in await cluster.served("config.openshift.io", "v1"):
        return None
    found = await _readable(cluster.get(Ref(CONFIG_MAP, "openshift-monitoring", "cluster-monitoring-config")))
    if isinstance(found, Unread):
        return found
    try:
        settings = yaml.safe_load(((found or {}).get("data") or {}).get("config.yaml") or "{}")
        return bool(settings.get("enableUserWorkload"))
    except (yaml.YAMLError, AttributeError):
        return Unread("its configuration is no YAML")
