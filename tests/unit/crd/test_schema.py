"""The converter from pydantic models to structural schemas: what it translates, and that it lets nothing unknown through."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, StringConstraints

from monitoring_operator.api.model import Model, Rule, Unique
from monitoring_operator.crd.schema import UnsupportedSchemaError, structural


def field(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """The schema of one field of the given type."""

    class Whole(Model):
        it: annotation = default

    properties: dict[str, dict[str, Any]] = structural(Whole, "spec")["properties"]
    return properties["it"]


class Inner(Model):
    """What it is."""

    name: str
    """Its name."""


def test_models_are_written_out_in_place() -> None:
    """A structural schema has no references: an inner model stands where it is used."""
    assert {
        "description": "What it is.",
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"description": "Its name.", "type": "string"}},
    } == field(Inner)


def test_the_fields_own_words_replace_its_types() -> None:
    """What a field says of itself is nearer to the reader than what its type says."""
    assert field(Annotated[Inner, Field(description="Who did it.")])["description"] == "Who did it."


def test_optional_fields_lose_their_null() -> None:
    """The API server drops nulls; a field that may be absent is simply not required."""
    assert {"type": "string", "maxLength": 3} == field(Annotated[str, StringConstraints(max_length=3)] | None, None)


def test_constants_and_literals_are_enumerations() -> None:
    """`const` is unknown to the API server."""
    assert {"type": "string", "enum": ["one"]} == field(Literal["one"])
    assert ["one", "two"] == field(Literal["one", "two"])["enum"]


@pytest.mark.parametrize(("default", "shown"), [("15s", "15s"), (False, "false"), (50_000, "50000"), (0.1, "0.1")])
def test_scalar_defaults_stay_and_are_told(default: Any, shown: str) -> None:
    """The API server fills them in, so that CEL rules can count on them; kubectl explain shows only what the description says."""
    schema = field(Annotated[type(default), Field(description="How much.")], default)

    assert default == schema["default"]
    assert f"How much. Default: {shown}." == schema["description"]


def test_defaults_of_lists_and_maps_are_told_but_not_filled_in() -> None:
    """Written into every stored object they would outlive a change of ours."""
    of_list = field(Annotated[tuple[str, ...], Field(description="Which.")], ("a", "b"))
    of_map = field(Annotated[dict[str, str], Field(description="Which.")], {"a": "b"})

    assert ["Which. Default: a, b.", "Which. Default: a=b."] == [of_list["description"], of_map["description"]]
    assert "default" not in of_list
    assert "default" not in of_map


def test_a_default_that_is_told_already_is_not_told_twice() -> None:
    """The author's words about a default are better than ours."""
    assert "Which. Default: all." == field(Annotated[tuple[str, ...], Field(description="Which. Default: all.")], ("a",))["description"]


def test_descriptions_are_one_line() -> None:
    """Line breaks of the source are no paragraphs in kubectl explain."""
    assert "One two three." == field(Annotated[str, Field(description="One\n    two\n\n  three.")])["description"]


def test_patterns_of_keys_become_a_rule() -> None:
    """A schema describes a map's values only; what its keys must look like takes CEL."""
    schema = field(dict[Annotated[str, StringConstraints(pattern=r"^[a-z]+$", max_length=5)], int])

    assert {"type": "integer"} == schema["additionalProperties"]
    assert [
        {
            "rule": "self.all(k, k.matches(r'^[a-z]+$') && size(k) <= 5)",
            "message": "keys must match ^[a-z]+$ and have at most 5 characters",
        }
    ] == schema["x-kubernetes-validations"]


def test_rules_of_a_model_become_validations_of_its_object() -> None:
    """The condition that Python checks is the one that the API server gets, wherever the model is used."""

    class Guarded(Model):
        count: int = 0
        rules_ = (Rule("self.count != 3", "not three", lambda s: s.count != 3),)

    assert [{"rule": "self.count != 3", "message": "not three"}] == field(Guarded)["x-kubernetes-validations"]
    assert [{"rule": "self.count != 3", "message": "not three"}] == field(tuple[Guarded, ...])["items"]["x-kubernetes-validations"]


def test_sets_are_lists_of_the_type_set() -> None:
    """`uniqueItems` is refused by the API server; its own word for it is a list type."""
    assert "set" == field(Annotated[tuple[str, ...], Unique()])["x-kubernetes-list-type"]


def test_times_keep_their_format() -> None:
    """A date-time is checked by the API server."""
    assert {"type": "string", "format": "date-time"} == field(datetime)


class Colour(Enum):
    """A named choice."""

    RED = "red"


def test_enumerations_are_written_out() -> None:
    """An Enum is a reference for pydantic and a list of values for the API server."""
    assert ["red"] == field(Colour)["enum"]


@pytest.mark.parametrize(
    ("annotation", "word"),
    [
        (Annotated[int, Field(gt=0)], "exclusiveMinimum"),
        (Annotated[float, Field(lt=1)], "exclusiveMaximum"),
        (set[str], "uniqueItems"),
        (tuple[str, int], "prefixItems"),
        (Annotated[str, Field(deprecated=True)], "deprecated"),
        (Annotated[str, Field(examples=["a"])], "examples"),
        (int | str, "union"),
        (dict[str, Any], "additionalProperties"),
        (dict[Literal["a", "b"], int], "keys by enum"),
        (Any, "needs a type"),
    ],
)
def test_what_a_structural_schema_cannot_hold_is_refused(annotation: Any, word: str) -> None:
    """The API server would refuse the CRD or, worse, drop the keyword; the error names the field and the keyword."""
    with pytest.raises(UnsupportedSchemaError, match=rf"^spec\.it: .*{word}"):
        field(annotation)


def test_models_that_forbid_more_fields_are_refused() -> None:
    """`additionalProperties: false` is not allowed beside properties; the API server prunes unknown fields by itself."""

    class Closed(BaseModel, extra="forbid"):
        name: str

    with pytest.raises(UnsupportedSchemaError, match=r"^spec\.it: "):
        field(Closed)


class Tree(Model):
    """A model that holds itself."""

    branches: tuple["Tree", ...] = ()


def test_a_model_that_holds_itself_is_refused() -> None:
    """References are written out, and this one would never end."""
    with pytest.raises(UnsupportedSchemaError, match="Tree holds itself"):
        field(Tree)
