"""Bad input gets a clear answer, harms nobody else, and loses nothing."""

import copy

import pytest

from harness.cluster import KubectlFailed, Object
from harness.profiles import condition
from harness.stack import Stack
from harness.wait import wait_for

pytestmark = pytest.mark.e2e


def test_wrong_types_and_unknown_alerts_are_refused_at_the_door(stack: Stack) -> None:
    """The API server names the field; nothing of the profile changes."""
    with pytest.raises(KubectlFailed, match=r"spec\.scrape\.sampleLimit"):
        stack.patch({"spec": {"scrape": {"sampleLimit": "many"}}})
    with pytest.raises(KubectlFailed, match="Ga4ApiHighErorRate"):
        stack.patch({"spec": {"alerts": {"rules": {"Ga4ApiHighErorRate": {"threshold": 0.1}}}}})
    with pytest.raises(KubectlFailed, match="timeout must not be longer than interval"):
        stack.patch({"spec": {"scrape": {"interval": "5s", "timeout": "10s"}}})


def test_broken_promql_leaves_the_last_good_children(stack: Stack) -> None:
    """Valid=False carries path and the parser's words; mended, the profile is ready again."""
    stack.applied()
    before = {o["metadata"]["name"]: o["metadata"]["resourceVersion"] for o in stack.children("prometheusrules")}
    extra = {"alert": "Broken", "expr": "sum(rate(x[5m])", "severity": "warning", "summary": "Broken."}
    stack.patch({"spec": {"alerts": {"extra": [extra]}}})

    wait_for(lambda: condition(stack.profile(), "Valid").get("status") == "False", what="Valid=False", timeout=20)
    invalid = condition(stack.profile(), "Valid")
    assert "spec.alerts.extra[0].expr" in invalid["message"]
    assert "Traceback" not in invalid["message"]
    assert before == {o["metadata"]["name"]: o["metadata"]["resourceVersion"] for o in stack.children("prometheusrules")}
    stack.patch({"spec": {"alerts": {"extra": []}}})
    stack.applied()


def test_one_broken_profile_among_a_hundred_harms_none(stack: Stack) -> None:
    """The children of 99 are there; the broken one says what is wrong with it."""
    template: Object = copy.deepcopy(stack.manifest)
    template["spec"].pop("notifications")
    # Not for this Prometheus: a hundred rule files more would make prometheus-operator roll its pod in the middle of the other tests.
    template["spec"]["prometheus"] = {"labels": {"release": "none"}}
    profiles = []
    for number in range(100):
        profile = copy.deepcopy(template)
        profile["metadata"] = {"name": f"many-{number:03}", "namespace": stack.namespace}
        if number == 42:
            profile["spec"]["alerts"]["extra"] = [{"alert": "Broken", "expr": "1 +", "severity": "warning", "summary": "Broken."}]
        profiles.append(profile)
    stack.cluster.apply(*profiles)

    def verdicts() -> dict[str, str]:
        found = stack.cluster.list("monitoringprofiles", stack.namespace)
        return {p["metadata"]["name"]: condition(p, "Valid").get("status", "") for p in found if p["metadata"]["name"].startswith("many-")}

    wait_for(lambda: len([v for v in verdicts().values() if v]) == 100, what="every profile has a verdict", timeout=90, interval=1)
    assert {"many-042"} == {name for name, verdict in verdicts().items() if verdict != "True"}
