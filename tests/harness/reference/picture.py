"""docs/images/get-mprof.svg: what README shows of `kubectl get`, as a terminal shows it. tests/e2e compares the text with a cluster's."""

import html
import re
from collections.abc import Iterator

from harness.documents import ROOT, Page

CHARACTER, LINE, PADDING = 8.5, 22, 16
"""Width of a character of the font's size, height of a line, and room around the text, in pixels."""
_STYLE = """\
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre }
rect { fill: #f6f8fa; stroke: #d1d9e0 }
.prompt { fill: #59636e } .True { fill: #1a7f37 } .False { fill: #cf222e }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } rect { fill: #0d1117; stroke: #3d444d }
  .prompt { fill: #9198a1 } .True { fill: #3fb950 } .False { fill: #f85149 }
}"""


def picture() -> str:
    """The whole picture."""
    command, output = next((c, text) for c, text in Page(ROOT / "README.md").outputs() if c.words[:2] == ("kubectl", "get"))
    lines = [f"$ {command.line}", *output.splitlines()]
    width = 2 * PADDING + CHARACTER * max(map(len, lines))
    height = 2 * PADDING + LINE * len(lines)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{html.escape(lines[0].removeprefix('$ '))}</title>",
        f"<style>\n{_STYLE}\n</style>",
        f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="6"/>',
        f'<text class="prompt" x="{PADDING}" y="{_baseline(0):g}">{html.escape(lines[0])}</text>',
        *(cell for number, line in enumerate(lines[1:], start=1) for cell in _cells(line, number)),
        "</svg>\n",
    ])  # fmt: skip


def _cells(line: str, number: int) -> Iterator[str]:
    """The words of a line, each at its place: columns stay columns whatever font is found."""
    for word in re.finditer(r"\S+", line):
        kind = f' class="{word[0]}"' if word[0] in ("True", "False") else ""
        yield f'<text{kind} x="{PADDING + CHARACTER * word.start():g}" y="{_baseline(number):g}">{html.escape(word[0])}</text>'


def _baseline(number: int) -> float:
    return PADDING + LINE * (number + 0.7)
