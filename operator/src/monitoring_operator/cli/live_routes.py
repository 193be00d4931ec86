"""The configurations that a cluster's Alertmanagers run, read from their Secrets."""

import base64
import gzip

from monitoring_operator.alertmanager.base import CONFIG_KEY
from monitoring_operator.alertmanager.target import Target, by_name, target_of
from monitoring_operator.api.cluster import ApiError, Cluster, Forbidden
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import ALERTMANAGER, SECRET
from monitoring_operator.cli.asking import CannotAnswer
from monitoring_operator.cli.connection import connected, no_cluster
from monitoring_operator.cluster import NoCluster

_GENERATED_KEY = f"{CONFIG_KEY}.gz"


async def running_configurations(kubeconfig: str | None, context: str | None) -> dict[Target, str]:
    """alertmanager.yaml of every Alertmanager object of the cluster that has one. Raises CannotAnswer."""
    try:
        async with connected(kubeconfig, context, doing="asking") as cluster:
            targets = sorted([target_of(a) async for a in cluster.list(ALERTMANAGER)], key=by_name)
            found = {target: await _running(cluster, target) for target in targets}
    except NoCluster as error:
        raise CannotAnswer(no_cluster(error)) from error
    except ApiError as error:
        raise CannotAnswer(f"the cluster could not be read: {error.message}") from error
    if not targets:
        raise CannotAnswer("there is no Alertmanager object of prometheus-operator in the cluster")
    return {target: text for target, text in found.items() if text is not None}


async def _running(cluster: Cluster, target: Target) -> str | None:
    """What prometheus-operator made of everybody's configuration; where that may not be read, what it is made from."""
    try:
        generated = await cluster.get(Ref(SECRET, target.namespace, f"alertmanager-{target.name}-generated"))
    except Forbidden:
        generated = None
    data = (generated or {}).get("data") or {}
    if _GENERATED_KEY in data:
        return gzip.decompress(base64.b64decode(data[_GENERATED_KEY])).decode()
    body = await cluster.get(Ref(SECRET, target.namespace, target.secret))
    data = (body or {}).get("data") or {}
    return base64.b64decode(data[CONFIG_KEY]).decode() if CONFIG_KEY in data else None
