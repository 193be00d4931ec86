"""Waiting polls a state and explains itself when the state does not come."""

import itertools

import pytest

from harness.wait import NotInTime, wait_for


def test_returns_the_first_true_answer() -> None:
    """False answers and "not yet" errors are passed over."""
    answers = iter([0, None, LookupError("not there"), "here"])

    def probe() -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert "here" == wait_for(probe, what="an answer", interval=0)


def test_timeout_shows_what_was_seen_last() -> None:
    """Whoever reads the failure sees the last state, not only that time was up."""
    count = itertools.count()

    with pytest.raises(NotInTime, match=r"the fifth: not within 0 s; last seen: 0"):
        wait_for(lambda: next(count) == 5 or 0, what="the fifth", timeout=0)


def test_gives_up_at_once_on_what_cannot_mend() -> None:
    """A dead process is not waited for."""

    class Dead(AssertionError):
        pass

    def probe() -> bool:
        raise Dead

    with pytest.raises(Dead):
        wait_for(probe, what="life", timeout=60, give_up_on=Dead)
