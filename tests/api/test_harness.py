"""The control plane that the API tests stand on is a real one: it knows our kinds, enforces rights and keeps accounts."""

from collections.abc import Callable

import pytest

from harness.cluster import Cluster, KubectlFailed
from harness.controlplane import ControlPlane
from harness.operator import USER, Operator


def test_serves_our_kind_and_prometheus_operators(control_plane: ControlPlane) -> None:
    """Both sets of CRDs are established."""
    served = control_plane.kubectl("api-resources", "--output=name").split()

    assert {
        "monitoringprofiles.monitoring-operator.dev",
        "servicemonitors.monitoring.coreos.com",
        "prometheusrules.monitoring.coreos.com",
        "alertmanagers.monitoring.coreos.com",
    } <= set(served)


def test_rights_are_enforced(control_plane: ControlPlane, namespace: str) -> None:
    """A ServiceAccount without roles may do nothing: what the operator can do in these tests, it may."""
    nobody = Cluster(control_plane.kubeconfig_for("nobody", namespace))

    with pytest.raises(KubectlFailed, match="forbidden"):
        nobody.kubectl("get", "configmaps", f"--namespace={namespace}")


def test_audit_log_tells_who_wrote_what(control_plane: ControlPlane, namespace: str) -> None:
    """Only what came after the position and changes something is counted."""
    start = control_plane.audit_position()

    control_plane.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": namespace}})
    control_plane.kubectl("get", "configmap", "one", f"--namespace={namespace}")

    assert [f"patch configmaps {namespace}/one 201"] == control_plane.writes("admin", after=start)


def test_operator_becomes_ready_with_the_charts_rights(start_operator: Callable[..., Operator], control_plane: ControlPlane) -> None:
    """The operator lists and watches what it needs with the chart's RBAC alone: no request of its is forbidden."""
    start = control_plane.audit_position()
    operator = start_operator()
    own = [event for event in control_plane.audit_events(start) if event["user"]["username"] == USER]

    assert [] == [event["requestURI"] for event in own if event["responseStatus"]["code"] == 403]
    assert {"list"} <= {event["verb"] for event in own}
    assert (200, "ok\n") == operator.get("/livez")
