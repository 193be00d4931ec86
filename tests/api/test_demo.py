"""`make demo` keeps its promise: it is the first thing that a newcomer sees."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

from harness.cluster import KubectlFailed
from harness.controlplane import ControlPlane
from harness.story import OF_PROFILE

ROOT = Path(__file__).parents[2]


def demo(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end."""
    clean = {k: v for k, v in os.environ.items() if k.lower() != "no_proxy"}
    command = [sys.executable, "-m", "harness.demo", *args]
    given = clean | environment | {"PYTHONPATH": str(ROOT / "tests")}
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=240, check=False)


def test_the_demo_goes_through() -> None:
    """Children appear and are counted, the rule follows the threshold, both damaged children are healed, the exit code is 0."""
    # Where a proxy is set, what listens on the loopback address must be reached without it.
    done = demo(**dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9"))
    lines = done.stdout.splitlines()

    assert (0, "") == (done.returncode, done.stderr), done.stdout
    appeared = re.findall(r"^   \+ +[\d.]+ s  (\w+) +(\S+)(  \(shared by all profiles\))?$", done.stdout, re.MULTILINE)
    assert {"ServiceMonitor", "PrometheusRule", "ConfigMap", "Secret"} == {kind for kind, *_ in appeared}
    children = [name for _, name, shared in appeared if not shared]
    assert f"demo: analytics/ga4-analytics is Ready with {len(children)} children, and its alerts reach those who are told" == lines[-1]
    assert ["   -   > 0.02", "   +   > 0.1"] == [line for line in lines if "  > 0." in line]
    assert 3 == len(re.findall(r"^   ✓ .* after \d+ ms$", done.stdout, re.MULTILINE))
    assert "\033" not in done.stdout
    assert "   $ .venv/bin/monitoring-operator validate examples/minimal.yaml" in lines


def test_on_a_named_cluster_nothing_is_left_behind(control_plane: ControlPlane) -> None:
    """What was there before is there afterwards, and nothing else: no profile, no Alertmanager, no Secret."""
    kinds = "monitoringprofiles,alertmanagers,prometheuses,secrets,namespaces,customresourcedefinitions"

    def there() -> set[str]:
        return {f"{o['kind']} {o['metadata'].get('namespace', '')}/{o['metadata']['name']}" for o in control_plane.list(kinds)}

    for name in ("analytics", "monitoring"):
        with contextlib.suppress(KubectlFailed):
            control_plane.kubectl("create", "namespace", name)
    before = there()
    done = demo("--kubeconfig", str(control_plane.kubeconfig))
    after = there()
    # No garbage collector runs here that would take the children along with their owner.
    control_plane.kubectl(
        "delete", "servicemonitors,prometheusrules,configmaps", f"--selector={OF_PROFILE}", "--namespace=analytics", "--wait=false"
    )

    assert 0 == done.returncode, done.stdout
    assert before == after


def test_a_cluster_without_prometheus_operator_is_left_alone(tmp_path: Path) -> None:
    """The demo says what is missing and makes nothing."""
    with ControlPlane(tmp_path / "bare") as bare:
        done = demo("--kubeconfig", str(bare.kubeconfig))

        assert 1 == done.returncode
        assert "prometheus-operator's CRDs are not installed there" in done.stdout
        assert "customresourcedefinitions" not in " ".join(bare.writes("admin"))
