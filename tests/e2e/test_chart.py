"""The chart as installed: it says what to do next, tests itself, and runs with the least that is needed."""

import json

import pytest

from harness.cluster import Cluster
from harness.stack import OPERATOR_NAMESPACE, helm

pytestmark = pytest.mark.e2e


def test_helm_test_passes(cluster: Cluster, installed: str) -> None:
    """`helm test` reaches the operator and has it judge profiles."""
    assert "Succeeded" in helm(cluster, "test", "monitoring-operator", "--timeout=2m")


def test_the_notes_say_what_comes_next(installed: str) -> None:
    """A newcomer reads the next command."""
    assert "kubectl apply" in installed


def test_the_pod_has_no_more_than_it_needs(cluster: Cluster, installed: str) -> None:
    """Non-root, read-only, no capabilities, the runtime's default seccomp profile; and it has not restarted."""
    (pod,) = cluster.list(
        "pods", OPERATOR_NAMESPACE, selector="app.kubernetes.io/name=monitoring-operator,app.kubernetes.io/component!=test"
    )
    (container,) = pod["spec"]["containers"]
    security = container["securityContext"]

    assert (True, False, ["ALL"]) == (
        security["readOnlyRootFilesystem"],
        security["allowPrivilegeEscalation"],
        security["capabilities"]["drop"],
    )
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert "RuntimeDefault" == pod["spec"]["securityContext"]["seccompProfile"]["type"]
    assert 0 == pod["status"]["containerStatuses"][0]["restartCount"]


def test_the_schema_explains_itself(cluster: Cluster, installed: str) -> None:
    """`kubectl explain` reads like documentation."""
    text = cluster.kubectl("explain", "monitoringprofile.spec.scrape")

    assert "becomes one ServiceMonitor" in text
    assert json.dumps(text).count("no description") == 0
