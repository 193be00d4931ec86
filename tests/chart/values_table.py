"""Makes the table of values in the chart's README from the comments of values.yaml, so that there is one place to write them.

`make generate` rewrites the table; a test proves that it is current.
"""

import json
from collections.abc import Iterator

import yaml

BEGIN = "<!-- values: begin -->"
END = "<!-- values: end -->"


def rows(text: str) -> Iterator[tuple[str, str, str]]:
    """Path, default as JSON, and description of every value in `text`, the content of a values.yaml.

    A key with a comment directly above it is one value; a mapping without one holds values. Raises ValueError for a value
    that has no comment.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    yield from _rows(root, text.splitlines(), ())


def _rows(mapping: yaml.MappingNode, lines: list[str], path: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for key, value in mapping.value:
        here = (*path, key.value)
        if comment := _comment_above(lines, key.start_mark.line):
            yield ".".join(here), json.dumps(yaml.SafeLoader("").construct_document(value)), comment
        elif isinstance(value, yaml.MappingNode) and value.value:
            yield from _rows(value, lines, here)
        else:
            raise ValueError(f"values.yaml: {'.'.join(here)} has no comment above it")


def _comment_above(lines: list[str], line: int) -> str:
    first = line
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return " ".join(text.lstrip("# ").rstrip() for text in lines[first:line])


def table(text: str) -> str:
    """The Markdown table for the content of a values.yaml."""
    cells = [("Value", "Default", "What it is"), ("---", "---", "---")]
    cells += [(f"`{path}`", f"`{default}`", comment) for path, default, comment in rows(text)]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in cells)


def with_table(readme: str, text: str) -> str:
    """`readme` with the table between its two marks replaced. Raises ValueError if a mark is missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{table(text)}{END}{after}"
