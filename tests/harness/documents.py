"""Pages of Markdown taken apart: code blocks with their language and line, commands as a shell reads them, links and headings."""

import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_ASSIGNMENT = re.compile(r"[A-Z_]+=")
_SHELL_WORDS = {"cd", "export", "source"}


@dataclass(frozen=True)
class Block:
    """A code block: `line` is that of its first line of content."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """One command of a block, as words; `line` is its text as it stands there."""

    block: Block
    words: tuple[str, ...]
    line: str

    def __str__(self) -> str:
        return f"{self.block} {self.line}"


@dataclass(frozen=True)
class Page:
    """One page."""

    path: Path

    @cached_property
    def text(self) -> str:
        """What stands there."""
        return self.path.read_text(encoding="utf-8")

    def blocks(self, *languages: str) -> Iterator[Block]:
        """Code blocks, of some languages or all, without their indentation."""
        for found in _FENCE.finditer(self.text):
            if not languages or found["language"] in languages:
                text = re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
                yield Block(self.path, self.text.count("\n", 0, found.start()) + 2, found["language"], text)

    def commands(self) -> Iterator[Command]:
        """What one would type: the lines of `sh` blocks, and those with a prompt of `console` blocks; each side of a pipe by itself."""
        for block in self.blocks("sh", "console"):
            text = block.text.replace("\\\n", " ")
            for line in text.splitlines():
                if block.language == "console" and not line.startswith("$ "):
                    continue
                for part in re.split(r" (?:\||&&|;) ", line.removeprefix("$ ")):
                    words = tuple(itertools.dropwhile(_ASSIGNMENT.match, shlex.split(part, comments=True)))
                    if words and words[0] not in _SHELL_WORDS:
                        yield Command(block, words, line)

    def outputs(self) -> Iterator[tuple[Command, str]]:
        """Commands whose output is shown in a block of no language right behind them."""
        blocks = list(self.blocks())
        last = {command.block: command for command in self.commands()}
        for block, after in itertools.pairwise(blocks):
            lines = block.text.count("\n") + 2
            if block in last and not after.language and after.line - block.line <= lines + 1:
                yield last[block], after.text

    def links(self) -> Iterator[str]:
        """Targets of links, outside of code."""
        yield from (found["target"] for found in _LINK.finditer(_FENCE.sub("", self.text)))

    def anchors(self) -> set[str]:
        """Anchors of the headings, as Markdown renderers make them."""
        headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", self.text), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.replace("`", "")).strip().lower().replace(" ", "-") for heading in headings}


def pages() -> list[Page]:
    """Every page that people read: those at the root, the documentation, and the READMEs of chart, library and example."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    found += [ROOT / name for name in ("charts/monitoring-operator/README.md", "examples/ga4_app/README.md")]
    return [Page(path) for path in sorted(found)]
