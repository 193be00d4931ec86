"""A real API server asks the operator before it stores a profile."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.cluster import KubectlFailed, Object
from harness.controlplane import ControlPlane, free_ports
from harness.operator import Operator
from harness.profiles import condition, get, profile
from harness.wait import wait_for

BROKEN = {"alert": "Broken", "expr": "sum(rate(x[5m])", "severity": "warning", "summary": "Broken."}


@pytest.fixture
def port(control_plane: ControlPlane) -> Iterator[int]:
    """A port at which the API server asks about every profile, and refuses those for which nobody answers."""
    (free,) = free_ports(1)
    bundle = base64.b64encode((control_plane.folder / "certificates" / "apiserver.crt").read_bytes()).decode()
    rule = {
        "apiGroups": ["monitoring-operator.dev"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["monitoringprofiles"],
    }
    webhook = {
        "name": "monitoringprofiles.monitoring-operator.dev",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 5,
        "rules": [rule],
        "clientConfig": {"url": f"https://127.0.0.1:{free}/validate", "caBundle": bundle},
    }
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "admission-test"},
        "webhooks": [webhook],
    }
    control_plane.apply(configuration)
    yield free
    control_plane.kubectl("delete", "validatingwebhookconfiguration", "admission-test")


@pytest.fixture
def certificates(control_plane: ControlPlane, tmp_path: Path) -> Path:
    """The API server's own certificate, which is for the loopback address."""
    folder = tmp_path / "tls"
    folder.mkdir()
    for ours, its in (("tls.crt", "apiserver.crt"), ("tls.key", "apiserver.key")):
        shutil.copy(control_plane.folder / "certificates" / its, folder / ours)
    return folder


def test_the_api_server_asks_the_operator(
    port: int, certificates: Path, start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """A bad profile is never stored, and kubectl shows the parser's words; a dry run is answered alike; a good one gets in."""
    start_operator(f"--webhook-port={port}", f"--webhook-certificates={certificates}")
    # The API server takes a moment to notice a new configuration.
    wait_for(lambda: _refusal(cluster, namespace), what="the API server asks")

    assert "spec.alerts.extra[0].expr: is not PromQL" in _refusal(cluster, namespace)
    assert "spec.alerts.extra[0].expr: is not PromQL" in _refusal(cluster, namespace, "--dry-run=server")
    assert cluster.find("monitoringprofiles", "web", namespace) is None
    cluster.apply(profile(namespace))
    assert get(cluster, namespace)


def test_what_stands_in_the_way_is_told_at_once(
    port: int, certificates: Path, start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """Of an object that has a child's name kubectl warns, in the words that the status then has; the profile is stored, can be changed
    without hearing it again, and goes. A namespace for dashboards that the operator's settings forbid is refused.
    """
    start_operator(f"--webhook-port={port}", f"--webhook-certificates={certificates}", f"--dashboard-namespace={namespace}")
    kind = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
    cluster.apply({**kind, "metadata": {"name": "web-alerts", "namespace": namespace}, "spec": {}})
    words = f"PrometheusRule {namespace}/web-alerts: an object of this name exists that this profile has not made; it is left alone"
    elsewhere = profile(namespace, dashboards={"namespace": "kube-system"})
    wait_for(lambda: words in _said(cluster, profile(namespace), "--dry-run=server"), what="kubectl warns")

    assert f"beside their own: {namespace}" in _said(cluster, elsewhere, "--dry-run=server")
    assert words in _said(cluster, profile(namespace))
    refused = wait_for(lambda: condition(get(cluster, namespace), "Applied"), what="a status")
    assert ("NameConflict", words) == (refused["reason"], refused["message"])
    assert "" == _said(cluster, profile(namespace, packs=["http"]))
    assert ["http"] == get(cluster, namespace)["spec"]["packs"]
    cluster.kubectl("delete", "monitoringprofile", "web", f"--namespace={namespace}", "--warnings-as-errors")


def _said(cluster: ControlPlane, body: Object, *args: str) -> str:
    """What kubectl says against an apply: a warning or a refusal; empty if nothing."""
    try:
        cluster.kubectl("apply", "--server-side", "--filename=-", "--warnings-as-errors", *args, input=json.dumps(body))
    except KubectlFailed as said:
        return str(said)
    return ""


def _refusal(cluster: ControlPlane, namespace: str, *args: str) -> str:
    """What kubectl says of a broken profile; empty where it is taken."""
    try:
        cluster.kubectl("create", "--filename=-", *args, input=json.dumps(profile(namespace, alerts={"extra": [BROKEN]})))
    except KubectlFailed as refused:
        return str(refused)
    cluster.kubectl("delete", "monitoringprofile", "web", f"--namespace={namespace}")
    return ""
