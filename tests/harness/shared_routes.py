"""Profiles that notify through one Alertmanager, on a fake cluster, and what its configuration Secret then holds."""

import asyncio
import base64
from typing import Any

import yaml

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import Drained, FakeWorld, drain, world_of
from harness.profiles import alertmanager, notifications
from monitoring_operator.api.manifest import Ref
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.store import secret_ref

ROUTES = secret_ref("monitoring", "routes")


def with_routes(namespace: str, **spec: Any) -> dict[str, Any]:
    """A profile that notifies through monitoring/main."""
    return profile_body(namespace, notifications=notifications("monitoring"), **spec)


def credentials(namespace: str) -> dict[str, Any]:
    """The Secret that its notifications refer to."""
    data = {k: base64.b64encode(f"{namespace}-{k}".encode()).decode() for k in ("pagerduty", "slack")}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "notify", "namespace": namespace}, "data": data}


def receivers(cluster: FakeCluster, secret: Ref = ROUTES) -> set[str]:
    """Receivers in a written configuration."""
    data = cluster.objects[secret]["data"]["alertmanager.yaml"]
    return {r["name"].rpartition("/")[0] for r in yaml.safe_load(base64.b64decode(data))["receivers"] if "/" in r["name"]}


def start(*objects: dict[str, Any]) -> tuple[FakeCluster, FakeWorld, Drained]:
    """A cluster with these objects and an Alertmanager, after an operator has started and settled there."""
    cluster = FakeCluster(alertmanager("monitoring"), *objects)
    world = world_of(cluster)
    asyncio.run(resync(world))
    return cluster, world, asyncio.run(drain(world))
