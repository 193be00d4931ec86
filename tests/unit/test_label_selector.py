"""Label selectors mean what they mean to the API server."""

import pytest

from monitoring_operator.api.label_selector import InvalidSelector, check, selects

LABELS = {"team": "a", "example.com/tier": "web", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("team=a", True),
        ("team==a", True),
        ("team = a", True),
        ("team=b", False),
        ("other=a", False),
        ("team!=b", True),
        ("team!=a", False),
        ("other!=a", True),
        ("team in (a,b)", True),
        ("team in ( a , b )", True),
        ("team in (b)", False),
        ("team notin (b,c)", True),
        ("team notin (a)", False),
        ("other notin (a)", True),
        ("team", True),
        ("other", False),
        ("!other", True),
        ("!team", False),
        ("empty=", True),
        ("team=", False),
        ("example.com/tier in (web, api),team=a,!other", True),
        ("example.com/tier in (web, api),team=b", False),
    ],
)
def test_a_selector_selects(selector: str, *, expected: bool) -> None:
    """Every form, alone and together: all of them must hold."""
    assert selects(selector, LABELS) is expected


@pytest.mark.parametrize("text", ["team=a b", "=a", "team in a", "team in (a", ",", "team=a,,x", "team>1", "/x=1", "a/b/c=1"])
def test_what_is_no_selector_is_refused(text: str) -> None:
    """At the start, and not by the API server's answer to a watch."""
    with pytest.raises(InvalidSelector):
        check(text)
