"""The demo's voice: numbered steps, indented facts, colours only where somebody looks at them."""

import contextlib
import os
import sys
import textwrap
from collections.abc import Iterator

from monitoring_operator.cli.progress import Waiting


class Console:
    """Prints at once; colours only on a terminal and without NO_COLOR."""

    def __init__(self) -> None:
        self._waiting = Waiting()
        self._colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._steps = 0

    def step(self, text: str) -> None:
        """The next numbered step."""
        self._steps += 1
        self._print(f"\n{self._colour(36, str(self._steps))}  {self._colour(1, text)}")

    @contextlib.contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """On a terminal the line at the bottom says what is waited for."""
        self._waiting.on(text)
        try:
            yield
        finally:
            self._waiting.off()

    def fact(self, text: str) -> None:
        """Something seen, under the current step."""
        self._print(textwrap.indent(text.rstrip(), "   "))

    def command(self, text: str) -> None:
        """A command as one would type it."""
        self.fact(self._colour(2, f"$ {text}"))

    def good(self, text: str) -> None:
        """Something that came out as it should."""
        self.fact(f"{self._colour(32, '✓')} {text}")

    def gone(self, text: str) -> None:
        """A line that was."""
        self.fact(self._colour(31, f"- {text}"))

    def new(self, text: str) -> None:
        """A line that is."""
        self.fact(self._colour(32, f"+ {text}"))

    def bad(self, text: str) -> None:
        """What went wrong."""
        self._print(f"\n{self._colour(31, '✗')} {text}")

    def last(self, text: str) -> None:
        """The last line, alone."""
        self._print(f"\n{text}")

    def _colour(self, code: int, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colours else text

    def _print(self, text: str) -> None:
        self._waiting.write(text)
