"""Runbooks taken apart: sections, code blocks, links and the profile's fields that they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "runbooks"

OPERATORS = re.compile(r"Monitoring(Operator|Profiles)[A-Z]")
"""Names of alerts about the operator itself."""

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Runbook:
    """One page."""

    path: Path

    @property
    def alert(self) -> str:
        """Name of the alert that the page is about."""
        return self.path.stem

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def title(self) -> str:
        """The heading of the page."""
        return self.text.splitlines()[0].removeprefix("# ")

    def sections(self) -> dict[str, str]:
        """Texts by heading, in order."""
        parts = re.split(r"^## (.+)$", self.text, flags=re.MULTILINE)[1:]
        return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}

    def blocks(self, language: str) -> Iterator[str]:
        """Code blocks of a language, without their indentation."""
        for indent, found, text in _FENCE.findall(self.text):
            if found == language:
                yield "\n".join(line.removeprefix(indent) for line in text.splitlines())

    def languages(self) -> set[str]:
        """Languages of all code blocks."""
        return {found for _, found, _ in _FENCE.findall(self.text)}

    def links(self) -> list[str]:
        """Targets of all links."""
        return re.findall(r"\[[^\]]+\]\(([^)]+)\)", self.text) + re.findall(r"<(https?://[^>]+)>", self.text)

    def fields(self) -> set[str]:
        """The profile's fields that are named."""
        return set(re.findall(r"`(spec\.[\w.]+)`", self.text))


def all_runbooks() -> list[Runbook]:
    """Every page of an alert of the catalogue, by name."""
    return [runbook for runbook in _pages() if not OPERATORS.match(runbook.alert)]


def operator_runbooks() -> list[Runbook]:
    """Every page of an alert about the operator itself, by name."""
    return [runbook for runbook in _pages() if OPERATORS.match(runbook.alert)]


def _pages() -> list[Runbook]:
    return [Runbook(path) for path in sorted(FOLDER.glob("*.md")) if path.stem != "README"]
