"""What the demo shows: one profile is applied, its children appear; a threshold is changed; damage is done and is healed."""

import base64
import contextlib
import json
import time
from collections.abc import Callable
from typing import TypeVar

from harness.api import Api
from harness.cluster import Cluster, Object
from harness.console import Console
from harness.operator import ROOT
from harness.wait import NotInTime, wait_for
from monitoring_operator.api import names
from monitoring_operator.api.resources import CHILDREN, PROFILE, PROMETHEUS_RULE, SECRET, SERVICE_MONITOR

T = TypeVar("T")

EXAMPLE = ROOT / "examples" / "ga4-analytics.yaml"
NAMESPACE, NAME = "analytics", "ga4-analytics"
RULES, ALERT, THRESHOLD = f"{NAME}-alerts", "Ga4ApiHighErrorRate", 0.1
OF_PROFILE = f"{names.LABEL_PROFILE}={NAME},{names.LABEL_PROFILE_NAMESPACE}={NAMESPACE}"
OF_ALERTMANAGER = f"{names.LABEL_ALERTMANAGER}=main"
# Long enough for a slow cluster, short enough that nobody thinks it hangs.
PATIENCE = 30.0


class Story:
    """The story, told on `cluster`."""

    def __init__(self, cluster: Cluster, console: Console) -> None:
        self.cluster = cluster
        self.console = console
        self.api = Api(cluster.kubeconfig)

    def run(self) -> int:
        """Apply, change, break; returns the number of children at the end. Raises NotInTime where something does not come."""
        self.apply()
        self.change_threshold()
        self.heal()
        return len(self.ready()["status"]["children"])

    def apply(self) -> None:
        """The profile is applied and its children appear."""
        path = EXAMPLE.relative_to(ROOT)
        self.console.step("One MonitoringProfile is applied, and this appears:")
        self.console.command(f"kubectl apply --server-side -f {path}")
        self.cluster.apply(EXAMPLE)
        started = time.monotonic()
        shown: set[tuple[str, str]] = set()

        def appear() -> Object:
            for child in self.children():
                if child not in shown:
                    shown.add(child)
                    self.console.new(f"{time.monotonic() - started:5.2f} s  {child[0]:15} {child[1]}")
            return self.profile_if_ready()

        profile = self.wait(appear, "profile Ready")
        appear()
        self.console.fact("")
        self.console.command(f"kubectl get monitoringprofiles -n {NAMESPACE}")
        self.console.fact(self.cluster.kubectl("get", "monitoringprofiles", f"--namespace={NAMESPACE}"))
        for condition in profile["status"]["conditions"]:
            self.console.fact(f"{condition['type']:10} {condition['status']:8} {condition['message']}")

    def change_threshold(self) -> None:
        """A field of the profile is changed, and the rule follows."""
        before = self.expression()
        change = json.dumps({"spec": {"alerts": {"rules": {ALERT: {"threshold": THRESHOLD}}}}})
        self.console.step(f"The threshold of {ALERT} is changed, and the rule follows:")
        self.console.command(f"kubectl -n {NAMESPACE} patch mprof {NAME} --type=merge -p '{change}'")
        self.cluster.kubectl("patch", PROFILE.plural, NAME, f"--namespace={NAMESPACE}", "--type=merge", f"--patch={change}")
        took = self.time(lambda: self.expression() != before, f"a new expression of {ALERT}")
        for old, new in zip(before.splitlines(), self.expression().splitlines(), strict=True):
            if old == new:
                self.console.fact(f"  {new}")
            else:
                self.console.gone(old)
                self.console.new(new)
        self.console.good(f"the rule has changed after {took:.0f} ms")

    def heal(self) -> None:
        """Somebody deletes one child and edits another."""
        self.console.step("Somebody deletes a child and edits another:")
        uid = self.api.get(SERVICE_MONITOR, NAMESPACE, NAME)["metadata"]["uid"]
        self.console.command(f"kubectl -n {NAMESPACE} delete servicemonitor {NAME}")
        self.api.delete(SERVICE_MONITOR, NAMESPACE, NAME)
        took = self.time(lambda: self.api.get(SERVICE_MONITOR, NAMESPACE, NAME)["metadata"]["uid"] != uid, "the ServiceMonitor is back")
        self.console.good(f"back after {took:.0f} ms")
        good = self.api.get(PROMETHEUS_RULE, NAMESPACE, RULES)["spec"]
        change: Object = {"spec": {"groups": []}}
        self.console.command(f"kubectl -n {NAMESPACE} patch prometheusrule {RULES} --type=merge -p '{json.dumps(change)}'")
        self.api.merge(PROMETHEUS_RULE, NAMESPACE, RULES, change)
        took = self.time(lambda: self.api.get(PROMETHEUS_RULE, NAMESPACE, RULES)["spec"] == good, "the PrometheusRule is as it was")
        self.console.good(f"as it was after {took:.0f} ms")

    def withdraw(self) -> None:
        """Delete the profile while the operator still runs, and wait until its route has left the shared Secret."""

        def routes() -> str:
            written = [base64.b64decode(s["data"]["alertmanager.yaml"]).decode() for s in self.api.list(SECRET, OF_ALERTMANAGER)]
            return "".join(written)

        self.cluster.kubectl("delete", f"--filename={EXAMPLE}", "--ignore-not-found")
        with contextlib.suppress(NotInTime):
            self.wait(lambda: f"{NAMESPACE}/{NAME}/" not in routes(), "the route is withdrawn")

    def children(self) -> list[tuple[str, str]]:
        """What the operator has made so far for the profile: each object's kind, and a text that names it."""
        own = [child for resource in CHILDREN for child in self.api.list(resource, OF_PROFILE)]
        shared = self.api.list(SECRET, OF_ALERTMANAGER)
        return [(child["kind"], _name(child)) for child in own] + [(s["kind"], f"{_name(s)}  (shared by all profiles)") for s in shared]

    def ready(self) -> Object:
        """The profile as soon as it is Ready for its present spec."""
        return self.wait(self.profile_if_ready, "profile Ready")

    def profile_if_ready(self) -> Object:
        """The profile if it is Ready for its present spec. Raises AssertionError with its conditions if it is not."""
        profile = self.api.get(PROFILE, NAMESPACE, NAME)
        conditions = profile.get("status", {}).get("conditions", [])
        ready = [c for c in conditions if c["type"] == names.Condition.READY and c["status"] == "True"]
        current = [c for c in ready if c["observedGeneration"] == profile["metadata"]["generation"]]
        assert current, "; ".join(f"{c['type']}={c['status']} {c['reason']}: {c['message']}" for c in conditions) or "no conditions yet"
        return profile

    def expression(self) -> str:
        """The PromQL of the alert whose threshold is changed."""
        groups = self.api.get(PROMETHEUS_RULE, NAMESPACE, RULES)["spec"]["groups"]
        return next(str(rule["expr"]) for group in groups for rule in group["rules"] if rule.get("alert") == ALERT)

    def time(self, probe: Callable[[], bool], what: str) -> float:
        """Milliseconds until `probe` is true."""
        started = time.monotonic()
        self.wait(probe, what)
        return (time.monotonic() - started) * 1000

    def wait(self, probe: Callable[[], T], what: str) -> T:
        """Wait as long as the demo waits for anything."""
        with self.console.waiting(what):
            return wait_for(probe, what=what, timeout=PATIENCE, interval=0.01)


def _name(thing: Object) -> str:
    return f"{thing['metadata']['namespace']}/{thing['metadata']['name']}"
