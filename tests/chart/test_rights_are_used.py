"""The operator's rights seen from the API server: in a whole life of a profile each is used, and none is missing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import rendered
from harness import whole_life
from harness.controlplane import ControlPlane
from harness.operator import USER, Operator, install_crds, operator_kubeconfig
from harness.rights import given, refused, used
from harness.whole_life import placed

RULES = yaml.safe_load((rendered.CHART / "files" / "rbac-rules.yaml").read_text())
ALERTMANAGER: rendered.Object = {"apiVersion": "monitoring.coreos.com/v1", "kind": "Alertmanager", "metadata": {"name": "main"}, "spec": {}}
PROMETHEUS: rendered.Object = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "Prometheus",
    "metadata": {"name": "main"},
    "spec": {"ruleSelector": {}, "ruleNamespaceSelector": {"matchLabels": {"team": "a"}}},
}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server with both sets of CRDs, whose audit log nobody else writes to."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane")) as running:
        install_crds(running)
        yield running


def requests(cluster: ControlPlane) -> list[dict[str, Any]]:
    """What the operator asked of objects, as audit events."""
    return [e for e in cluster.audit_events() if e["user"]["username"] == USER and "objectRef" in e]


def test_every_right_is_used_and_none_is_missing(cluster: ControlPlane, tmp_path: Path) -> None:
    """What the operator did is what the chart lets it do for the whole cluster, and nothing was refused."""
    account = operator_kubeconfig(cluster)
    with cluster.namespace() as namespace, Operator(account, "--verify=direct", folder=tmp_path) as operator:
        operator.wait_until_ready()
        cluster.apply(placed(ALERTMANAGER, namespace), placed(PROMETHEUS, namespace))
        whole_life.live(cluster, namespace, lambda: used(requests(cluster)))

        assert [] == refused(requests(cluster))
        assert used(requests(cluster)) == given([*RULES["namespaced"], *RULES["cluster"]])
