"""`make idle`: many profiles that are live, and what it costs to go on knowing that they are.

The operator, with verification on, against a real API server, and a Prometheus and an Alertmanager that answer at once. Prints the
figures; exit code 1 if anything was written while nothing happened, or if a profile took more writes of status than it needs.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from harness.bench.client import Client, each, path
from harness.bench.in_a_pod import as_in_a_pod
from harness.bench.subject import profile_of
from harness.bench.taking_up import NAMESPACE, TakingUp, workloads
from harness.bench.usage import Usage, child_of, usage
from harness.cluster import Object
from harness.controlplane import ControlPlane
from harness.fake_monitoring import as_proxy
from harness.operator import USER, Operator, install_crds
from harness.process import reach_loopback_directly
from harness.profiles import condition, secret
from harness.stage import namespace
from monitoring_operator.api.resources import ENDPOINT_SLICE, PROFILE, PROMETHEUS_RULE, SECRET, SERVICE, SERVICE_MONITOR

TOGETHER = 10
"""Profiles in a namespace."""
LIVE_TIMEOUT = 900.0
MOST_STATUSES = 3
"""Writes of status for a new profile: what is waited for, what then remains, and Live."""
AT_REST = 15.0
"""Seconds after the last profile became live in which nobody is measured: Events of the others are still being written."""

logger = logging.getLogger(__name__)


class Idle:
    """`count` profiles, watched for so many `minutes`."""

    def __init__(self, folder: Path, count: int, minutes: float) -> None:
        self._folder, self._count, self._minutes = folder, count, minutes
        self._monitoring = TakingUp()

    async def measure(self) -> bool:
        """Whether nothing was written, and each status no more often than needed."""
        with ControlPlane(self._folder / "control-plane") as plane, as_proxy(self._monitoring) as proxy:
            install_crds(plane)
            env = as_in_a_pod(plane, self._folder) | {"HTTP_PROXY": proxy}
            plane.apply(namespace(NAMESPACE), *workloads(), *(namespace(_space(n)) for n in range(0, self._count, TOGETHER)))
            program = ("-m", "harness.bench.pod", str(self._folder))
            async with Client(plane.kubeconfig) as client, asyncio.TaskGroup() as group:
                taking_up = [
                    group.create_task(self._monitoring.follow(client, PROMETHEUS_RULE)),
                    group.create_task(self._monitoring.follow(client, SERVICE_MONITOR)),
                    group.create_task(self._monitoring.make_configurations(client)),
                ]
                with Operator(Path(), "--verify=direct", folder=self._folder, env=env, program=program) as operator:
                    await asyncio.to_thread(operator.wait_until_ready, 120)
                    statuses = await self._become_live(plane, client)
                    written = await self._rest(plane, operator)
                for task in taking_up:
                    task.cancel()
        return not written and statuses <= MOST_STATUSES

    async def _become_live(self, plane: ControlPlane, client: Client) -> float:
        """Creates all, and waits for them; writes of status for each."""
        started, position = time.monotonic(), plane.audit_position()

        async def create(n: int) -> None:
            for where, body in _of(n):
                await client.send("POST", where, body)

        await each(range(0, self._count, TOGETHER), lambda n: client.send("POST", path(SECRET, _space(n)), secret(_space(n), pd="key")))
        created = await each(range(self._count), create)
        async with asyncio.timeout(LIVE_TIMEOUT):
            while (live := await _live(client)) < self._count:
                logger.info("%d of %d are live after %.0f s", live, self._count, time.monotonic() - started)
                await asyncio.sleep(2)
        seconds = time.monotonic() - started
        await asyncio.sleep(AT_REST)
        written = [w for w in plane.writes(USER, position) if w.startswith(f"patch {PROFILE.plural}/status")]
        print(f"{self._count} profiles: created within {created:.1f} s, live after {seconds:.1f} s, {self._monitoring.loaded} rules loaded")
        print(f"writes of status: {len(written) / self._count:.2f} a profile", flush=True)
        return len(written) / self._count

    async def _rest(self, plane: ControlPlane, operator: Operator) -> list[str]:
        """Lets the time pass; prints what it cost, and returns what was written."""
        position, asked, began = plane.audit_position(), len(self._monitoring.requests), time.monotonic()
        before = last = _usage(operator)
        minute = 0
        while (rest := began + self._minutes * 60 - time.monotonic()) > 0:
            await asyncio.sleep(min(60, rest))
            minute += 1
            now = _usage(operator)
            logger.info("minute %d: %.2f s of CPU, %.1f MiB", minute, now.cpu - last.cpu, now.rss)
            last = now
        seconds = time.monotonic() - began
        await asyncio.sleep(1)  # the audit log is written a moment later
        written = plane.writes(USER, position)
        requests = sum(e["user"]["username"] == USER for e in plane.audit_events(position))
        print(f"idle for {seconds / 60:.1f} min: {len(written)} writes, {requests} requests to the API server")
        print(f"CPU: {(last.cpu - before.cpu) / seconds:.2%} of a core")
        print(f"resident: {before.rss:.1f} MiB before, {last.rss:.1f} MiB after, {last.peak:.1f} MiB at most")
        for what, times in sorted(self._monitoring.asked(asked).items()):
            print(f"{what}: {times} times, every {seconds / times:.1f} s")
        print(*written[:20], sep="\n")
        return written


def _space(number: int) -> str:
    return f"team-{number // TOGETHER:03d}"


def _of(number: int) -> list[tuple[str, Object]]:
    """A Service with an endpoint, and its profile: paths to create them at, and bodies."""
    space = _space(number)
    body = profile_of(number, space, 1)
    key = {"secretKeyRef": {"name": "notify", "key": "pd"}}
    body["spec"]["notifications"] = {
        "alertmanager": {"namespace": NAMESPACE, "name": "main"},
        "critical": [{"pagerDuty": {"routingKey": key}}],
    }
    name, labels, ports = body["metadata"]["name"], body["spec"]["scrape"]["selector"]["matchLabels"], [{"name": "http", "port": 80}]
    service = {"metadata": {"name": name, "labels": labels}, "spec": {"clusterIP": "None", "ports": ports}}
    piece = {
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": ports,
        "endpoints": [{"addresses": ["192.0.2.1"]}],
    }
    return [(path(SERVICE, space), service), (path(ENDPOINT_SLICE, space), piece), (path(PROFILE, space), body)]


async def _live(client: Client) -> int:
    found = await client.get(f"{PROFILE.root}/{PROFILE.plural}")
    return sum(condition(p, "Ready").get("reason") == "Live" for p in found["items"])


def _usage(operator: Operator) -> Usage:
    return usage(child_of(operator.pid))


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(prog="make idle ARGS=", description=__doc__)
    parser.add_argument("--profiles", type=int, default=1000, help="how many profiles (default: 1000)")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long they are watched (default: 10)")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    reach_loopback_directly()
    with tempfile.TemporaryDirectory(prefix="idle-") as folder:
        return 0 if asyncio.run(Idle(Path(folder), args.profiles, args.minutes).measure()) else 1


if __name__ == "__main__":
    sys.exit(main())
