"""Parameters are filled in as text, once, and numbers look as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator.content.parameters import expand, human, number, substitute


def test_a_value_is_never_looked_into() -> None:
    """A value that looks like a parameter stays what it is."""
    assert "a <<b>> c" == substitute("a <<x>> c", {"x": "<<b>>"})


def test_expansion_leaves_what_it_does_not_know() -> None:
    """A group's own parameters are resolved, also within each other; the others wait for a profile."""
    assert 'up{job="x",<<target>>}' == expand("<<series>>", {"series": "up{<<more>>}", "more": 'job="x",<<target>>'})


def test_a_missing_value_is_an_error() -> None:
    """A typo in the catalogue is found when it is rendered, not by Prometheus."""
    with pytest.raises(KeyError, match="treshold"):
        substitute("> <<treshold>>", {"threshold": "1"})


def test_braces_and_dollars_pass() -> None:
    """PromQL, Prometheus' templates and Grafana's variables hold nothing that looks like a parameter."""
    text = 'sum by (a) (rate(x{b="c"}[5m])) << {{ $labels.a }} $job ${x} %(y)s'

    assert text == substitute(text, {})


@given(st.floats(min_value=0, allow_infinity=False))
def test_number_is_what_was_given(value: float) -> None:
    """PromQL reads back the very float that the profile gave."""
    assert value == float(number(value))


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.05, "ratio", "5 %"),
        (0.07, "ratio", "7 %"),
        (0.001, "ratio", "0.1 %"),
        (1.0, "ratio", "100 %"),
        (5, "seconds", "5 s"),
        (0.25, "seconds", "0.25 s"),
        (95, "percent", "95 %"),
        (950, "count", "950"),
        (1e6, "count", "1000000"),
        (0, "ratio", "0 %"),
    ],
)
def test_human(value: float, unit: str, said: str) -> None:
    """Thresholds are said without float noise and in the unit of everyday speech."""
    assert said == human(value, unit)
