"""YAML is read as kubectl reads it, and every field knows its line."""

import pytest

from monitoring_operator.cli.yaml_source import Mistake, read


def value(text: str) -> object:
    """The value of the only document in `text`, in which nothing is wrong."""
    (document,) = read(text)
    assert () == document.mistakes
    return document.value


def mistake(text: str) -> Mistake:
    """The only mistake in the last document of `text`."""
    (found,) = list(read(text))[-1].mistakes
    return found


def test_every_field_has_its_line() -> None:
    """Lines count from 1 over the whole file; a field's line is its key's, an item's is its own."""
    text = "# first\na:\n  b: 1\n  c:\n    - x\n    - d: 2\n---\ne: {f: 3}\n"
    first, second = read(text)

    assert {"": 2, "a": 2, "a.b": 3, "a.c": 4, "a.c[0]": 5, "a.c[1]": 6, "a.c[1].d": 6} == first.lines
    assert {"": 8, "e": 8, "e.f": 8} == second.lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1:30", "1:30"),
        ("1e3", 1000.0),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        (".5", 0.5),
        ("-3", -3),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("yes", True),
        ("~", None),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("#alerts", None),
        ("'#alerts'", "#alerts"),
    ],
)
def test_scalars_are_what_the_api_server_would_get(text: str, expected: object) -> None:
    """No dates, no sexagesimal numbers, nothing that JSON lacks; numbers as JSON has them."""
    got = value(f"a: {text}")

    assert {"a": expected} == got
    assert type(expected) is type(got["a"])


def test_keys_are_text() -> None:
    """JSON knows no other keys."""
    assert {"1": "a", "true": "b"} == value("{1: a, true: b}")


def test_aliases_and_merges_are_resolved() -> None:
    """Own keys win over merged ones, whatever their order."""
    assert {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 1, "y": 2}} == value("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\nc: *a\n")


def test_empty_documents_are_none_at_all() -> None:
    """Separators at the ends and comments between them mean nothing."""
    assert [{"a": 1}] == [document.value for document in read("---\n# nothing\n---\na: 1\n---\n")]


def test_a_key_that_stands_twice_is_a_mistake() -> None:
    """The last one would win without a word."""
    assert Mistake(4, "port stands there twice; it is first on line 2") == mistake("spec:\n  port: a\n  path: /\n  port: b\n")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1, 2\n", 3, "is not YAML: "),
        ("a: 1\n\tb: 2\n", 2, "is not YAML: "),
        ("a: b: c\n", 1, "is not YAML: mapping values are not allowed here"),
        ("a: 1\nb: *unknown\n", 2, "is not YAML: found undefined alias"),
        ("a: 1\nb: \x07\n", 2, "is not YAML: the character U+0007 is not allowed"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "is not YAML: could not determine a constructor"),
        ("a: 1\nb: !!binary aGVsbG8=\n", 2, "is not YAML: a value of the type tag:yaml.org,2002:binary has no place in JSON"),
        ("a: 1\n? [b]\n: 2\n", 2, "is not YAML: a key must be a plain word"),
        ("a: &a\n  b: *a\n", 2, "is not YAML: an alias makes it endless"),
    ],
)
def test_what_is_not_yaml_is_a_mistake_with_its_line(text: str, line: int, words: str) -> None:
    """Whoever reads the message finds the place."""
    found = mistake(text)

    assert line == found.line
    assert found.message.startswith(words)


def test_documents_before_a_syntax_error_are_read() -> None:
    """One broken document at the end does not hide what is wrong in those before it."""
    first, second = read("a: 1\n---\nb: [\n")

    assert ({"a": 1}, ()) == (first.value, first.mistakes)
    assert second.mistakes


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    """A few lines of YAML can ask for billions of values."""
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))

    assert "an alias makes it endless" in mistake(text).message
