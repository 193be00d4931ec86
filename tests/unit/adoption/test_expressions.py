"""Expressions are the same whatever their layout, and different when they are not."""

import pytest

from monitoring_operator.adoption.expressions import fingerprint


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ('up{namespace="a",job="b"} == 0', 'up{job="b",namespace="a"} == 0'),
        ("sum(rate(x[300s])) by (job) > 0.050", "sum by (job) (rate(x[5m])) > 0.05"),
        ('x{a="}",b=~"c,d"}', 'x{b=~"c,d", a="}"}'),
        ('x{a=~"z.*",a=~"b.*",c="d"}', 'x{c="d",a=~"b.*",a=~"z.*"}'),
        ("x{a=`\\d`,b='c\"'}", 'x{b="c\\"",a="\\\\d"}'),
        ("x{a='b'} # it's \"quoted\"", 'x{a="b"}'),
        (r'x{a="\"",b="c"}', r'x{b="c",a="\""}'),
        ('x{a="_0_",b="_1_"}', 'x{b="_1_",a="_0_"}'),
        ("not PromQL  (", "not\nPromQL("),
        (" + ".join(["x"] * 600), "  +\n".join(["x"] * 600)),
    ],
)
def test_layout_does_not_count(ours: str, theirs: str) -> None:
    """Order of matchers, place of `by`, units, blanks; also where nothing can be parsed, or too much would have to be."""
    assert fingerprint(ours) == fingerprint(theirs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x > 1", "x > 2"),
        ('x{a="b"}', 'x{a="c"}'),
        ("rate(x[5m])", "rate(x[6m])"),
        ('x{a="1,2"}', 'x{a="2,1"}'),
        ('x{a="b",c="d"}', 'x{a="d",c="b"}'),
        ('x{a="_1_",b="c"}', 'x{a="c",b="_1_"}'),
        (r'x{a="\"b"}', r'x{a="b"}'),
    ],
)
def test_what_is_said_counts(one: str, other: str) -> None:
    """A new threshold is another rule."""
    assert fingerprint(one) != fingerprint(other)
