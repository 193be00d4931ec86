"""`monitoring-operator verify` on a whole cluster, with the rights of whoever deploys: through the API server to every replica."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from harness.stack import Stack

pytestmark = pytest.mark.e2e


def verify(stack: Stack, *args: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code and hops of the test's profile, the worst of each subject."""
    named = [f"{stack.namespace}/{stack.name}", f"--kubeconfig={stack.cluster.kubeconfig}", "--output=json"]
    environment = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"}
    command = [sys.executable, "-m", "monitoring_operator", "verify", *named, *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=420, env=environment)
    assert done.stdout, done.stderr
    (found,) = json.loads(done.stdout)["profiles"]
    order = ["good", "warning", "bad"]
    return done.returncode, {hop["subject"]: hop for hop in sorted(found["hops"], key=lambda h: order.index(h["level"]))}


def test_the_last_hop_is_reached_and_a_break_is_named(stack: Stack) -> None:
    """Waits until everything is live; then a port that no Service has is named at its hop."""
    stack.applied()
    live, found = verify(stack, "--wait", "--timeout=6m")
    stack.patch({"spec": {"scrape": {"port": "no-such-port"}}})
    broken, late = verify(stack)

    assert 0 == live, found
    assert {"Spec", "Objects", "Routes", "Selected", "Accepted", "Loaded", "TargetsUp", "RoutesLive"} <= found.keys()
    assert (1, "bad") == (broken, late["TargetsUp"]["level"])
    assert "no-such-port" in late["TargetsUp"]["message"]
