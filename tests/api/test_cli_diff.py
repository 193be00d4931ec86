"""`monitoring-operator diff` against a real API server: what it announces is what then happens."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from harness.cluster import Cluster, Object
from harness.controlplane import ControlPlane
from harness.operator import Operator
from harness.profiles import alertmanager, children, notifications, profile, quiet, secret, settled, versions

PLANTED = "s3cr3t-planted-value"


class Differ:
    """The command, on the control plane's kubeconfig."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._file = folder / "profile.yaml"

    def __call__(self, *profiles: Object, kubeconfig: Path | None = None) -> subprocess.CompletedProcess[str]:
        """The process, ended. Its exit code is 0 for no difference, 1 for some, 2 for an error."""
        self._file.write_text(yaml.safe_dump_all(profiles))
        command = [sys.executable, "-m", "monitoring_operator", "diff", str(self._file)]
        named = [f"--kubeconfig={kubeconfig or self._cluster.kubeconfig}"]
        environment = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"}
        return subprocess.run([*command, *named], capture_output=True, text=True, check=False, timeout=120, env=environment)


@pytest.fixture
def own_operator(start_operator: Callable[..., Operator]) -> Operator:
    """An operator that the test may end, so that it heals nothing more."""
    return start_operator()


@pytest.fixture
def diff(cluster: ControlPlane, tmp_path: Path) -> Differ:
    """Runs the command on profiles."""
    return Differ(cluster, tmp_path)


def changed(result: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Of each object in the output: `new`, `gone` or `changed`."""
    marks = {}
    lines = result.stdout.splitlines()
    for before, after in itertools.pairwise(lines):
        if before.startswith("--- ") and after.startswith("+++ "):
            name = (before if after.endswith("/dev/null") else after).split(": ")[1]
            marks[name] = "new" if before.endswith("/dev/null") else "gone" if after.endswith("/dev/null") else "changed"
    return marks


def lines(result: subprocess.CompletedProcess[str], mark: str, word: str) -> list[str]:
    """Lines of the diff that are taken out (-) or put in (+) and hold `word`, without the mark, sorted."""
    return sorted(line[1:] for line in result.stdout.splitlines() if line.startswith(mark) and word in line)


def test_a_new_profile_is_all_new(diff: Differ, cluster: ControlPlane, namespace: str) -> None:
    """Every child is announced, nothing is written, and the cluster that was asked is named."""
    start = cluster.audit_position()
    result = diff(profile(namespace))
    writes = [w for w in cluster.writes("admin", after=start) if f" {namespace}/" in w]

    assert 1 == result.returncode, result.stderr
    assert {"new"} == set(changed(result).values())
    assert {f"ServiceMonitor {namespace}/web", f"PrometheusRule {namespace}/web-alerts"} <= changed(result).keys()
    assert f"comparing with https://127.0.0.1:{cluster.port}\n" in result.stderr
    assert [] == children(cluster, namespace)
    assert writes, "dry runs are audited as writes: were there none, the audit log would prove nothing"


def test_what_is_in_place_differs_in_nothing(
    own_operator: Operator, diff: Differ, cluster: ControlPlane, namespace: str, pair: str
) -> None:
    """After the operator has done its work the same profile gives exit code 0 and no output, the shared Secret included."""
    wanted = profile(namespace, notifications=notifications(pair))
    cluster.apply(alertmanager(pair), secret(namespace, pagerduty=PLANTED, slack=f"https://{PLANTED}"))
    cluster.apply(wanted)
    settled(cluster, namespace)
    quiet(own_operator)
    before = versions(children(cluster, namespace))
    result = diff(wanted)

    assert (0, "") == (result.returncode, result.stdout), result.stderr
    assert result.stderr.endswith("nothing would change\n")
    assert before == versions(children(cluster, namespace))


def test_what_would_change_is_shown(own_operator: Operator, diff: Differ, cluster: ControlPlane, namespace: str) -> None:
    """A threshold, a new object and one that goes: each is announced, and then it is so."""
    cluster.apply(profile(namespace, dashboards={"include": ["system-overview"]}))
    settled(cluster, namespace)
    wanted = profile(
        namespace,
        alerts={"rules": {"CpuHigh": {"threshold": 61}}},
        dashboards={"include": ["database-health"]},
        sentry={"dsn": {"secretKeyRef": {"name": "s", "key": "dsn"}}},
    )
    result = diff(wanted)
    announced = changed(result)

    assert 1 == result.returncode, result.stderr
    assert {
        f"ConfigMap {namespace}/web-system-overview": "gone",
        f"ConfigMap {namespace}/web-database-health": "new",
        f"ConfigMap {namespace}/web-sentry": "new",
        f"PrometheusRule {namespace}/web-alerts": "changed",
    } == announced
    added = [line for line in result.stdout.splitlines() if line.startswith("+") and "61" in line]
    assert added

    cluster.apply(wanted)
    settled(cluster, namespace)
    quiet(own_operator)

    assert (0, "") == (diff(wanted).returncode, diff(wanted).stdout)


def test_drift_is_shown_and_foreign_labels_are_not(diff: Differ, own_operator: Operator, cluster: ControlPlane, namespace: str) -> None:
    """What somebody else added stays when the operator applies, so it is no difference."""
    wanted = profile(namespace)
    cluster.apply(wanted)
    settled(cluster, namespace)
    own_operator.stop()
    cluster.kubectl("label", "servicemonitor", "web", "team=ours", f"--namespace={namespace}")
    untouched = diff(wanted)
    path = '[{"op": "replace", "path": "/spec/endpoints/0/interval", "value": "77s"}]'
    cluster.kubectl("patch", "servicemonitor", "web", f"--namespace={namespace}", "--type=json", f"--patch={path}")
    drifted = diff(wanted)

    assert (0, "") == (untouched.returncode, untouched.stdout), untouched.stderr
    assert {f"ServiceMonitor {namespace}/web": "changed"} == changed(drifted)
    assert ["interval: 77s"] == [
        line[1:].strip(" -") for line in drifted.stdout.splitlines() if line.startswith("-") and "interval" in line
    ]


def test_no_credential_is_shown(own_operator: Operator, diff: Differ, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """A changed key, a new route, a credential that somebody wrote into the live configuration: the values come out nowhere."""
    cluster.apply(alertmanager(pair), secret(namespace, pagerduty=PLANTED, slack=f"https://{PLANTED}"))
    cluster.apply(profile(namespace, notifications=notifications(pair)))
    settled(cluster, namespace)
    quiet(own_operator)
    own_operator.stop()
    cluster.apply(secret(namespace, pagerduty=f"{PLANTED}-rotated", slack=f"https://{PLANTED}"))
    by_hand = {"route": {"receiver": "x"}, "receivers": [{"name": "x", "slack_configs": [{"api_url": PLANTED, "channel": "#a"}]}]}
    patch = json.dumps({"stringData": {"alertmanager.yaml": yaml.safe_dump(by_hand)}})
    cluster.kubectl("patch", "secret", "routes", f"--namespace={pair}", f"--patch={patch}")
    result = diff(profile(namespace, notifications=notifications(pair) | {"groupWait": "7s"}))

    assert {f"Secret {pair}/routes": "changed"} == changed(result)
    assert PLANTED not in result.stdout + result.stderr
    assert "- api_url: <redacted>" in result.stdout
    assert "group_wait: 7s" in result.stdout
    assert ".routing_key: <redacted, another value>" in result.stdout


def test_other_profiles_routes_stay(own_operator: Operator, diff: Differ, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """The Secret is shared: comparing one profile must not announce the end of all others' routes."""
    cluster.apply(alertmanager(pair), secret(namespace, pagerduty="a", slack="https://example.com"))
    first, second = (profile(namespace, name, notifications=notifications(pair)) for name in ("first", "second"))
    cluster.apply(first, second)
    for name in ("first", "second"):
        settled(cluster, namespace, name)
    quiet(own_operator)
    same = diff(first)
    silent = diff({**first, "spec": {k: v for k, v in first["spec"].items() if k != "notifications"}})

    assert (0, "") == (same.returncode, same.stdout), same.stderr
    assert {f"Secret {pair}/routes": "changed"} == changed(silent)
    assert lines(silent, "-", "first") > lines(silent, "+", "first") == []
    assert lines(silent, "-", "second") == lines(silent, "+", "second")


def test_what_is_someone_elses_is_left_alone(diff: Differ, cluster: ControlPlane, namespace: str, pair: str) -> None:
    """A ServiceMonitor and a configuration Secret of others are named as notes, not as changes."""
    spec = {"selector": {"matchLabels": {"app": "x"}}, "endpoints": [{"port": "http"}]}
    foreign = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": spec,
    }
    cluster.apply(foreign, alertmanager(pair), secret(pair, "routes", **{"alertmanager.yaml": PLANTED}))
    cluster.apply(secret(namespace, pagerduty="a"))
    result = diff(profile(namespace, notifications=notifications(pair)))

    assert not {f"ServiceMonitor {namespace}/web", f"Secret {pair}/routes"} & changed(result).keys()
    assert f"note: ServiceMonitor {namespace}/web exists and was not made by this profile: it would be left alone\n" in result.stderr
    assert f"note: Secret {pair}/routes is someone else's" in result.stderr
    assert f"note: Secret {namespace}/notify has no key slack: its receiver would be left out\n" in result.stderr
    assert PLANTED not in result.stdout + result.stderr


