"""Large answers are read piece by piece, and what is no answer of the API is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator.adoption import pages
from monitoring_operator.adoption.pages import NotAsExpected, elements

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.lists(st.dictionaries(st.text(), JSON)), st.sampled_from([None, 1]), st.booleans(), st.sampled_from([1, 7, pages.PIECE]))
def test_the_pieces_are_what_the_whole_holds(items: list[object], indent: int | None, ascii_only: bool, piece: int) -> None:  # noqa: FBT001
    """Whatever stands in the elements, and wherever the answer is cut, within a letter too."""
    data = json.dumps(items, indent=indent, ensure_ascii=ascii_only)
    body = f'{{"status":"success","data":{{"groups":{data},"more":1}}}}'.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PIECE", piece)

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
