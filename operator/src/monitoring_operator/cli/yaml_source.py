"""YAML as kubectl reads it, with the line of every field.

PyYAML's own constructors follow YAML 1.1 to the letter and forget where a value stood: they take 2026-01-01 for a date, 1:30 for
ninety, 1e3 for text, and let the last of two equal keys win. A profile that is checked here must mean what it means to the API server.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

_MOST_NODES = 200_000
"""Beyond this a file is not a profile but aliases of aliases, which grow without bound."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What makes a text unreadable as YAML: the line, from 1, and why."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Read:
    """One YAML document: its value, and the line of every field by its path (`spec.packs[0]`; the whole is the empty path)."""

    value: Any
    lines: Mapping[str, int]
    mistakes: tuple[Mistake, ...] = ()
    blocks: Mapping[str, int] = field(default_factory=dict)
    """For texts after a `|`, whose lines are lines of the file: the line of the `|`, by path."""


def read(text: str) -> Iterator[Read]:
    """Every document of `text` that is not empty. A syntax error ends them with one that has only mistakes."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        yield Read(None, {}, (Mistake(line, f"is not YAML: the character U+{error.character:04X} is not allowed"),))
        return
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None and node.tag != "tag:yaml.org,2002:null":
                yield _Reader(loader).read(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        yield Read(None, {}, (Mistake(mark.line + 1 if mark else 1, f"is not YAML: {error.problem or error.context}"),))
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Numbers as JSON has them, and no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in ("timestamp", "int", "float")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|0|[1-9][0-9]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"), list("-+.0123456789")
)


class _Reader:
    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._lines: dict[str, int] = {}
        self._blocks: dict[str, int] = {}
        self._mistakes: list[Mistake] = []
        self._open: set[int] = set()
        self._nodes = 0

    def read(self, node: yaml.Node) -> Read:
        value = self._value(node, "", node)
        return Read(value, self._lines, tuple(self._mistakes), self._blocks)

    def _value(self, node: yaml.Node, path: str, at: yaml.Node) -> Any:
        """The value of `node`; its line is that of `at`, which is its key where it has one."""
        self._lines[path] = at.start_mark.line + 1
        self._nodes += 1
        if id(node) in self._open or self._nodes > _MOST_NODES:
            raise yaml.MarkedYAMLError(problem="an alias makes it endless", problem_mark=at.start_mark)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self._value(item, f"{path}[{i}]", item) for i, item in enumerate(node.value)]
            if isinstance(node, yaml.ScalarNode) and node.style == "|":
                self._blocks[path] = node.start_mark.line + 1
            return self._scalar(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a plain word", problem_mark=key.start_mark)
            if key.value in seen:
                line = key.start_mark.line + 1
                self._mistakes.append(Mistake(line, f"{key.value} stands there twice; it is first on line {seen[key.value]}"))
            seen.setdefault(key.value, key.start_mark.line + 1)
        # Puts what `<<` merges in before the mapping's own keys, which then win.
        self._loader.flatten_mapping(node)
        return {key.value: self._value(value, f"{path}.{key.value}" if path else key.value, key) for key, value in node.value}

    def _scalar(self, node: yaml.Node) -> Any:
        value = self._loader.construct_object(node)
        if value is None or isinstance(value, (str, int, float, bool)):
            return value
        raise yaml.MarkedYAMLError(problem=f"a value of the type {node.tag} has no place in JSON", problem_mark=node.start_mark)
