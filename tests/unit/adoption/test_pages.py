"""Large answers are read piece by piece, and what is no answer of the API is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator.adoption.pages import NotAsExpected, elements

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.lists(st.dictionaries(st.text(), JSON)), st.sampled_from([None, 1]))
def test_the_pieces_are_what_the_whole_holds(items: list[object], indent: int | None) -> None:
    """Whatever stands in the elements."""
    data = json.dumps(items, indent=indent)
    body = f'{{"status":"success","data":{{"groups":{data},"more":1}}}}'.encode()

    assert items == list(elements(body, "groups"))


def test_null_is_an_empty_list() -> None:
    """Go writes a list that was never made as null."""
    assert [] == list(elements(b'{"status":"success","data":{"groups":null}}', "groups"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"status":"error","error":"x"}',
        b'{"status":"success","data":{}}',
        b'{"status":"success","data":{"groups":[{"a":1},{',
    ],
)
def test_anything_else_is_refused(body: bytes) -> None:
    """A login page of somebody's proxy must not look like a Prometheus without rules."""
    with pytest.raises(NotAsExpected):
        list(elements(body, "groups"))
