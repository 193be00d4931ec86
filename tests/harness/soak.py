"""`make soak`: the operator as in a pod over hours on a real API server, over TLS, with tokens that are replaced, and a look at its memory.

Prints a line a minute, and at the end the slope of its resident memory over the second half, in MiB an hour.
"""

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from harness.api import Api
from harness.bench.in_a_pod import as_in_a_pod
from harness.controlplane import ControlPlane
from harness.operator import NAMESPACE, SERVICE_ACCOUNT, Operator, install_crds
from harness.process import reach_loopback_directly
from harness.profiles import alertmanager, notifications, profile, secret
from monitoring_operator.api.resources import PROFILE

TOKEN_LIFE = 600.0
"""Seconds; an API server gives no shorter ones. They are replaced after half of it, and one in four only after it has run out."""
SAMPLE = 10.0
LARGEST_SLOPE = 1.0
"""MiB an hour."""


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Least-squares slope of (x, y) points; 0 for fewer than two."""
    if len(samples) < 2:
        return 0.0
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / sum((x - mean_x) ** 2 for x, _ in samples)


class Rotation:
    """A token file that is written anew as a kubelet does it."""

    def __init__(self, cluster: ControlPlane, path: Path) -> None:
        self._cluster = cluster
        self._path = path
        self._turns = itertools.count(1)
        self._due = 0.0
        self.count = 0

    def turn(self) -> None:
        """Replace the token if it is time to."""
        now = time.monotonic()
        if now < self._due:
            return
        seconds = f"--duration={TOKEN_LIFE:.0f}s"
        token = self._cluster.kubectl("create", "token", SERVICE_ACCOUNT, f"--namespace={NAMESPACE}", seconds)
        new = self._path.with_suffix(".new")
        new.write_text(token.strip())
        new.rename(self._path)
        self.count += 1
        self._due = now + (TOKEN_LIFE + 20 if next(self._turns) % 4 == 0 else TOKEN_LIFE / 2)


def soak(folder: Path, minutes: float, profiles: int, edits_per_second: float) -> float:
    """Runs for so many minutes; returns the slope. Raises AssertionError if the operator ends or is not ready."""
    with ControlPlane(folder) as cluster:
        install_crds(cluster)
        env = as_in_a_pod(cluster, folder)
        rotation = Rotation(cluster, folder / "token")
        rotation.turn()
        cluster.kubectl("create", "namespace", "soak")
        cluster.apply(alertmanager("soak"), secret("soak", pagerduty="key", slack="https://hooks.example.com/x"))
        bodies = [profile("soak", f"p{i}", notifications=notifications("soak")) for i in range(profiles)]
        for first in range(0, profiles, 50):
            cluster.apply(*bodies[first : first + 50])
        program = ("-m", "harness.bench.pod", str(folder))
        with Operator(Path(), "--resync-interval=2m", folder=folder, env=env, program=program) as operator:
            operator.wait_until_ready(120)
            return _watch(cluster, operator, rotation, minutes=minutes, profiles=profiles, edits_per_second=edits_per_second)


def _watch(
    cluster: ControlPlane, operator: Operator, rotation: Rotation, *, minutes: float, profiles: int, edits_per_second: float
) -> float:
    api, start, samples = Api(cluster.kubeconfig), time.monotonic(), []
    next_sample = next_line = start
    for number in itertools.count():
        now = time.monotonic()
        if now - start > minutes * 60:
            break
        rotation.turn()
        api.merge(PROFILE, "soak", f"p{number % profiles}", {"spec": {"scrape": {"sampleLimit": 1000 + number}}})
        if now >= next_sample:
            next_sample = now + SAMPLE
            assert operator.exit_code is None, operator.tail()
            assert operator.get("/readyz")[0] == 200, operator.tail()
            samples.append((now - start, operator.metric("process_resident_memory_bytes") / 2**20))
        if now >= next_line:
            next_line = now + 60
            reconciles = operator.metric("monitoring_operator_reconciles_total")
            print(
                f"{(now - start) / 60:5.1f} min  {samples[-1][1]:6.1f} MiB  {reconciles:8.0f} reconciles  {rotation.count} tokens",
                flush=True,
            )
        time.sleep(1 / edits_per_second)
    return slope([s for s in samples if s[0] > minutes * 30]) * 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if memory grows."""
    parser = argparse.ArgumentParser(prog="python -m harness.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--profiles", type=int, default=200)
    parser.add_argument("--edits", type=float, default=2.0, help="edits a second")
    given = parser.parse_args(arguments)
    reach_loopback_directly()
    with tempfile.TemporaryDirectory() as folder:
        found = soak(Path(folder), given.minutes, given.profiles, given.edits)
    print(f"slope over the second half: {found:+.2f} MiB an hour (at most {LARGEST_SLOPE:g})")
    return 0 if found <= LARGEST_SLOPE else 1


if __name__ == "__main__":
    sys.exit(main())
