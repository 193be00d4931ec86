"""Whatever happens to a child or to the operator, the cluster comes back to what the profile asks for."""

import json

import pytest

from harness.stack import Stack
from harness.wait import wait_for

pytestmark = pytest.mark.e2e

HEALED = 30.0
"""Seconds; the operator needs well under one, which `make bench` measures. The rest is kubectl on a machine that has much to do."""


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("servicemonitors", ""), ("prometheusrules", "-alerts"), ("configmaps", "-sentry"), ("configmaps", "-system-overview")],
)
def test_a_deleted_child_comes_back(stack: Stack, kind: str, suffix: str) -> None:
    """Deleted by hand, it is there again, as a new object with the same content."""
    stack.applied()
    before = stack.child(kind, stack.name + suffix)
    stack.cluster.kubectl("delete", kind, stack.name + suffix, f"--namespace={stack.namespace}")

    after = wait_for(lambda: stack.child(kind, stack.name + suffix), what="it is back", timeout=HEALED)
    assert before["metadata"]["uid"] != after["metadata"]["uid"]
    assert {k: before.get(k) for k in ("spec", "data")} == {k: after.get(k) for k in ("spec", "data")}


def test_an_edited_child_is_put_right_and_foreign_labels_stay(stack: Stack) -> None:
    """Our field is restored, somebody else's label is left alone."""
    stack.applied()
    name = f"{stack.name}-alerts"
    wanted = stack.child("prometheusrules", name)["spec"]
    edit = {"metadata": {"labels": {"theirs": "kept"}}, "spec": {"groups": [{"name": "hijacked", "rules": []}]}}
    stack.cluster.kubectl("patch", "prometheusrules", name, f"--namespace={stack.namespace}", "--type=merge", f"--patch={json.dumps(edit)}")

    wait_for(
        lambda: stack.child("prometheusrules", name)["spec"]["groups"][-len(wanted["groups"]) :] == wanted["groups"],
        what="the rules are back",
        timeout=HEALED,
    )
    assert "kept" == stack.child("prometheusrules", name)["metadata"]["labels"]["theirs"]


def test_a_changed_threshold_arrives_in_the_rule(stack: Stack) -> None:
    """A new threshold is a new expression."""
    stack.applied()
    stack.patch({"spec": {"alerts": {"rules": {"Ga4ApiHighErrorRate": {"threshold": 0.073}}}}})

    wait_for(
        lambda: "0.073" in json.dumps(stack.child("prometheusrules", f"{stack.name}-alerts")), what="the new threshold", timeout=HEALED
    )


def test_a_restart_writes_nothing(stack: Stack) -> None:
    """A new operator process finds everything as it should be, and leaves every object at its version."""
    stack.applied()

    def versions() -> dict[str, str]:
        found = [*stack.all_children(), stack.profile()]
        return {f"{o['kind']}/{o['metadata']['name']}": o["metadata"]["resourceVersion"] for o in found}

    before = versions()
    stack.restart_operator()
    stack.patch({"spec": {"scrape": {"sampleLimit": 40000}}})
    wait_for(lambda: stack.child("servicemonitors", stack.name)["spec"]["sampleLimit"] == 40000, what="the new operator works", timeout=30)

    stack.applied()
    changed = {name for name, version in versions().items() if before.get(name) != version}
    assert {f"ServiceMonitor/{stack.name}", f"MonitoringProfile/{stack.name}"} == changed
