"""`monitoring-operator doctor` against a real API server: the CRD, the rights and the objects as it really gives them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.controlplane import ControlPlane
from harness.operator import USER
from harness.profiles import alertmanager, secret

Doctor = Callable[..., tuple[int, dict[str, dict[str, Any]]]]
SELECTED = {"matchLabels": {"release": "kps"}}


@pytest.fixture
def doctor(cluster: ControlPlane) -> Doctor:
    """Runs the command; gives its exit code and its findings by subject, the worst of each."""

    def run(*args: str, kubeconfig: Path | None = None) -> tuple[int, dict[str, dict[str, Any]]]:
        named = f"--kubeconfig={kubeconfig or cluster.kubeconfig}"
        command = [sys.executable, "-m", "monitoring_operator", "doctor", "--output=json", named]
        environment = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"}
        done = subprocess.run([*command, *args], capture_output=True, text=True, check=False, timeout=240, env=environment)
        assert done.stdout, done.stderr
        order = ["good", "warning", "bad"]
        found = sorted(json.loads(done.stdout)["findings"], key=lambda f: order.index(f["level"]))
        return done.returncode, {f["subject"]: f for f in found}

    return run


def prometheus(namespace: str, **spec: Any) -> dict[str, Any]:
    """A Prometheus object that looks everywhere."""
    everywhere = {"serviceMonitorNamespaceSelector": {}, "ruleNamespaceSelector": {}, "retention": "15d"}
    metadata = {"name": "main", "namespace": namespace}
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", "metadata": metadata, "spec": everywhere | spec}


def test_what_is_well_is_found_well_and_what_is_not_is_named(doctor: Doctor, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """Our CRD is recognised as the server stores it; a selector that is absent and a Secret of Helm's are named, and heal."""
    helms = secret(pair, "routes", **{"alertmanager.yaml": "x"})
    helms["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    cluster.apply(prometheus(namespace, serviceMonitorSelector=SELECTED), alertmanager(pair), helms)
    before, ill = doctor()
    cluster.apply(prometheus(namespace, serviceMonitorSelector=SELECTED, ruleSelector=SELECTED))
    cluster.kubectl("delete", "secret", "routes", f"--namespace={pair}")
    after, well = doctor()

    assert (1, 0) == (before, after)
    assert {"good"} == {well[s]["level"] for s in ("Kubernetes", "CRD monitoringprofiles.monitoring-operator.dev", "RBAC")}
    assert "it has no ruleSelector" in ill[f"Prometheus {namespace}/main"]["message"]
    assert "is Helm's" in ill[f"Alertmanager {pair}/main"]["message"]
    assert {"good"} == {well[s]["level"] for s in (f"Prometheus {namespace}/main", f"Alertmanager {pair}/main")}


def test_rights_of_the_operators_account_are_checked_by_impersonation(
    doctor: Doctor, cluster: ControlPlane, operator_account: Path, namespace: str
) -> None:
    """The chart's account has them all; one without a binding lacks every one; one who may not impersonate hears of that."""
    _, whole = doctor("--as", USER)
    code, none = doctor("--as", f"system:serviceaccount:{namespace}:nobody", f"--namespace={namespace}")
    _, refused = doctor("--as", USER, kubeconfig=operator_account)

    assert ("good", f"{USER} may do everything that the operator does.") == (whole["RBAC"]["level"], whole["RBAC"]["message"])
    assert (1, "bad") == (code, none["RBAC"]["level"])
    assert f"create, get, list, patch, watch secrets in {namespace}" in none["RBAC"]["message"]
    assert "could not be asked for" in refused["RBAC"]["message"]
    assert "impersonate" in refused["RBAC"]["message"]


def test_whoever_may_read_little_hears_what_could_not_be_looked_at(doctor: Doctor, cluster: ControlPlane) -> None:
    """Warnings instead of an end, and never a tick for what was not seen."""
    nobody = cluster.kubeconfig_for("nobody", "default")
    _, found = doctor(kubeconfig=nobody)

    assert {"warning"} == {found[s]["level"] for s in ("RBAC", "Prometheus", "Alertmanager", "Grafana")}
    assert "cannot list resource" in found["Prometheus"]["message"]
