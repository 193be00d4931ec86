"""PromQL as it is compared: Prometheus gives an expression back in a form of its own, so both sides are brought into a third."""

import hashlib
import re

from monitoring_operator.content.promql import NESTING_LIMIT, nesting

REMEMBERED = 200_000
"""Fingerprints kept: parsing costs a fifth of a millisecond, and every look meets the same expressions again."""

_STRING = r'"(?:\\.|[^"\\])*+"'
_SELECTOR = re.compile(rf"\{{((?:{_STRING}|[^\"{{}}])*+)\}}")
_MATCHER = re.compile(rf"(?:{_STRING}|[^\",])++")

_known: dict[int, str] = {}


def fingerprint(expression: str) -> str:
    """Equal for expressions that differ in layout only; of what cannot be parsed, for those that differ in blanks only."""
    key = hash(expression)
    found = _known.get(key)
    if found is None:
        if len(_known) >= REMEMBERED:
            _known.clear()
        found = _known[key] = hashlib.blake2b(_canonical(expression).encode(), digest_size=8).hexdigest()
    return found


def _canonical(expression: str) -> str:
    import promql_parser  # noqa: PLC0415 -- a compiled library that only whoever compares needs

    if nesting(expression) <= NESTING_LIMIT:
        try:
            return _SELECTOR.sub(_sorted, str(promql_parser.parse(expression)))
        except ValueError:
            pass
    return "".join(expression.split())


def _sorted(selector: re.Match[str]) -> str:
    """The matchers of a selector in an order of their own; Prometheus sorts them too."""
    return "{" + ",".join(sorted(m.strip() for m in _MATCHER.findall(selector[1]))) + "}"
