"""The rights on a real cluster: what the audit log has of the operator over the whole run is what its roles give, no more and no less.

The API server writes the log as kind-config.yaml asks, and the kubelet shows it. The tests that come after this one take the operator away.
"""

import json
from typing import Any

import pytest

from e2e.conftest import RELEASE
from harness import whole_life
from harness.cluster import Cluster, KubectlFailed
from harness.operator import USER
from harness.rights import given, refused, used

pytestmark = pytest.mark.e2e

LOG = "kubernetes/audit.log"


def requests(cluster: Cluster, since: str) -> list[dict[str, Any]]:
    """What the operator has asked of objects since a time, as audit events."""
    (node,) = cluster.list("nodes")
    try:
        text = cluster.kubectl("get", "--raw", f"/api/v1/nodes/{node['metadata']['name']}/proxy/logs/{LOG}")
    except KubectlFailed as error:
        pytest.fail(f"this cluster keeps no audit log as one from kind-config.yaml does: {error}", pytrace=False)
    # The last line may not be whole yet.
    events = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    return [e for e in events if e["user"].get("username") == USER and "objectRef" in e and e["stageTimestamp"] > since]


def test_every_right_is_used_and_none_is_missing(cluster: Cluster, installed: str, namespace: str) -> None:
    """Since it was installed nothing was refused to it, and there is nothing that it may do and has not done."""
    role = cluster.find("clusterrole", RELEASE)
    assert role is not None
    since = role["metadata"]["creationTimestamp"]
    whole_life.live(cluster, namespace, lambda: used(requests(cluster, since)))

    done = requests(cluster, since)
    print(f"{len(done)} requests")
    assert [] == refused(done)
    assert used(done) == given(role["rules"])
