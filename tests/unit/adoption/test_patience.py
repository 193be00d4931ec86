"""What flickers is not said; what is good is said at once."""

from typing import Any

from monitoring_operator.adoption.patience import PATIENCE, Belief
from monitoring_operator.api.facts import Fact


def fact(status: Any, reason: str = "X", type_: str = "TargetsUp") -> Fact:
    """A fact."""
    return Fact(type_, status, reason, reason)


UP, DOWN, SILENT = fact("True"), fact("False", "TargetsDown"), fact("Unknown", "PrometheusUnreachable")


def said(*heard: tuple[float, Fact]) -> list[Fact]:
    """What is said after each thing that was heard."""
    belief = Belief()
    found: list[Fact] = []
    for when, what in heard:
        belief.hear([what], when)
        found += belief.facts()
    return found


def test_one_failed_scrape_changes_nothing() -> None:
    """Nor does one in every other look."""
    assert [UP, UP, UP, UP, UP] == said((0, UP), (10, DOWN), (12, UP), (20, DOWN), (22, UP))


def test_what_stays_bad_is_said() -> None:
    """After a moment, counted from when it was first seen."""
    assert [UP, UP, UP, DOWN] == said((0, UP), (10, DOWN), (14, DOWN), (10 + PATIENCE, DOWN))


def test_changing_trouble_is_trouble() -> None:
    """What is never as it is said is said as it was seen last."""
    assert [UP, UP, SILENT] == said((0, UP), (10, DOWN), (10 + PATIENCE, SILENT))


def test_good_news_is_believed_at_once() -> None:
    """Whatever was said before."""
    assert [DOWN, UP] == said((0, DOWN), (1, UP))
    assert [SILENT, UP] == said((0, SILENT), (1, UP))


def test_what_is_waited_for_may_turn_out_either_way() -> None:
    """Nobody claimed anything yet."""
    assert [fact("Unknown", "Pending"), DOWN] == said((0, fact("Unknown", "Pending")), (1, DOWN))


def test_selection_does_not_flicker() -> None:
    """It comes from objects of Kubernetes: bad news of it is not doubted."""
    good, bad = fact("True", type_="Selected"), fact("False", type_="Selected")

    assert [good, bad] == said((0, good), (1, bad))


def test_a_fact_that_is_no_longer_there_is_no_longer_said() -> None:
    """A profile whose alerts were switched off has nothing to load."""
    belief = Belief()
    belief.hear([UP, fact("True", type_="Loaded")], 0)
    belief.hear([UP], 1)

    assert (UP,) == belief.facts()
