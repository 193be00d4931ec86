"""A configuration of the user's own beside the profiles', on a real API server."""

from collections.abc import Callable

import yaml

from harness.bases import CONFIG
from harness.controlplane import ControlPlane
from harness.operator import Operator
from harness.profiles import alertmanager, notifications, profile, receivers, secret, secret_data, settled
from harness.wait import wait_for

StartOperator = Callable[..., Operator]


def test_a_base_is_merged_and_outlives_its_secret(start_operator: StartOperator, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """Taken up at once where it carries our label; broken, it changes nothing and an Event says so; nothing of it is logged."""
    base = secret(pair, "base", **{"alertmanager.yaml": CONFIG, "x.tmpl": "text"})
    base["metadata"]["labels"] = {"monitoring-operator.dev/role": "source"}
    cluster.apply(alertmanager(pair), base, secret(namespace, pagerduty="p", slack="s"))
    operator = start_operator(f"--base-config={pair}/main=base", f"--namespace={namespace}", f"--namespace={pair}")
    cluster.apply(profile(namespace, notifications=notifications(pair)))
    settled(cluster, namespace)
    expected = {"platform", "watchdog", "dba", "everything-critical", f"{namespace}/web/critical", f"{namespace}/web/warning"}
    assert receivers(cluster, pair) == expected
    assert secret_data(cluster, pair)["x.tmpl"] == "text"

    base["stringData"]["alertmanager.yaml"] = CONFIG.replace("dba", "dbas")
    cluster.apply(base)
    wait_for(lambda: "dbas" in receivers(cluster, pair), what="the change of the base", timeout=5)
    before = secret_data(cluster, pair)
    base["stringData"]["alertmanager.yaml"] = "route: [PLANTED"
    cluster.apply(base)
    wait_for(lambda: events(cluster, pair) == ["BaseConfigInvalid"], what="an Event that says so", timeout=10)
    cluster.kubectl("delete", "secret", "base", f"--namespace={pair}")
    wait_for(lambda: "does not exist" in operator.tail(100), what="its absence is said", timeout=10)

    assert secret_data(cluster, pair) == before
    assert yaml.safe_load(before["alertmanager.yaml"])["route"]["receiver"] == "platform"
    assert operator.metric("monitoring_operator_base_config_good", alertmanager="main") == 0
    assert "PLANTED" not in operator.tail(10_000)


def events(cluster: ControlPlane, namespace: str) -> list[str]:
    """Reasons of the Events of Alertmanager objects."""
    return [e["reason"] for e in cluster.list("events", namespace) if e["involvedObject"]["kind"] == "Alertmanager"]
