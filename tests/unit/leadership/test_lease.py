"""The election under every order of delays, losses and pauses: there are never two who may write."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from monitoring_operator.leadership.lease import Candidate, Object, Step, Timing

TIMING = Timing()


def lease(holder: str, version: int = 1, **spec: Any) -> dict[str, Any]:
    """A Lease as an API server stores it."""
    return {"metadata": {"resourceVersion": str(version)}, "spec": {"holderIdentity": holder, "leaseDurationSeconds": 12, **spec}}


def test_a_lease_that_nobody_ever_held_is_made() -> None:
    """The first replica of all."""
    candidate = Candidate("a", TIMING)
    candidate.observe(None, 100.0)

    assert Step.CREATE == candidate.next(100.0)


def test_somebody_elses_lease_is_left_alone_until_it_has_run_out() -> None:
    """Counted from when we saw it last renewed, by our own clock."""
    candidate = Candidate("b", TIMING)
    candidate.observe(lease("a", renewTime="1"), 100.0)
    candidate.observe(lease("a", renewTime="2"), 110.0)

    assert (Step.WAIT, Step.UPDATE) == (candidate.next(122.0), candidate.next(122.1))


def test_a_holder_with_a_longer_duration_is_waited_for() -> None:
    """A rolling upgrade may change the settings."""
    candidate = Candidate("b", TIMING)
    candidate.observe(lease("a", leaseDurationSeconds=30), 100.0)

    assert (Step.WAIT, Step.UPDATE) == (candidate.next(130.0), candidate.next(130.1))


def test_a_lease_that_was_deleted_under_its_holder_is_waited_for() -> None:
    """The holder does not know before its next renewal."""
    candidate = Candidate("b", TIMING)
    candidate.observe(lease("a"), 100.0)
    candidate.observe(None, 101.0)

    assert (Step.WAIT, Step.CREATE) == (candidate.next(113.0), candidate.next(113.1))


def test_a_lease_that_was_given_back_is_taken_at_once() -> None:
    """That is what makes a rolling upgrade quick."""
    candidate = Candidate("b", TIMING)
    candidate.observe(lease("a"), 100.0)
    candidate.observe(lease(""), 100.1)

    assert Step.UPDATE == candidate.next(100.1)


def test_the_fence_falls_before_the_lease_runs_out() -> None:
    """Counted from when the renewal was sent, not from when its answer came."""
    candidate = Candidate("a", TIMING)
    candidate.renewed(lease("a"), 100.0)

    assert TIMING.fence == candidate.remaining(100.0)
    assert candidate.remaining(100.0 + TIMING.duration) <= TIMING.fence - TIMING.duration < 0


def test_somebody_else_in_the_lease_ends_it_at_once() -> None:
    """However fresh our renewal was."""
    candidate = Candidate("a", TIMING)
    candidate.renewed(lease("a"), 100.0)
    candidate.observe(lease("b", 2), 100.1)

    assert candidate.remaining(100.1) < 0


def test_a_claim_counts_changes_of_the_holder() -> None:
    """A renewal keeps the time of taking over; only a change counts as one."""
    candidate = Candidate("b", TIMING)
    candidate.observe(lease("a", leaseTransitions=3, acquireTime="old"), 100.0)
    taken = candidate.claim("now")
    candidate.renewed(lease("b", 2, leaseTransitions=4, acquireTime="now"), 113.0)
    kept = candidate.claim("later")

    assert (4, "now") == (taken["leaseTransitions"], taken["acquireTime"])
    assert (4, "now", "later") == (kept["leaseTransitions"], kept["acquireTime"], kept["renewTime"])


def test_times_that_make_no_sense_are_refused() -> None:
    """A fence behind the lease's end would be none."""
    with pytest.raises(ValueError, match="must rise"):
        Timing(duration=10, fence=11)


class Replicas(RuleBasedStateMachine):
    """Three replicas, one Lease. Reads may be old, requests and answers may be lost or late, clocks differ, anybody may sleep."""

    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.stored: dict[str, Any] | None = None
        self.version = 0
        self.offsets: dict[str, float] = {}
        self.replicas: dict[str, Candidate] = {}
        self.in_flight: list[tuple[str, Object | None, Object, float]] = []

    @initialize(target=names, offset=st.floats(-1e6, 1e6))
    def first(self, offset: float) -> str:
        """The first replica starts."""
        return self._start("a", offset)

    @rule(target=names, name=st.sampled_from("bc"), offset=st.floats(-1e6, 1e6))
    def start(self, name: str, offset: float) -> str:
        """A replica starts, or dies and starts anew under another name of its own."""
        return self._start(f"{name}{len(self.replicas)}", offset)

    def _start(self, name: str, offset: float) -> str:
        self.replicas[name], self.offsets[name] = Candidate(name, TIMING), offset
        return name

    def _clock(self, name: str) -> float:
        return self.now + self.offsets[name]

    @rule(seconds=st.floats(0, 20))
    def time_goes_by(self, seconds: float) -> None:
        """For everybody, however far apart their clocks are."""
        self.now += seconds

    @rule(name=names)
    def reads(self, name: str) -> None:
        """A replica looks at the Lease."""
        self.replicas[name].observe(self.stored, self._clock(name))

    @rule(name=names)
    def sends(self, name: str) -> None:
        """It does what the rules say; the request is on its way."""
        candidate, now = self.replicas[name], self._clock(name)
        if candidate.next(now) != Step.WAIT:
            self.in_flight.append((name, candidate.seen, candidate.claim(f"{name} {now}"), now))

    @rule(index=st.integers(0, 5), answer=st.sampled_from(["lost", "given"]))
    def arrives(self, index: int, answer: str) -> None:
        """A request arrives, in any order and however late; its answer may be lost."""
        if index >= len(self.in_flight):
            return
        name, seen, spec, sent = self.in_flight.pop(index)
        if (seen or {}).get("metadata") != (self.stored or {}).get("metadata"):
            return
        self.version += 1
        self.stored = {"metadata": {"resourceVersion": str(self.version)}, "spec": spec}
        if answer == "given" and self._clock(name) - sent <= TIMING.request:
            self.replicas[name].renewed(self.stored, sent)

    @rule(name=names)
    def gives_back(self, name: str) -> None:
        """A replica that stops writing lets the others in."""
        if self.stored is not None and self.stored["spec"]["holderIdentity"] == name:
            self.version += 1
            spec = {**self.stored["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
            self.stored = {"metadata": {"resourceVersion": str(self.version)}, "spec": spec}
            self.replicas[name] = Candidate(name, TIMING)

    @rule()
    def is_deleted(self) -> None:
        """Somebody deletes the Lease, once everybody who is there has seen it, and none of them is waiting for the answer to a create."""
        self.in_flight = [sent for sent in self.in_flight if sent[1] is not None]
        for name, candidate in self.replicas.items():
            candidate.observe(self.stored, self._clock(name))
        self.stored = None

    @invariant()
    def at_most_one_may_write(self) -> None:
        """Whatever has happened."""
        assert sum(c.remaining(self._clock(n)) > 0 for n, c in self.replicas.items()) <= 1


TestReplicas = Replicas.TestCase
TestReplicas.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
