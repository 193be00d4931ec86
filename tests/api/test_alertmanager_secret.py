"""The shared Alertmanager Secret: merged from all profiles, healed, never foreign, never without a configuration."""

import json

from harness.controlplane import ControlPlane
from harness.operator import Operator
from harness.profiles import alertmanager, condition, notifications, profile, receivers, secret, secret_data, settled
from harness.wait import wait_for

PAGER, CHAT = "PLANTED-routing-key-0001", "https://hooks.example.com/services/PLANTED-0002"


def test_profiles_of_several_namespaces_share_one_configuration(
    operator: Operator, cluster: ControlPlane, namespace: str, pair: str
) -> None:
    """Each has its receivers; a deleted profile takes its own along and leaves the others; the Secret stays."""
    cluster.apply(alertmanager(pair))
    for where in (namespace, pair):
        cluster.apply(secret(where, pagerduty=PAGER, slack=CHAT), profile(where, notifications=notifications(pair)))
        settled(cluster, where)
    mine = {f"{namespace}/web/critical", f"{namespace}/web/warning"}
    others = {f"{pair}/web/critical", f"{pair}/web/warning"}

    assert mine | others <= receivers(cluster, pair)
    cluster.kubectl("delete", "monitoringprofile", "web", f"--namespace={namespace}")
    wait_for(lambda: not mine & receivers(cluster, pair), what="the routes are gone", timeout=10)
    assert others <= receivers(cluster, pair)
    cluster.kubectl("delete", "monitoringprofile", "web", f"--namespace={pair}")
    wait_for(lambda: not others & receivers(cluster, pair), what="the last profile's routes are gone", timeout=10)
    assert "receiver" in secret_data(cluster, pair)["alertmanager.yaml"]


def test_the_secret_is_healed(operator: Operator, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """Deleted or edited by hand, it is there again with the same content."""
    cluster.apply(alertmanager(pair), secret(namespace, pagerduty=PAGER, slack=CHAT), profile(namespace, notifications=notifications(pair)))
    settled(cluster, namespace)
    before = secret_data(cluster, pair)
    cluster.kubectl("delete", "secret", "routes", f"--namespace={pair}")
    wait_for(lambda: secret_data(cluster, pair) == before, what="it is back", timeout=5)
    cluster.kubectl("patch", "secret", "routes", f"--namespace={pair}", "--type=merge", '--patch={"data":{"alertmanager.yaml":"e30="}}')

    wait_for(lambda: secret_data(cluster, pair) == before, what="it is as it was", timeout=5)


def test_a_missing_secret_is_named_and_heals(operator: Operator, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """Everything else is applied; the condition names Secret and key; a labelled Secret is noticed at once when it appears."""
    cluster.apply(alertmanager(pair), profile(namespace, notifications=notifications(pair)))
    waiting = settled(cluster, namespace, ready="False", reason="SecretMissing")
    message = condition(waiting, "RoutesLive")["message"]

    assert "True" == condition(waiting, "Applied")["status"]
    assert "key pagerduty of Secret notify" in message
    assert "key slack of Secret notify" in message
    labelled = secret(namespace, pagerduty=PAGER, slack=CHAT)
    labelled["metadata"]["labels"] = {"monitoring-operator.dev/role": "source"}
    cluster.apply(labelled)
    settled(cluster, namespace, timeout=10)
    assert PAGER in secret_data(cluster, pair).values()


def test_a_rotated_credential_arrives(operator: Operator, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """A labelled Secret's new value is in its key within seconds, and the configuration does not change for it."""
    labelled = secret(namespace, pagerduty=PAGER, slack=CHAT)
    labelled["metadata"]["labels"] = {"monitoring-operator.dev/role": "source"}
    cluster.apply(alertmanager(pair), labelled, profile(namespace, notifications=notifications(pair)))
    settled(cluster, namespace)
    config = secret_data(cluster, pair)["alertmanager.yaml"]
    labelled["stringData"]["pagerduty"] = "ROTATED-0003"
    cluster.apply(labelled)

    wait_for(lambda: "ROTATED-0003" in secret_data(cluster, pair).values(), what="the new key", timeout=5)
    assert config == secret_data(cluster, pair)["alertmanager.yaml"]


def test_a_foreign_secret_is_never_written(operator: Operator, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """Helm's, or somebody's own: the condition says whose it is not and what to set."""
    cluster.apply(secret(pair, "routes", **{"alertmanager.yaml": "route: {receiver: mine}\nreceivers: [{name: mine}]\n"}))
    before = cluster.find("secrets", "routes", pair)
    cluster.apply(alertmanager(pair), secret(namespace, pagerduty=PAGER, slack=CHAT), profile(namespace, notifications=notifications(pair)))

    blocked = settled(cluster, namespace, ready="False", reason="AlertmanagerSecretForeign")
    assert "useExistingSecret" in condition(blocked, "RoutesLive")["message"]
    assert before == cluster.find("secrets", "routes", pair)


def test_no_alertmanager_is_said(operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """Notifications that nobody could deliver are not ready."""
    cluster.apply(secret(namespace, pagerduty=PAGER, slack=CHAT), profile(namespace, notifications=notifications(namespace)))

    missing = settled(cluster, namespace, ready="False", reason="AlertmanagerMissing")
    assert "True" == condition(missing, "Applied")["status"]


def test_planted_credentials_are_in_their_keys_and_nowhere_else(
    operator: Operator, cluster: ControlPlane, namespace: str, pair: str
) -> None:
    """Not in the log, an Event, a status, a child, or the configuration text."""
    cluster.apply(alertmanager(pair), secret(namespace, pagerduty=PAGER, slack=CHAT), profile(namespace, notifications=notifications(pair)))
    settled(cluster, namespace)
    written = secret_data(cluster, pair)
    everything = {
        "log": operator.tail(10_000),
        "events": json.dumps(cluster.list("events")),
        "profiles": json.dumps(cluster.list("monitoringprofiles")),
        "children": json.dumps(cluster.list("servicemonitors,prometheusrules,configmaps")),
        "configuration": written["alertmanager.yaml"],
        "metrics": operator.get("/metrics")[1],
    }

    assert {PAGER, CHAT} <= set(written.values())
    assert [] == [place for place, text in everything.items() if "PLANTED" in text]
