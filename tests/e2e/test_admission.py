"""The webhook as the chart installs it: the cluster's API server asks the operator, over the Service, with the chart's certificate.

It is switched on for these tests alone. What is refused and why has tests of its own (tests/unit/admission, tests/api).
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.conftest import install
from harness.cluster import Cluster, KubectlFailed, Object
from harness.profiles import get, profile
from harness.stack import OPERATOR_NAMESPACE
from harness.wait import wait_for

pytestmark = pytest.mark.e2e

ON = "--set=webhook.enabled=true"
NAME = "monitoring-operator-webhook"
DEPLOYMENT = ("deployment/monitoring-operator", f"--namespace={OPERATOR_NAMESPACE}")
PATIENCE = 120.0
"""Seconds for what others do in their own time: a Service's endpoints, and the API server's view of a new configuration."""
BROKEN = {"alert": "Broken", "expr": "sum(rate(x[5m])", "severity": "warning", "summary": "Broken."}


@pytest.fixture(scope="module", autouse=True)
def webhook(cluster: Cluster, installed: str) -> Iterator[None]:
    """The release with the webhook; afterwards it is as every other test wants it."""
    install(cluster, ON)
    yield
    install(cluster)


@pytest.fixture
def nobody(cluster: Cluster, webhook: None) -> Iterator[None]:
    """No operator, and nobody behind the webhook's Service."""

    def endpoints() -> list[Object]:
        slices = cluster.list("endpointslices", OPERATOR_NAMESPACE, selector=f"kubernetes.io/service-name={NAME}")
        return [endpoint for s in slices for endpoint in s["endpoints"] or ()]

    cluster.kubectl("scale", *DEPLOYMENT, "--replicas=0")
    wait_for(lambda: endpoints() == [], what="nobody answers", timeout=PATIENCE)
    yield
    cluster.kubectl("scale", *DEPLOYMENT, "--replicas=1")
    cluster.kubectl("rollout", "status", *DEPLOYMENT, "--timeout=180s", timeout=200)


def refusal(cluster: Cluster, body: Object) -> str:
    """What the API server says against a profile; empty if it would take it."""
    try:
        cluster.kubectl("apply", "--server-side", "--dry-run=server", "--filename=-", input=json.dumps(body))
    except KubectlFailed as refused:
        return str(refused)
    return ""


def certificate(cluster: Cluster) -> tuple[dict[str, str], str]:
    """What the pod serves with, and what the API server trusts."""
    secret, configuration = cluster.find("secrets", NAME, OPERATOR_NAMESPACE), cluster.find("validatingwebhookconfigurations", NAME)
    assert secret is not None
    assert configuration is not None
    return secret["data"], configuration["webhooks"][0]["clientConfig"]["caBundle"]


def test_a_broken_profile_is_refused_in_the_words_of_validate(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """Word for word, and nothing is stored; a good one is taken."""
    broken, file = profile(namespace, alerts={"extra": [BROKEN]}), tmp_path / "profile.json"
    file.write_text(json.dumps(broken))
    command = [sys.executable, "-m", "monitoring_operator", "validate", str(file), "--output=json"]
    (problem,) = json.loads(subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stdout)["problems"]
    said = wait_for(lambda: refusal(cluster, broken), what="the API server asks", timeout=PATIENCE)

    assert f"{problem['path']}: {problem['message']}" in said
    with pytest.raises(KubectlFailed, match="is not PromQL"):
        cluster.apply(broken)
    assert cluster.find("monitoringprofiles", "web", namespace) is None
    cluster.apply(profile(namespace))
    assert get(cluster, namespace)


def test_an_upgrade_keeps_the_certificate_and_goes_on_asking(cluster: Cluster, namespace: str) -> None:
    """The next pod serves with what the API server trusts already."""
    before = certificate(cluster)
    install(cluster, ON, "--set=logLevel=info")

    assert before == certificate(cluster)
    broken = profile(namespace, alerts={"extra": [BROKEN]})
    wait_for(lambda: "is not PromQL" in refusal(cluster, broken), what="the API server asks", timeout=PATIENCE)


def test_without_an_operator_everything_is_stored(cluster: Cluster, namespace: str, nobody: None) -> None:
    """A broken profile too, which the operator will say in its status."""
    cluster.apply(profile(namespace, alerts={"extra": [BROKEN]}))

    assert get(cluster, namespace)["spec"]["alerts"]["extra"]


def test_about_other_kinds_nobody_is_asked(cluster: Cluster, namespace: str, nobody: None) -> None:
    """Even where a profile is refused because nobody answers, all else is stored, and profiles go."""
    there = profile(namespace, "there")
    cluster.apply(there)
    policy = '--patch=[{{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "{}"}}]'
    change = ("patch", "validatingwebhookconfiguration", NAME, "--type=json")
    cluster.kubectl(*change, policy.format("Fail"))
    try:
        wait_for(lambda: "failed calling webhook" in refusal(cluster, profile(namespace)), what="profiles are refused", timeout=PATIENCE)
        in_it = {"namespace": namespace, "name": "other"}
        cluster.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": in_it},
            {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": in_it, "spec": {}},
        )
        cluster.kubectl("delete", "monitoringprofile", "there", f"--namespace={namespace}")
    finally:
        cluster.kubectl(*change, policy.format("Ignore"))

    assert cluster.find("prometheusrules", "other", namespace)
    assert cluster.find("monitoringprofiles", "there", namespace) is None