def test_a_missing_namespace_and_alertmanager_are_notes(diff: Differ, cluster: ControlPlane) -> None:
    """What would keep the operator from doing its work is said beside what it would do."""
    result = diff(profile("no-such-namespace", notifications=notifications("no-such-place")))

    assert 1 == result.returncode
    assert "note: ServiceMonitor no-such-namespace/web: there is no namespace no-such-namespace\n" in result.stderr
    assert "there is no Alertmanager no-such-place/main" in result.stderr


def test_errors_are_one_line_and_exit_code_2(diff: Differ, cluster: ControlPlane, tmp_path: Path) -> None:
    """A cluster that does not answer, a kubeconfig that is none, rights that are missing, a bad profile."""
    dead = tmp_path / "dead.kubeconfig"
    dead.write_text(cluster.kubeconfig.read_text().replace(str(cluster.port), "1"))
    nobody = cluster.kubeconfig_for("nobody", "default")
    empty = tmp_path / "empty.kubeconfig"
    empty.write_text("")
    results = {
        "no answer from the API server": diff(profile("default"), kubeconfig=dead),
        "cannot list resource": diff(profile("default"), kubeconfig=nobody),
        "no cluster to ask": diff(profile("default"), kubeconfig=empty),
        "spec.packs[0]": diff(profile("default", packs=["x"])),
    }

    for words, result in results.items():
        assert (2, "") == (result.returncode, result.stdout), result.stderr
        assert words in result.stderr
        assert "Traceback" not in result.stderr
