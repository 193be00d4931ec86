"""YAML as it is printed: readable, and the same whether PyYAML was built with libyaml or not."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator import yaml_output

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), include_characters="\n \t"), max_size=200)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
def test_what_is_written_is_what_is_read(value: object) -> None:
    """Whatever stands in a label, a description or a query survives."""
    assert value == yaml.safe_load(yaml_output.document(value))


def test_text_is_a_block_and_long_lines_stay_whole() -> None:
    """Queries and configurations read as they are; a folded line could not be searched for."""
    long = "word " * 100 + "end"

    assert f"expr: |-\n  a\n  or b\nsummary: {long}\nlist:\n- a\n" == yaml_output.document(
        {"expr": "a\nor b", "summary": long, "list": ["a"]}
    )


def test_equal_parts_are_written_out() -> None:
    """No &id001 for a reader to follow."""
    part = {"a": 1}

    assert "x:\n  a: 1\ny:\n  a: 1\n" == yaml_output.document({"x": part, "y": part})


@pytest.mark.parametrize("value", [{"a": "b: c", "d": ["#x", "yes", "1e3", "", "'", "é"]}, {"text": "tabs\tand\nlines \n"}, {"x": {}}, []])
def test_libyaml_and_python_agree(value: object) -> None:
    """Output that is checked in must not depend on how PyYAML was built."""

    class Pure(yaml.SafeDumper):
        """The emitter in Python with the same settings."""

    Pure.add_representer(str, yaml_output._text)

    assert yaml.dump(value, Dumper=Pure, sort_keys=False, allow_unicode=True, width=1_000_000) == yaml_output.document(value)
