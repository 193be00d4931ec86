"""An operator of some namespaces: Roles only, and nothing outside of them is asked for or touched."""

from pathlib import Path

from harness import tools
from harness.cluster import Cluster
from harness.controlplane import ControlPlane
from harness.operator import Operator, confined_kubeconfig, install_crds
from harness.profiles import alertmanager, child, children, condition, get, notifications, profile, secret, settled
from harness.wait import wait_for


def test_profiles_of_its_namespaces_are_served_and_no_others(cluster: ControlPlane, namespace: str, pair: str, tmp_path: Path) -> None:
    """With rights in one namespace, the whole of a profile there works, drift repair included; a profile elsewhere is not even read."""
    kubeconfig, user = confined_kubeconfig(cluster, namespace)
    start = cluster.audit_position()
    with Operator(kubeconfig, f"--namespace={namespace}", folder=tmp_path) as operator:
        operator.wait_until_ready()
        cluster.apply(
            alertmanager(namespace),
            secret(namespace, pagerduty="x", slack="https://example.com/x"),
            profile(namespace, notifications=notifications(namespace)),
            profile(pair),
        )
        settled(cluster, namespace)
        before = child(cluster, "servicemonitors", "web", namespace)
        cluster.kubectl("delete", "servicemonitor", "web", f"--namespace={namespace}")
        after = wait_for(lambda: child(cluster, "servicemonitors", "web", namespace), what="it is back", timeout=5)

        assert before["metadata"]["uid"] != after["metadata"]["uid"]
        assert [] == children(cluster, pair)
        assert "status" not in get(cluster, pair)
    refused = [e for e in cluster.audit_events(after=start) if e["user"]["username"] == user and e["responseStatus"]["code"] == 403]
    assert [] == [e["requestURI"] for e in refused]


def test_what_lies_outside_is_forbidden_and_said(cluster: ControlPlane, namespace: str, pair: str, tmp_path: Path) -> None:
    """Dashboards for a namespace that is not in the list: the condition names them; the rest is applied."""
    kubeconfig, _ = confined_kubeconfig(cluster, namespace)
    with Operator(kubeconfig, f"--namespace={namespace}", folder=tmp_path) as operator:
        operator.wait_until_ready()
        cluster.apply(profile(namespace, dashboards={"namespace": pair}))
        blocked = settled(cluster, namespace, ready="False", reason="Forbidden")

        assert pair in condition(blocked, "Applied")["message"]
        assert child(cluster, "servicemonitors", "web", namespace)


def test_it_ends_to_be_started_again_when_a_type_is_installed_later(tmp_path: Path) -> None:
    """Seeing CRDs come is a right on the whole cluster; a new process of the same operator watches the new type."""
    with ControlPlane(tmp_path / "bare") as bare:
        install_crds(bare, prometheus_operator=False)
        kubeconfig, _ = confined_kubeconfig(bare, "default")
        with Operator(kubeconfig, "--namespace=default", folder=tmp_path) as operator:
            operator.wait_until_ready()
            bare.apply(profile("default"))
            settled(bare, "default", ready="False", reason="CrdMissing")
            bare.apply(*tools.prometheus_operator_crds())

            assert 0 == operator.wait(timeout=60)
        with Operator(kubeconfig, "--namespace=default", folder=tmp_path) as operator:
            operator.wait_until_ready()
            settled(bare, "default")
            assert child(Cluster(bare.kubeconfig), "servicemonitors", "web", "default")
