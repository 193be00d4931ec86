"""The time from a profile's change until it is Ready with it: stopped once for each change."""

from typing import Any

import pytest

from monitoring_operator.telemetry.adoption import Adoption


class Watch:
    """A stopwatch whose time is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.times: list[float] = []
        self.adoption = Adoption(self.times.append, clock=lambda: self.now)

    def heard(self, generation: int = 1, *, uid: str = "a", observed: int | None = None) -> None:
        """The profile is heard of."""
        self.adoption.heard(self._profile(generation, uid) | {"status": {"observedGeneration": observed}})

    def judged(self, ready: str, generation: int = 1, *, uid: str = "a", observed: int | None = None) -> None:
        """The profile is judged."""
        status = {"observedGeneration": observed or generation, "conditions": [{"type": "Ready", "status": ready}]}
        self.adoption.judged(self._profile(generation, uid), status)

    @staticmethod
    def _profile(generation: int, uid: str) -> dict[str, Any]:
        return {"metadata": {"namespace": "shop", "name": "web", "uid": uid, "generation": generation}}


@pytest.fixture
def watch() -> Watch:
    """Nothing heard yet."""
    return Watch()


def test_from_the_first_news_to_ready(watch: Watch) -> None:
    """Hearing again of the same generation starts nothing anew, and what comes after Ready counts no more."""
    watch.heard()
    watch.now = 101.0
    watch.heard()
    watch.judged("False")
    watch.now = 107.5
    watch.judged("True")
    watch.now = 200.0
    watch.judged("False")
    watch.judged("True")

    assert [7.5] == watch.times


def test_every_generation_is_timed(watch: Watch) -> None:
    """A change while another is being taken up is timed from its own beginning."""
    watch.heard(1)
    watch.now = 110.0
    watch.heard(2)
    watch.now = 112.0
    watch.judged("True", 2)

    assert [2.0] == watch.times


def test_an_old_status_stops_no_new_change(watch: Watch) -> None:
    """Ready for generation 1 says nothing of generation 2."""
    watch.heard(2)
    watch.judged("True", 2, observed=1)

    assert [] == watch.times


def test_what_was_there_before_the_process_is_no_change(watch: Watch) -> None:
    """A restart of the operator must not look like a wave of changes."""
    watch.heard(3, observed=3)
    watch.judged("True", 3)

    assert [] == watch.times


def test_a_profile_that_is_made_anew_is_another_one(watch: Watch) -> None:
    """By its UID; one that is gone is forgotten."""
    watch.heard(1)
    watch.adoption.forget(("shop", "web"))
    watch.judged("True", 1)
    watch.now = 110.0
    watch.heard(1, uid="b")
    watch.now = 111.0
    watch.judged("True", 1, uid="b")

    assert [1.0] == watch.times
