"""PromQL as it is compared: Prometheus gives an expression back in a form of its own, so both sides are brought into a third.

The catalogue's alerts are the same for every profile but for texts in quotes. So an expression is parsed once for all that differ in
those alone: to parse costs a fifth of a millisecond, and a thousand profiles have 21,000 expressions.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from monitoring_operator.content.promql import NESTING_LIMIT, nesting

SHAPES = 4096
"""Shapes remembered: those of the catalogue with every pack and scope, and thousands of other people's."""

_STRING = r'"(?:\\.|[^"\\])*+"'
_SELECTOR = re.compile(rf"\{{((?:{_STRING}|[^\"{{}}])*+)\}}")
_MATCHER = re.compile(rf"(?:{_STRING}|[^\",])++")

_TEXT = re.compile(r'"(?P<plain>(?:\\.|[^"\\\n])*+)"|' + r"'(?P<single>(?:\\.|[^'\\\n])*+)'|`(?P<raw>[^`]*+)`|#[^\n]*")
"""A text in one of PromQL's three kinds of quotes, or a comment."""
_PLACE = re.compile(r'"_(\d+)_"')


def fingerprint(expression: str) -> str:
    """Equal for expressions that differ in layout only; of what cannot be parsed, for those that differ in blanks only."""
    return hashlib.blake2b(_canonical(expression).encode(), digest_size=8).hexdigest()


def shape(expression: str) -> tuple[str, list[str]]:
    """The expression with a number for each text in quotes and without comments, and the texts as they stand between double quotes."""
    texts: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        plain, single, raw = found.groups()
        if single is not None:
            plain = single.replace("\\'", "'").replace('"', '\\"')
        elif raw is not None:
            plain = raw.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        if plain is None:
            return ""
        texts.append(plain)
        return f'"_{len(texts) - 1}_"'

    return _TEXT.sub(numbered, expression), texts


def _canonical(expression: str) -> str:
    shaped, texts = shape(expression)
    parsed = _parsed(shaped)
    if parsed is None:
        return "".join(expression.split())
    filled = _PLACE.sub(lambda place: f'"{texts[int(place[1])]}"', parsed.text) if texts else parsed.text
    return _SELECTOR.sub(_sorted, filled) if parsed.ambiguous else filled


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A shape in the third form. `ambiguous`: two matchers differ in their values alone, so that these decide which comes first."""

    text: str
    ambiguous: bool


@lru_cache(SHAPES)
def _parsed(expression: str) -> _Parsed | None:
    import promql_parser  # noqa: PLC0415 -- a compiled library that only whoever compares needs

    if nesting(expression) > NESTING_LIMIT:
        return None
    try:
        text = str(promql_parser.parse(expression))
    except ValueError:
        return None
    names = [[_PLACE.sub("", m) for m in _matchers(selector)] for selector in _SELECTOR.findall(text)]
    return _Parsed(_SELECTOR.sub(_sorted, text), any(len(set(found)) < len(found) for found in names))


def _sorted(selector: re.Match[str]) -> str:
    """The matchers of a selector in an order of their own; Prometheus sorts them too."""
    return "{" + ",".join(sorted(_matchers(selector[1]))) + "}"


def _matchers(inside: str) -> list[str]:
    return [m.strip() for m in _MATCHER.findall(inside)]
