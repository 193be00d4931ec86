"""A cluster without prometheus-operator: a condition, not a crash; what can be applied is; what comes later is taken up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import tools
from harness.controlplane import ControlPlane
from harness.operator import Operator, install_crds, operator_kubeconfig
from harness.profiles import child, condition, profile, settled
from harness.wait import wait_for


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[ControlPlane]:
    """An API server that knows only our own kind."""
    with ControlPlane(tmp_path / "bare") as running:
        install_crds(running, prometheus_operator=False)
        yield running


def test_missing_crds_are_a_condition_and_heal(bare: ControlPlane, tmp_path: Path) -> None:
    """ConfigMaps are there, ServiceMonitor and PrometheusRule are named as missing; installed, they are made within half a minute."""
    with Operator(operator_kubeconfig(bare), folder=tmp_path) as operator:
        operator.wait_until_ready()
        bare.apply(profile("default"))
        waiting = settled(bare, "default", ready="False", reason="CrdMissing")

        message = condition(waiting, "Applied")["message"]
        assert "ServiceMonitor" in message
        assert "PrometheusRule" in message
        assert condition(waiting, "Reconciling")
        assert child(bare, "configmaps", "web-system-overview", "default")
        bare.apply(*tools.prometheus_operator_crds())
        settled(bare, "default", timeout=60)
        assert child(bare, "servicemonitors", "web", "default")
        assert (200, "ok\n") == operator.get("/livez")


def test_drift_is_repaired_once_a_late_crd_is_there(bare: ControlPlane, tmp_path: Path) -> None:
    """The watch on a kind that was installed later works like any other."""
    with Operator(operator_kubeconfig(bare), folder=tmp_path) as operator:
        operator.wait_until_ready()
        bare.apply(*tools.prometheus_operator_crds())
        bare.apply(profile("default"))
        settled(bare, "default", timeout=60)
        before = child(bare, "servicemonitors", "web", "default")

        def healed() -> bool:
            bare.kubectl("delete", "servicemonitor", "web", "--namespace=default", "--ignore-not-found")
            after = wait_for(lambda: child(bare, "servicemonitors", "web", "default"), what="it is back", timeout=5)
            return bool(after["metadata"]["uid"] != before["metadata"]["uid"])

        wait_for(healed, what="the deleted monitor is back", timeout=60)
