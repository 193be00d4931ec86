"""The demo's second part: what the operator has written is taken up, the application fails, and somebody is told.

Prometheus and Alertmanager run on this machine with the children as they are in the cluster; stand-ins take what would be sent.
"""

import base64
import contextlib
import json
import queue
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness import hurry, tools
from harness.cluster import Cluster
from harness.console import Console
from harness.content import example
from harness.controlplane import free_ports
from harness.story import NAME, NAMESPACE, OF_ALERTMANAGER, OF_PROFILE
from harness.wait import wait_for
from monitoring_operator.alertmanager.base import CONFIG_KEY
from monitoring_operator.alertmanager.merge import Merged
from monitoring_operator.api.resources import PROFILE
from monitoring_operator.stack import notices, snapshot
from monitoring_operator.stack.parts import Parts, of_children
from monitoring_operator.stack.running import Setting, running

if TYPE_CHECKING:
    from monitoring_operator.stack.stand_ins import Notification

PATIENCE = 90.0
"""Seconds within which a notification comes even on a busy machine."""


class Alarm:
    """The story from a fault to the phone, told with the profile's children in `cluster`."""

    def __init__(self, cluster: Cluster, console: Console, folder: Path) -> None:
        self.cluster = cluster
        self.console = console
        self.folder = folder / "stack"

    def run(self) -> None:
        """Take up, break, tell. Raises NotInTime where something does not come."""
        self.folder.mkdir()
        self.hurry()
        self.console.step("The example application runs; a Prometheus and an Alertmanager take up what the operator has written:")
        told: queue.SimpleQueue[Notification] = queue.SimpleQueue()
        ports = free_ports(2)
        setting = Setting(tools.find("prometheus"), tools.find("alertmanager"), self.folder, ports[0], ports[1])
        with contextlib.ExitStack() as afterwards:
            with self.console.waiting("the application starts"):
                app = afterwards.enter_context(example.serving(self.folder / "app.log"))
            self.console.good(f"the application answers on http://{app.address}")
            afterwards.enter_context(example.crowd(app))
            stack = afterwards.enter_context(running(self.taken_up(), {f"{NAMESPACE}/{NAME}": [app.address]}, setting, told.put))
            self.await_scrape(stack.prometheus)
            self.fail(app, stack.prometheus, told)

    def hurry(self) -> None:
        """The profile scrapes every second and two of its alerts hardly wait, so that nobody has to."""
        change = json.dumps({"spec": hurry.HURRY})
        self.console.step("The profile is put in a hurry: scrapes every second, alerts that wait two seconds")
        self.console.command(f"kubectl -n {NAMESPACE} patch mprof {NAME} --type=merge -p '{change}'")
        self.cluster.kubectl("patch", PROFILE.plural, NAME, f"--namespace={NAMESPACE}", "--type=merge", f"--patch={change}")
        with self.console.waiting("the children follow"):
            wait_for(lambda: "group_wait: 1s" in self.configuration(), what="the route follows")
            wait_for(lambda: self.interval() == hurry.INTERVAL, what="the ServiceMonitor follows")

    def interval(self) -> str:
        """How often the ServiceMonitor has its targets scraped."""
        (monitor,) = self.cluster.list("servicemonitors", NAMESPACE, selector=OF_PROFILE)
        return str(monitor["spec"]["endpoints"][0]["interval"])

    def configuration(self) -> str:
        """Alertmanager's configuration as the operator has written it."""
        (secret,) = self.cluster.list("secrets", selector=OF_ALERTMANAGER)
        return base64.b64decode(secret["data"][CONFIG_KEY]).decode()

    def taken_up(self) -> Parts:
        """The children in the cluster as parts of a local stack. No credential leaves the cluster: stand-ins need none."""
        kinds = "servicemonitors,prometheusrules"
        return of_children(self.cluster.list(kinds, NAMESPACE, selector=OF_PROFILE), Merged(self.configuration(), {}))

    def await_scrape(self, prometheus: str) -> None:
        """Until the application is scraped and the rules are loaded."""

        def settled() -> bool:
            return snapshot.take(prometheus).settled

        with self.console.waiting("the first scrape"):
            wait_for(settled, what="the application is scraped", timeout=PATIENCE)
        for item in snapshot.news(snapshot.Snapshot(), snapshot.take(prometheus)):
            if item.good:
                self.console.good(item.text)

    def fail(self, app: example.Example, prometheus: str, told: "queue.SimpleQueue[Notification]") -> None:
        """Faults are switched on; each alert fires; each notification is shown."""
        self.console.step("The application fails, and those who are to be told hear of it:")
        for fault in hurry.FAULTS:
            self.console.command(f"curl -X PUT http://{app.address}/faults/{fault}")
            app.switch(fault, on=True)
        started = time.monotonic()
        seen, missing = snapshot.take(prometheus), {"PagerDuty", "Slack"}

        def told_all() -> bool:
            nonlocal seen
            now = snapshot.take(prometheus)
            for item in snapshot.news(seen, now):
                self.console.fact(f"{time.monotonic() - started:5.1f} s  {item.text}")
            seen = now
            while not told.empty():
                notification = told.get()
                missing.discard(notification.service)
                self.console.good(f"{time.monotonic() - started:.1f} s  {notices.heading(notification)}:")
                for line in notices.lines(notification):
                    self.console.fact(f"    {line}")
            return not missing

        with self.console.waiting("the alerts fire"):
            wait_for(told_all, what=f"PagerDuty and Slack are told (missing: {missing})", timeout=PATIENCE)
