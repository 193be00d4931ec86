"""Status says what is so, in words for its reader, and changes only when something changed."""

from typing import Any

import pytest

from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Reason
from monitoring_operator.api.profile import Problem
from monitoring_operator.api.resources import CONFIG_MAP, PROMETHEUS_RULE, SERVICE_MONITOR
from monitoring_operator.status import Observation, Outcome, RouteState, judge

MONITOR = Ref(SERVICE_MONITOR, "shop", "shop")
RULE = Ref(PROMETHEUS_RULE, "shop", "shop-alerts")
BOARD = Ref(CONFIG_MAP, "shop", "shop-system-overview")
GOOD = Observation(generation=3, outcomes=(Outcome(MONITOR), Outcome(RULE)), children=(RULE, MONITOR), alerts=14)
EARLIER, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


def condition(status: dict[str, Any], type_: str) -> dict[str, Any]:
    """One condition of a status."""
    found: dict[str, Any] = next(c for c in status["conditions"] if c["type"] == type_)
    return found


def types(status: dict[str, Any]) -> list[str]:
    """Types of the conditions, in order."""
    return [c["type"] for c in status["conditions"]]


def test_all_applied_is_ready_and_says_that_nobody_verified_it() -> None:
    """Ready follows Applied, and never claims more than was looked at."""
    status = judge(GOOD, {}, NOW)

    assert ["Ready", "Valid", "Applied"] == types(status)
    assert ("True", "NotVerified") == (condition(status, "Ready")["status"], condition(status, "Ready")["reason"])
    assert 3 == status["observedGeneration"]
    assert 14 == status["alerts"]
    assert {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "namespace": "shop", "name": "shop"} in status["children"]


def test_an_unchanged_state_gives_an_unchanged_status() -> None:
    """No heartbeat, no timestamp: a no-op is a no-op."""
    first = judge(GOOD, {}, EARLIER)

    assert first == judge(GOOD, first, NOW)


def test_transition_times_move_only_on_a_flip() -> None:
    """A new message with the same verdict keeps the time since when it holds."""
    crd = Observation(generation=3, outcomes=(Outcome(MONITOR, Reason.CRD_MISSING, "no CRD"), Outcome(BOARD)))
    other = Observation(generation=3, outcomes=(Outcome(MONITOR, Reason.FORBIDDEN, "not allowed"), Outcome(BOARD)))
    broken = judge(crd, judge(GOOD, {}, EARLIER), NOW)
    still = judge(other, broken, "2026-01-03T00:00:00Z")

    assert NOW == condition(broken, "Ready")["lastTransitionTime"]
    assert EARLIER == condition(broken, "Valid")["lastTransitionTime"]
    assert (NOW, "Forbidden") == (condition(still, "Ready")["lastTransitionTime"], condition(still, "Ready")["reason"])


def test_an_invalid_spec_names_the_fields_and_leaves_what_was_said_of_the_children() -> None:
    """The last good children stay, so Applied and the alerts in place stay true."""
    bad = Observation(generation=4, problems=(Problem("spec.alerts.rules.Foo", "is not an alert"),), children=(MONITOR,))
    status = judge(bad, judge(GOOD, {}, EARLIER), NOW)

    assert ["Ready", "Stalled", "Valid", "Applied"] == types(status)
    assert "spec.alerts.rules.Foo: is not an alert" == condition(status, "Valid")["message"]
    assert ("False", "InvalidSpec") == (condition(status, "Ready")["status"], condition(status, "Ready")["reason"])
    assert "True" == condition(status, "Applied")["status"]
    assert 14 == status["alerts"]


def test_a_profile_that_was_never_valid_claims_nothing_of_children() -> None:
    """There is no Applied where nothing was ever applied."""
    bad = Observation(generation=1, problems=(Problem("spec.scrape", "is required"),))

    assert ["Ready", "Stalled", "Valid"] == types(judge(bad, {}, NOW))


@pytest.mark.parametrize(
    ("reason", "progress"),
    [
        (Reason.NAME_CONFLICT, "Stalled"),
        (Reason.REJECTED, "Stalled"),
        (Reason.CRD_MISSING, "Reconciling"),
        (Reason.FORBIDDEN, "Reconciling"),
        (Reason.NAMESPACE_MISSING, "Reconciling"),
        (Reason.API_UNAVAILABLE, "Reconciling"),
    ],
)
def test_what_only_a_change_can_end_is_stalled_and_what_is_retried_is_reconciling(reason: str, progress: str) -> None:
    """Kstatus' two abnormal conditions, present only while they hold."""
    failed = judge(Observation(generation=1, outcomes=(Outcome(RULE, reason, "because"), Outcome(MONITOR))), {}, NOW)

    assert progress in types(failed)
    assert ("False", reason, f"{RULE}: because") == tuple(condition(failed, "Applied")[k] for k in ("status", "reason", "message"))
    assert not {"Stalled", "Reconciling"} & set(types(judge(GOOD, failed, NOW)))


def test_the_worst_reason_is_shown_and_long_lists_are_cut() -> None:
    """A reader sees what to mend first, and that there is more."""
    names = [Ref(CONFIG_MAP, "shop", f"c{i}") for i in range(5)]
    outcomes = (*(Outcome(n, Reason.CRD_MISSING, "x") for n in names), Outcome(MONITOR, Reason.NAME_CONFLICT, "taken"))
    applied = condition(judge(Observation(generation=1, outcomes=outcomes), {}, NOW), "Applied")

    assert "NameConflict" == applied["reason"]
    assert applied["message"].endswith("; and 3 more")


def test_a_route_that_cannot_be_delivered_takes_readiness_away() -> None:
    """Alerts that nobody is told of are not ready, even if every object is in place."""
    missing = RouteState(live=False, reason=Reason.SECRET_MISSING, message="Receivers are left out because there is no key k of Secret s.")
    status = judge(Observation(generation=1, outcomes=(Outcome(MONITOR),), routes=missing), {}, NOW)

    assert "True" == condition(status, "Applied")["status"]
    assert ("False", "SecretMissing") == (condition(status, "Ready")["status"], condition(status, "Ready")["reason"])
    assert "key k of Secret s" in condition(status, "Ready")["message"]


def test_a_written_but_unverified_route_is_unknown() -> None:
    """Nobody has asked Alertmanager, so nobody says True."""
    written = RouteState(live=None, reason=Reason.NOT_VERIFIED, message="Written.")
    status = judge(Observation(generation=1, outcomes=(Outcome(MONITOR),), routes=written), {}, NOW)

    assert "Unknown" == condition(status, "RoutesLive")["status"]
    assert "True" == condition(status, "Ready")["status"]


def test_what_an_invalid_spec_leaves_keeps_its_generation() -> None:
    """Applied was said of generation 3; generation 4 was never applied."""
    bad = Observation(generation=4, problems=(Problem("spec.alerts.rules.Foo", "is not an alert"),), children=(MONITOR,))
    status = judge(bad, judge(GOOD, {}, EARLIER), NOW)

    assert (3, 4) == (condition(status, "Applied")["observedGeneration"], condition(status, "Valid")["observedGeneration"])


def test_prometheus_objects_that_disagree_are_not_ready() -> None:
    """Labels that satisfy only one of them select nothing in the other."""
    status = judge(Observation(generation=1, outcomes=(Outcome(MONITOR),), ambiguity="one wants a, two wants b"), {}, NOW)

    assert ("False", "LabelsAmbiguous") == (condition(status, "Ready")["status"], condition(status, "Ready")["reason"])
    assert "one wants a" in condition(status, "Selected")["message"]
