"""`make demo`: the main job before one's eyes, on a real Kubernetes API and without a container engine.

One profile is applied; its children appear; a threshold is changed; children are deleted and edited, and are healed. Then the
example application runs, a fault is switched on, and those who are to be told hear of it.
On a cluster that is named (`--kubeconfig`) the same is shown there, and what the demo made is taken away again.
"""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from harness import stage
from harness.alarm import Alarm
from harness.cluster import Cluster
from harness.console import Console
from harness.controlplane import ControlPlane
from harness.operator import Operator, install_crds, operator_kubeconfig
from harness.process import reach_loopback_directly
from harness.story import EXAMPLE, NAME, NAMESPACE, OF_ALERTMANAGER, Story
from harness.wait import NotInTime


@contextlib.contextmanager
def own_cluster(console: Console, folder: Path) -> Iterator[tuple[Cluster, Path]]:
    """A control plane of our own with both sets of CRDs and a Prometheus; with it the operator's kubeconfig."""
    started = time.monotonic()
    console.step("A Kubernetes API starts on this machine: etcd and kube-apiserver, no containers")
    with contextlib.ExitStack() as running:
        with console.waiting("etcd and kube-apiserver start"):
            cluster = running.enter_context(ControlPlane(folder / "control-plane"))
        console.good(f"{json.loads(cluster.kubectl('version', '--output=json'))['serverVersion']['gitVersion']}, {_since(started)}")
        started = time.monotonic()
        console.step("CRDs are installed: prometheus-operator's and ours")
        with console.waiting("the API server takes them"):
            install_crds(cluster)
        console.good(_since(started))
        cluster.apply(stage.namespace("monitoring"))
        cluster.apply(stage.PROMETHEUS)
        yield cluster, operator_kubeconfig(cluster)


@contextlib.contextmanager
def named_cluster(console: Console, kubeconfig: Path) -> Iterator[tuple[Cluster, Path]]:
    """The cluster that was named, with our CRD. Raises stage.Unfit."""
    cluster = Cluster(kubeconfig)
    console.step(f"The cluster of {kubeconfig} is used")
    stage.inspect(cluster, EXAMPLE)
    with stage.our_kind(cluster) as installed:
        console.good("our CRD is installed" if installed else "our CRD is there already")
        yield cluster, kubeconfig


@contextlib.contextmanager
def scene(cluster: Cluster, console: Console) -> Iterator[None]:
    """What the example refers to: its namespace, the Alertmanager and the Secrets with credentials."""
    console.step("What the example refers to: namespace, Alertmanager, Secrets")
    with contextlib.ExitStack() as afterwards, stage.borrowed(cluster) as ensure:
        ensure(stage.namespace(NAMESPACE))
        ensure(stage.namespace("monitoring"))
        if ensure(stage.ALERTMANAGER):
            console.good("Alertmanager monitoring/main (an object that says which Secret it reads; no pods)")
            # After the Alertmanager, or the operator would put it back.
            afterwards.callback(cluster.kubectl, "delete", "secrets", f"--selector={OF_ALERTMANAGER}", "--namespace=monitoring")
        ensure(stage.secret("ga4-notify", NAMESPACE, {"pagerduty": "0" * 32, "slack": "https://hooks.slack.com/services/demo"}))
        ensure(stage.secret("ga4-sentry", NAMESPACE, {"dsn": "https://demo@sentry.example.com/1"}))
        console.good(f"Secrets {NAMESPACE}/ga4-notify and {NAMESPACE}/ga4-sentry")
        yield


def perform(console: Console, folder: Path, kubeconfig: Path | None) -> int:
    """The whole demo; returns the exit code."""
    with contextlib.ExitStack() as running:
        place = named_cluster(console, kubeconfig) if kubeconfig else own_cluster(console, folder)
        cluster, operators_kubeconfig = running.enter_context(place)
        operator: Operator | None = None
        try:
            running.enter_context(scene(cluster, console))
            started = time.monotonic()
            there = stage.running_operator(cluster)
            console.step("The operator starts" if not there else f"The operator runs there already: {there}")
            if not there:
                operator = running.enter_context(Operator(operators_kubeconfig, folder=folder))
                with console.waiting("the operator lists what is there"):
                    operator.wait_until_ready()
                console.good(f"ready, {_since(started)}")
            story = Story(cluster, console)
            if kubeconfig:
                running.callback(story.withdraw)
            count = story.run()
            Alarm(cluster, console, folder).run()
        except NotInTime as error:
            console.bad(str(error))
            console.fact(cluster.dump(NAMESPACE))
            if operator:
                console.fact(f"the operator's log ({operator.log}):\n{operator.tail()}")
            return 1
    console.step("To go on: your own profile is checked like this; README.md has the way onto a cluster")
    console.command(".venv/bin/monitoring-operator validate examples/minimal.yaml")
    console.last(f"demo: {NAMESPACE}/{NAME} is Ready with {count} children, and its alerts reach those who are told")
    return 0


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"


def main() -> int:
    """Entry point of `make demo`."""
    parser = argparse.ArgumentParser(description="The main job before your eyes.")
    parser.add_argument("--kubeconfig", type=lambda text: Path(text).expanduser(), help="use this cluster instead of one of the demo's own")
    kubeconfig = parser.parse_args().kubeconfig
    console = Console()
    # What was made on a cluster is taken away again however the demo ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    reach_loopback_directly()
    with tempfile.TemporaryDirectory(prefix="monitoring-operator-demo-") as folder:
        try:
            return perform(console, Path(folder), kubeconfig)
        except (stage.Unfit, OSError, RuntimeError, AssertionError) as error:
            console.bad(str(error))
            return 1
        except KeyboardInterrupt:
            console.bad("interrupted")
            return 130


if __name__ == "__main__":
    sys.exit(main())
