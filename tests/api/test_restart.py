"""What happens while the operator is down is found when it comes back, and nothing else is written."""

from collections.abc import Callable

from harness.controlplane import ControlPlane
from harness.operator import USER, Operator
from harness.profiles import (
    alertmanager,
    children,
    notifications,
    profile,
    quiet,
    receivers,
    secret,
    secret_data,
    settled,
)
from harness.wait import wait_for

PAGER, CHAT = "routing-key", "https://hooks.example.com/services/x"


def test_a_restart_with_nothing_changed_writes_nothing(
    start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str, pair: str
) -> None:
    """Counted from the API server's audit log: a second operator finds all as it should be, the Alertmanager's Secret included."""
    first = start_operator()
    cluster.apply(alertmanager(pair), secret(namespace, pagerduty="pd", slack="https://example.com/x"))
    cluster.apply(profile(namespace, notifications=notifications(pair), sentry={"dsn": {"secretKeyRef": {"name": "s", "key": "dsn"}}}))
    settled(cluster, namespace)
    first.stop()

    start = cluster.audit_position()
    second = start_operator()
    quiet(second)

    assert [] == cluster.writes(USER, after=start)


def test_a_profile_deleted_while_the_operator_was_down_is_swept_at_start(
    start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str, pair: str
) -> None:
    """There is no finalizer to wait for us, so the next start looks for what was left."""
    first = start_operator()
    cluster.apply(profile(namespace, dashboards={"namespace": pair}))
    settled(cluster, namespace)
    first.stop()
    cluster.kubectl("delete", "monitoringprofile", "web", f"--namespace={namespace}")
    start_operator()

    wait_for(lambda: not children(cluster, pair, owner_namespace=namespace), what="the dashboards are gone", timeout=10)


def test_an_invalid_profile_keeps_its_last_good_route_over_a_restart(
    start_operator: Callable[..., Operator], cluster: ControlPlane, namespace: str, pair: str
) -> None:
    """Its part is read back from the live Secret, so that a typo elsewhere in the spec never silences a pager."""
    first = start_operator()
    cluster.apply(alertmanager(pair), secret(namespace, pagerduty=PAGER, slack=CHAT), profile(namespace, notifications=notifications(pair)))
    settled(cluster, namespace)
    before = secret_data(cluster, pair)
    broken = {"alert": "Broken", "expr": "1 +", "severity": "warning", "summary": "Broken."}
    cluster.apply(profile(namespace, notifications=notifications(pair), alerts={"extra": [broken]}))
    settled(cluster, namespace, ready="False")
    first.stop()
    second = start_operator()
    cluster.apply(secret(pair, pagerduty=PAGER, slack=CHAT), profile(pair, notifications=notifications(pair)))
    settled(cluster, pair)
    quiet(second)

    assert before.items() - {("alertmanager.yaml", before["alertmanager.yaml"])} <= secret_data(cluster, pair).items()
    assert {f"{namespace}/web/critical", f"{pair}/web/critical"} <= receivers(cluster, pair)
