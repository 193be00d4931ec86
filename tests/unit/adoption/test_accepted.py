"""Accepted is what prometheus-operator says, or what Prometheus proves by running it; else it is not known."""

from typing import Any

from monitoring_operator.adoption.accepted import State, bindings, judge, refusals
from monitoring_operator.adoption.suspicion import suspicion
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROMETHEUS_RULE

RULE = Ref(PROMETHEUS_RULE, "shop", "web-extra")


def binding(status: str, generation: int = 3) -> dict[str, Any]:
    """An entry of status.bindings."""
    condition = {"type": "Accepted", "status": status, "message": "invalid rule", "observedGeneration": generation}
    return {"resource": "prometheuses", "namespace": "monitoring", "name": "k8s", "conditions": [condition]}


def verdict(*entries: dict[str, Any], refusal: str = "", running: bool = False) -> tuple[str, str]:
    """What is said of the rule at generation 3."""
    fact = judge([State(RULE, 3, bindings(entries), refusal, running)])
    return fact.status, fact.message


def test_bindings_are_believed() -> None:
    """Accepted without anything running yet; refused though an older version runs."""
    assert "True" == verdict(binding("True"))[0]
    status, message = verdict(binding("False"), running=True)

    assert "False" == status
    assert "PrometheusRule shop/web-extra: for prometheuses monitoring/k8s: invalid rule" in message


def test_a_binding_of_an_older_generation_says_nothing() -> None:
    """It is about what was there before."""
    assert "Unknown" == verdict(binding("True", generation=2))[0]
    assert "True" == verdict(binding("False", generation=2), running=True)[0]


def test_without_bindings_an_event_refuses_and_prometheus_proves() -> None:
    """By default prometheus-operator writes no bindings."""
    refused = ("False", "prometheus-operator refuses PrometheusRule shop/web-extra: could not parse; its log has the reason.")
    assert refused == verdict(refusal="could not parse")
    assert "True" == verdict(running=True)[0]
    assert "Unknown" == verdict()[0]


def event(version: str, message: str, uid: str = "u", reason: str = "InvalidConfiguration") -> dict[str, Any]:
    """An Event about an object at a version."""
    return {"reason": reason, "message": message, "involvedObject": {"uid": uid, "resourceVersion": version}}


def test_only_events_about_the_object_as_it_is_count() -> None:
    """One from before the mend does not; of several the newest does; those of other objects and reasons do not."""
    events = [event("9", "before"), event("10", "older"), event("12", "newer"), event("11", "x", uid="v"), event("13", "y", reason="Other")]

    assert {"u": "newer"} == refusals(events, {"u": "10"})
    assert {} == refusals(events, {"u": "14"})


def refused(*rules: dict[str, str]) -> str:
    """What is said of a PrometheusRule with these rules that is refused without a reason."""
    return judge([State(RULE, 3, refusal="invalid rule", suspect=suspicion(rules))]).message


def test_an_experimental_function_is_named() -> None:
    """prometheus-operator says "invalid rule" and keeps the reason to its log: the field, the alert and the line are said here."""
    odd = {"alert": "Odd", "expr": "up == 0\n  or mad_over_time (up[5m]) > 1"}

    assert "spec.alerts.extra[1].expr: the alert Odd calls mad_over_time (line 2, column 6, at 'mad_over_time'), which is" in refused(
        {"alert": "Fine", "expr": "rate(x[5m])"}, odd
    )
    assert "calls limitk" in refused({"alert": "A", "expr": "limitk by (a) (2, x)"})
    assert "" == suspicion([{"alert": "CpuHigh", "expr": 'sum by (info) (x{a="limitk("}) # info(x)'}])


def test_a_refusal_without_a_known_reason_names_the_alerts_that_it_may_be_about() -> None:
    """Those of the user's own; the catalogue's are in an object of their own."""
    own = [{"alert": f"A{n}", "expr": "up == 0"} for n in range(5)]

    assert "spec.alerts.extra[0], the alert A0, is all that is in it; prometheus-operator's log has the reason." in refused(own[0])
    assert "it holds spec.alerts.extra, the alerts A0, A1, A2 and 2 more; prometheus-operator's log has" in refused(*own)
    assert refused({"alert": "CpuHigh", "expr": "up == 0"}).endswith("invalid rule; its log has the reason.")
