"""A rule that looks further back than the cluster's Prometheus keeps: refused, and taken once Prometheus keeps more."""

import asyncio
from typing import Any

from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import drain, world_of
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROFILE, PROMETHEUS, PROMETHEUS_RULE
from monitoring_operator.handlers.feeds import on_workload
from monitoring_operator.reconcile.resync import resync

EXTRA = {"alert": "A", "expr": "absent_over_time(x[26h])", "severity": "info", "summary": "s"}


def prometheus(retention: str) -> dict[str, Any]:
    """A Prometheus that takes all rules."""
    spec = {"ruleSelector": {}, "ruleNamespaceSelector": {}, "retention": retention}
    return {"apiVersion": PROMETHEUS.api_version, "kind": PROMETHEUS.kind, "metadata": {"name": "k8s", "namespace": "m"}, "spec": spec}


def test_a_rule_beyond_the_retention_is_refused_until_prometheus_keeps_more() -> None:
    """The condition names field and lengths; a change of the Prometheus object is enough to heal it."""
    cluster = FakeCluster(prometheus("1d"), profile_body(alerts={"extra": [EXTRA]}))
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))

    valid = next(c for c in cluster.objects[Ref(PROFILE, "shop", "web")]["status"]["conditions"] if c["type"] == "Valid")
    assert ("InvalidSpec", "spec.alerts.extra[0].expr: looks back 1d2h, and Prometheus keeps 1d") == (valid["reason"], valid["message"])

    on_workload(world, "MODIFIED", cluster.put(prometheus("2d")))
    asyncio.run(drain(world))

    assert Ref(PROMETHEUS_RULE, "shop", "web-extra") in cluster.objects
