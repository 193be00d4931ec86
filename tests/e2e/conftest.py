"""The chart installed into the cluster that was named, and an application with its profile for every test."""

import copy
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from harness.cluster import Cluster
from harness.operator import CHART, ROOT
from harness.stack import Monitoring, Stack, application, helm

Diagnose = Callable[[str, Callable[[], str]], None]

RELEASE = "monitoring-operator"
VALUES = Path(__file__).with_name("values.yaml")


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> str:
    """The operator, installed from our chart as a user would; gives helm's notes."""
    return install(cluster)


def install(cluster: Cluster, *args: str) -> str:
    """Install the operator, or bring it to what these tests want, or to what `args` say beyond that; gives helm's notes."""
    return helm(
        cluster, "upgrade", "--install", RELEASE, CHART, "--create-namespace", "--wait", "--timeout=3m", f"--values={VALUES}",
        # A pod of an earlier run may have the same tag and another image.
        f"--set=podAnnotations.run={secrets.token_hex(4)}", *args,
    )  # fmt: skip


@pytest.fixture(scope="session")
def monitoring(cluster: Cluster) -> Monitoring:
    """The only Alertmanager of the cluster, and the Prometheus beside it."""
    alertmanagers = cluster.list("alertmanagers.monitoring.coreos.com")
    assert len(alertmanagers) == 1, "these tests need a cluster with prometheus-operator and exactly one Alertmanager"
    metadata, spec = alertmanagers[0]["metadata"], alertmanagers[0]["spec"]
    return Monitoring(cluster, metadata["namespace"], spec.get("configSecret", f"alertmanager-{metadata['name']}"))


@pytest.fixture
def second_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace for what lives apart from the profile."""
    with cluster.namespace("e2e-apart") as name:
        yield name


@pytest.fixture
def stack(cluster: Cluster, namespace: str, installed: str, diagnose: Diagnose) -> Stack:
    """examples/ga4-analytics.yaml and examples/ga4_app in a namespace of their own, with planted credentials.

    The receivers' addresses lead nowhere: nothing that is sent may leave the cluster.
    """
    planted = tuple(f"PLANTED{secrets.token_hex(12)}" for _ in range(2))
    manifest = yaml.safe_load((ROOT / "examples" / "ga4-analytics.yaml").read_text())
    manifest["metadata"]["namespace"] = namespace
    # The Alertmanager of this cluster has a name of its own; without a name the only one there is is taken.
    del manifest["spec"]["notifications"]["alertmanager"]
    # A Prometheus that says nothing of its retention keeps a day, and the example looks back further.
    manifest["spec"]["alerts"]["extra"][0]["expr"] = "absent_over_time(export_success_total[20h])"
    credentials = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ga4-notify", "namespace": namespace, "labels": {"monitoring-operator.dev/role": "source"}},
        "stringData": {"pagerduty": planted[0], "slack": f"http://127.0.0.1:9/{planted[1]}"},
    }
    cluster.apply(credentials, copy.deepcopy(manifest), *application(namespace))
    stack = Stack(cluster, namespace, manifest["metadata"]["name"], manifest, (planted[0], f"http://127.0.0.1:9/{planted[1]}"))
    diagnose("operator's log", lambda: stack.operator_log()[-8000:])
    diagnose("profile", lambda: json.dumps(stack.profile().get("status"), indent=1))
    return stack
