"""Where in an expression the parser found what it refuses: it gives words and no position.

It is asked again about beginnings of the expression. What follows a beginning does not matter to a parser that reads from left to
right: the token with which no continuation helps any more is the one that it stumbled over.
"""

import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from itertools import pairwise, product

MOST_TOKENS = 600
"""Beyond this only brackets and syntax are looked for: each further token may cost a question."""
LONGEST_QUOTE = 20
SYNTAX = "invalid promql query"
"""All that the parser says of what is no sentence of its grammar."""

_TOKEN = re.compile(
    r'"(?:\\.|[^"\\])*+"?|\'(?:\\.|[^\'\\])*+\'?|`[^`]*+`?|[\w.:]+|[=!<>]=|[=!]~|#[^\n]*|\S', re.DOTALL
)  # fmt: skip
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NEVER_CLOSED = ("unclosed", "unexpected end of input", "unterminated")
# What may stand next inside each kind of bracket, and what may have to follow once that bracket is closed.
_NEXT = {
    "": ("", "x", "1", "5m", "()", "(x)", "(a) x", "(a) (x)"),
    "(": ("", "x", "1", "5m", "()", "(x)", "(a) x", "(a) (x)"),
    "[": ("", "5m", ":", "1m"),
    "{": ("", 'x="y"', '="y"', '"y"'),
}
_AFTER = ("", " x", "(x)")

Asks = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, both from 1, and the text that stands there."""

    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}" + (f", at {self.text!r}" if self.text else "")


def place(expression: str, words: str, ask: Asks) -> Place | None:
    """Where the parser found what it says in `words`; `ask` says what it has against any text, None for nothing.

    None where that cannot be told.
    """
    tokens = _tokens(expression)
    if not tokens:
        return None
    if any(word in words for word in _NEVER_CLOSED):
        return _place(expression, _last_open(tokens))
    if words == SYNTAX:
        return _place(expression, _first_hopeless(expression, tokens, ask))
    return _place(expression, _first_refused(expression, tokens, words, ask)) if len(tokens) <= MOST_TOKENS else None


def first_call(expression: str, functions: Container[str]) -> tuple[str, Place] | None:
    """The first call of one of `functions`, whatever stands in strings and comments, and its place; None if there is none."""
    tokens = _tokens(expression)
    for (start, token), (_, after) in pairwise(tokens):
        if token in functions and after in ("(", "by", "without"):
            return token, _place(expression, start)
    return None


def _tokens(expression: str) -> list[tuple[int, str]]:
    return [(found.start(), found[0]) for found in _TOKEN.finditer(expression) if not found[0].startswith("#")]


def _place(expression: str, start: int) -> Place:
    line, column = expression.count("\n", 0, start) + 1, start - expression.rfind("\n", 0, start)
    found = _TOKEN.match(expression, start)
    return Place(line, column, found[0][:LONGEST_QUOTE] if found else "")


def _open(tokens: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The brackets that `tokens` leave open, outermost first."""
    found: list[tuple[int, str]] = []
    for start, token in tokens:
        if token in _CLOSING:
            found.append((start, token))
        elif found and token == _CLOSING[found[-1][1]]:
            found.pop()
    return found


def _last_open(tokens: list[tuple[int, str]]) -> int:
    start, last = tokens[-1]
    if last[0] in "\"'`" and (len(last) == 1 or last[-1] != last[0]):
        return start
    return next((at for at, _ in reversed(_open(tokens))), start)


def _first_hopeless(expression: str, tokens: list[tuple[int, str]], ask: Asks) -> int:
    """The start of the first token after which no continuation makes a sentence; the end if only more is missing."""
    good, bad = 0, len(tokens)
    if _hopeful(expression, tokens, ask):
        return tokens[-1][0]
    while bad - good > 1:
        middle = (good + bad) // 2
        if _hopeful(expression, tokens[:middle], ask):
            good = middle
        else:
            bad = middle
    return tokens[bad - 1][0]


def _hopeful(expression: str, tokens: list[tuple[int, str]], ask: Asks) -> bool:
    start, last = tokens[-1]
    beginning, brackets = expression[: start + len(last)], [b for _, b in _open(tokens)]
    closing = [_CLOSING[b] for b in reversed(brackets)]
    inside, rest = (brackets[-1], closing[1:]) if brackets else ("", [])
    continued = (f"{beginning} {text}{''.join(closing[:1])}{after}{''.join(rest)}" for text, after in product(_NEXT[inside], _AFTER))
    return any(ask(text) != SYNTAX for text in continued)


def _first_refused(expression: str, tokens: list[tuple[int, str]], words: str, ask: Asks) -> int:
    """The start of the token from which on every beginning, its brackets closed, is refused in the same words."""
    found = tokens[-1][0]
    for count in range(len(tokens), 0, -1):
        start, last = tokens[count - 1]
        closing = "".join(_CLOSING[b] for _, b in reversed(_open(tokens[:count])))
        said = ask(expression[: start + len(last)] + closing)
        if said == words:
            found = start
        elif said != SYNTAX:
            break
    return found
