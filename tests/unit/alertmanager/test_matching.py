"""Matchers are read as Alertmanager reads them, by its UTF-8 grammar and by the classic one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator.alertmanager.matching import Matcher, parse_matchers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('team="a"', ['team="a"']),
        (" team = a ", ['team="a"']),
        ('{team="a", env!="b",}', ['team="a"', 'env!="b"']),
        ("team=a,env=~b.*", ['team="a"', 'env=~"b.*"']),
        ('team="a,b"', ['team="a,b"']),
        # Only the classic grammar takes these.
        ("team=", ['team=""']),
        ("team==", ['team="="']),
        ("team=~a|(b)", ['team=~"a|(b)"']),
        ("url=https://x/{y}/z", ['url="https://x/{y}/z"']),
        ("url=https://x/{y}", ['url="https://x/{y"']),
        (r'team="\d"', [r'team="\\d"']),
        ("team=a b", ['team="a b"']),
        # Only the UTF-8 grammar takes these.
        ('"odd label"="x"', ['"odd label"="x"']),
        ('"team"=x', ['team="x"']),
        ("odd.label=x", ['"odd.label"="x"']),
        (r'"\u00fc"="\x41"', ['"ü"="A"']),
        # Both do, with different results: the classic one's counts.
        (r'team="\x41"', [r'team="\\x41"']),
        (r'team="\t"', [r'team="\\t"']),
        ("", []),
        ("{}", []),
    ],
)
def test_a_text_is_read(text: str, expected: list[str]) -> None:
    """Quotes, escapes, bare words, braces and lists."""
    assert [str(matcher) for matcher in parse_matchers(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "team",
        "=x",
        'team="x',
        'team="x"y"',
        '"team"',
        "a=b,,c=d",
        '"odd label"="x" "y"="z"',
        'a=~"("',
        'a=~"(?=x)"',
        r'a=~"\\C"',
        r'"ä"="\q"',
    ],
)
def test_what_alertmanager_would_refuse_is_refused(text: str) -> None:
    """With words that name the text."""
    with pytest.raises(ValueError, match=r"not a|invalid|expected|unescaped"):
        parse_matchers(text)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["=", "!="]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_what_is_shown_reads_back(value: str, operator: str, label: str) -> None:
    """The text of a matcher is a matcher again, the same one."""
    one = Matcher(label, operator, value)
    assert parse_matchers(str(one)) == (one,)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a|b", "b", True),
        ("a|b", "bb", False),
        ("a.*", "a\nb", False),
        ("(?s)a.*", "a\nb", True),
        ("a", "a\n", False),
        (r"\d+", "٣", False),
        ("[[:alpha:]]+", "abc", True),
        (r"\Qa.b\E", "a.b", True),
        (r"\p{Greek}", "λ", True),
        ("a)|(?:b", "bx", False),
        ("a)|(?:b", "xb", True),
    ],
)
def test_regular_expressions_are_re2s(pattern: str, text: str, *, matches: bool) -> None:
    """Anchored at both ends, and with the meaning that Go gives them."""
    (matcher,) = parse_matchers(f'team=~"{pattern}"'.replace("\\", "\\\\") if '"' not in pattern else pattern)
    assert matcher.matches({"team": text}) is matches


@pytest.mark.timeout(60)
def test_no_regular_expression_takes_long() -> None:
    """One that would take a backtracking engine for ever is answered: somebody else's route must not hold the operator up."""
    (matcher,) = parse_matchers('team=~"(a+)+$"')
    assert not matcher.matches({"team": "a" * 5000 + "b"})


def test_a_label_that_is_not_there_is_empty() -> None:
    """As for Alertmanager."""
    assert all(m.matches({}) for m in parse_matchers('a="",b!="x",c=~"x?",d!~"x+"'))
