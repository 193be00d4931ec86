"""What is not PromQL is pointed at: by line, column and the word that stands there."""

import pytest

from harness.content.profiles import profile
from monitoring_operator.content import promql
from monitoring_operator.content.effective import effective
from monitoring_operator.content.promql_place import Place, first_call

CASES = [
    ("sum(rate(x[5m])", Place(1, 4, "(")),
    ("sum(\n  rate(x[5m]))\n  > 5 andd foo\n", Place(3, 7, "andd")),
    ("a\n+\nb c", Place(3, 3, "c")),
    ("a == bool 1\n\nb", Place(3, 1, "b")),
    ("rate(x[5m]) +\nrate(x)", Place(2, 6, "x")),
    ("rate(y[5m]) > 1 and\n  nosuch(x)", Place(2, 9, "(")),
    ("x > 1\n and 1", Place(2, 6, "1")),
    ("x\n > 5x", Place(2, 4, "5x")),
    ("# ( first\n{}", Place(2, 1, "{")),
    ('x{a="b', Place(1, 5, '"b')),
    ('x{\n  a="("', Place(1, 2, "{")),
    ("x[5m", Place(1, 2, "[")),
    ('x{a="1"}\n > on (a) y{b=~"("}', Place(2, 16, '"("')),
    ("up ==", Place(1, 4, "==")),
    ("sum by a (x)", Place(1, 8, "a")),
    ("(x)) > 1", Place(1, 4, ")")),
    ("x > 1\n  and ünd", Place(2, 7, "ünd")),
    ("", None),
    ("up", None),
]


@pytest.mark.parametrize(("expression", "place"), CASES)
def test_the_place(expression: str, place: Place | None) -> None:
    """Of brackets the one that is never closed, of words the first that cannot stand there; nothing where there is no error."""
    assert place == promql.place_of_error(expression)


@pytest.mark.parametrize("name", ["Ga4ApiHighLatency", "HttpHighServerErrorRate", "Ga4QuotaPaceTooHigh"])
@pytest.mark.parametrize(("odd", "lines"), [("5x", {2}), ("§", {2}), ("andd", {2, 3})])
def test_an_odd_word_in_a_rule_of_the_catalogue_is_found(name: str, odd: str, lines: set[int]) -> None:
    """Wherever blanks may stand. What might be a metric is at fault itself, or what follows it."""
    (expression,) = {alert.expr.replace("\n", " ") for alert in effective(profile()) if alert.alert.name == name}
    blanks = [at for at, letter in enumerate(expression) if letter == " " and expression[:at].count('"') % 2 == 0]
    places = [promql.place_of_error(f"{expression[:at]}\n{odd}\n{expression[at:]}") for at in blanks]

    assert len(places) > 10
    assert {p.line if p is not None else 0 for p in places} <= lines


def test_what_is_too_large_to_be_parsed_has_no_place() -> None:
    """The search would parse it."""
    assert promql.place_of_error("(" * 8000) is None


def test_a_call_is_found_outside_of_strings_and_comments() -> None:
    """By its name and what follows."""
    assert ("info", Place(2, 1, "info")) == first_call('x{a="info("} # info(x)\ninfo(y)', ["info"])
    assert first_call("info > 1", ["info"]) is None
