"""Status says what is so, in words for its reader, and changes only when something changed."""

from dataclasses import replace
from typing import Any

import pytest

from monitoring_operator.api.facts import Fact
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


def fact(type_: str, status: Any = "True", reason: str = "Fine", message: str = "It is.") -> Fact:
    """What somebody found out."""
    return Fact(type_, status, reason, message)


LIVE = tuple(fact(t) for t in ("Selected", "Accepted", "Loaded", "TargetsUp", "RoutesLive", "DashboardsApplied"))


def verified(*facts: Fact, generation: int = 3) -> Observation:
    """A profile of which somebody asked whether it is live; `facts` replace those that are true."""
    by_type = {f.type: f for f in (*LIVE, *facts)}
    return replace(GOOD, generation=generation, facts=tuple(by_type.values()), verified=True, targets="3/3")


def kstatus(status: dict[str, Any], generation: int = 3) -> str:
    """What Flux, Argo CD and `kubectl wait` make of a status, by the rules of sigs.k8s.io/cli-utils/pkg/kstatus."""
    conditions = {c["type"]: c["status"] for c in status["conditions"]}
    if status["observedGeneration"] != generation or conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    return "Current" if conditions["Ready"] == "True" else "InProgress"


def test_live_is_said_with_what_there_is() -> None:
    """Ready is true only when every fact is, and its message says what is live."""
    status = judge(verified(), {}, NOW)

    ready = condition(status, "Ready")
    assert ("True", "Live", "3/3 targets up, 14 alerts loaded, routes live") == (ready["status"], ready["reason"], ready["message"])
    assert "3/3" == status["targets"]
    assert [*("Ready", "Valid", "Applied"), *(f.type for f in LIVE)] == types(status)
    assert "Current" == kstatus(status)


@pytest.mark.parametrize("type_", [f.type for f in LIVE])
def test_what_is_not_known_is_neither_ready_nor_failed(type_: str) -> None:
    """One unknown fact is enough for Ready to be Unknown, with that fact's reason; tools go on waiting."""
    status = judge(verified(fact(type_, "Unknown", "Pending", "Not yet.")), {}, NOW)

    ready = condition(status, "Ready")
    assert ("Unknown", "Pending", "Not yet.") == (ready["status"], ready["reason"], ready["message"])
    assert "InProgress" == kstatus(status)


@pytest.mark.parametrize(
    ("type_", "reason", "tools_say"),
    [
        ("Selected", "NotSelected", "Failed"),
        ("Accepted", "NotAccepted", "Failed"),
        ("TargetsUp", "PortNotFound", "Failed"),
        ("TargetsUp", "TargetsDown", "InProgress"),
        ("RoutesLive", "AlertmanagerConfigRejected", "InProgress"),
    ],
)
def test_what_is_wrong_takes_readiness_away(type_: str, reason: str, tools_say: str) -> None:
    """The first thing that is wrong is the reason; what may end by itself is in progress, what needs somebody has failed."""
    unknown = fact("Loaded", "Unknown", "Pending", "Not yet.") if type_ != "Loaded" else fact("Selected")
    status = judge(verified(fact(type_, "False", reason, "Mend it."), unknown), {}, NOW)

    ready = condition(status, "Ready")
    assert ("False", reason, "Mend it.") == (ready["status"], ready["reason"], ready["message"])
    assert tools_say == kstatus(status)


def test_a_profile_that_has_changed_is_in_progress_until_it_was_looked_at() -> None:
    """A status about an earlier generation is Current of nothing."""
    assert "InProgress" == kstatus(judge(verified(), {}, NOW), generation=4)


def test_a_metric_that_is_missing_does_not_take_readiness_away() -> None:
    """A metric may come with its first event; the condition says which alerts are blind until then."""
    status = judge(verified(fact("MetricsPresent", "False", "MetricsMissing", "A cannot fire.")), {}, NOW)

    assert ("True", "False") == (condition(status, "Ready")["status"], condition(status, "MetricsPresent")["status"])
    assert "Current" == kstatus(status)


def test_prometheus_objects_that_disagree_are_not_ready_though_nobody_asks() -> None:
    """Labels that satisfy only one of them select nothing in the other: that is known without asking anybody."""
    ambiguous = fact("Selected", "False", Reason.LABELS_AMBIGUOUS, "one wants a, two wants b")
    status = judge(replace(GOOD, facts=(ambiguous,)), {}, NOW)

    assert ("False", "LabelsAmbiguous") == (condition(status, "Ready")["status"], condition(status, "Ready")["reason"])
    assert "one wants a" in condition(status, "Selected")["message"]


def test_an_invalid_spec_leaves_what_was_found_of_the_children_that_stay() -> None:
    """The last good children are still selected, loaded and scraped."""
    before = judge(verified(), {}, EARLIER)
    bad = Observation(generation=4, problems=(Problem("spec.alerts.rules.Foo", "is not an alert"),), children=(MONITOR,))
    status = judge(bad, before, NOW)

    assert [condition(before, f.type) for f in LIVE] == [condition(status, f.type) for f in LIVE]
    assert ("3/3", "Failed") == (status["targets"], kstatus(status, generation=4))
