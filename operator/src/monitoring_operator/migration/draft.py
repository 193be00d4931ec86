"""The profile that grows while files are read, and the list of what became of everything that stood in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document of a file: its value, and the line of every field by its path."""

    file: str
    value: Any
    lines: Mapping[str, int] = field(repr=False)

    def line(self, path: str) -> int:
        """Line of the field at `path`, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[: path.rindex("[")] if path.endswith("]") else path.rpartition(".")[0]
        return self.lines.get(path, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one thing: where it stood, whether it was taken over, and a sentence that says as what, or why not."""

    file: str
    line: int
    taken: bool
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'taken' if self.taken else 'NOT taken'}: {self.text}"


@dataclass(frozen=True, slots=True)
class Credential:
    """A key of a Secret that somebody must make: where its value stood. The value itself is never kept."""

    secret: str
    key: str
    file: str
    line: int
    field: str


@dataclass(frozen=True, slots=True)
class Told:
    """Where an element of one of the lists of `notifications` comes from, and what it was there."""

    document: Document
    path: str
    text: str


@dataclass(slots=True)
class Draft:
    """What has been read so far.

    `places` says where a part of the spec comes from, by its path; `told` the same of the lists of `notifications`, by their names.
    """

    name: str = ""
    namespace: str = ""
    scrape: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    extras: list[dict[str, Any]] = field(default_factory=list)
    extra_places: list[tuple[Document, str]] = field(default_factory=list)
    places: dict[str, tuple[Document, str]] = field(default_factory=dict)
    notifications: dict[str, Any] = field(default_factory=dict)
    told: dict[str, list[Told]] = field(default_factory=dict)
    credentials: list[Credential] = field(default_factory=list)
    report: list[Line] = field(default_factory=list)

    def take(self, document: Document, path: str, text: str) -> None:
        """Note that what stands at `path` was taken over."""
        self.report.append(Line(document.file, document.line(path), taken=True, text=text))

    def leave(self, document: Document, path: str, text: str) -> None:
        """Note that what stands at `path` was not taken over, and why."""
        self.report.append(Line(document.file, document.line(path), taken=False, text=text))

    def add_extra(self, document: Document, path: str, extra: dict[str, Any]) -> None:
        """An alert of the user's own."""
        self.extras.append(extra)
        self.extra_places.append((document, path))

    def add_told(self, name: str, origin: Told, entry: dict[str, Any]) -> None:
        """An element of one of the lists of `notifications`."""
        self.notifications.setdefault(name, []).append(entry)
        self.told.setdefault(name, []).append(origin)
