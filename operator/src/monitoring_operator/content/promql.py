"""PromQL as text: what must be escaped, and what a parser says about a user's expression."""

import re
from typing import TYPE_CHECKING

from monitoring_operator.api.profile import Profile
from monitoring_operator.content.promql_place import Place, place

if TYPE_CHECKING:
    from promql_parser import Expr

NESTING_LIMIT = 500
"""Operators and brackets in one expression. The parser descends one call for each: 8000 of them overflow the stack and take the
whole process down."""

# A string that is never closed ends with the expression, so that no text makes this slow.
_STRING = re.compile(r'"(?:\\.|[^"\\])*+(?:"|\Z|\\)|`[^`]*+(?:`|\Z)|\'(?:\\.|[^\'\\])*+(?:\'|\Z|\\)', re.DOTALL)
_NESTING = re.compile(r"[-+*/%^(\[{]|[<>=!]=?|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)

_NOT_ALERTABLE = {
    "StringLiteral": "is a string; an alert needs an instant vector or a number",
    "MatrixSelector": "is a range vector; an alert needs an instant vector or a number",
    "SubqueryExpr": "is a range vector; an alert needs an instant vector or a number",
}

USER_REQUESTS = 'endpoint!~"/metrics|/health(z|check)?(/(live|ready|startup).*)?|/(live|ready|startup)(z|ness)?|/readiness"'
"""Matcher for requests of users: probes and scrapes always succeed and would halve the error ratio of a quiet service."""


def string(value: str) -> str:
    """`value` as a PromQL string literal."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def target(profile: Profile) -> str:
    """The label matchers of everything that is scraped for `profile`. The ServiceMonitor sets `job` to the profile's name."""
    return f"namespace={string(profile.namespace)},job={string(profile.name)}"


def nesting(expression: str) -> int:
    """How many operators and brackets an expression has; beyond NESTING_LIMIT it must not be parsed."""
    return len(_NESTING.findall(_STRING.sub("", expression)))


def without_texts(expression: str) -> str:
    """`expression` with another text in place of each in quotes: what does not depend on them is the same for both."""
    # Not empty: a selector needs a matcher that does not match everything.
    return _STRING.sub('"x"', expression)


def error(expression: str) -> str | None:
    """What is wrong with `expression` as the condition of an alert, in the parser's words; None if nothing is."""
    try:
        return _NOT_ALERTABLE.get(type(parsed(expression)).__name__)
    except ValueError as refused:
        return str(refused)


def place_of_error(expression: str) -> Place | None:
    """Where `expression` is not PromQL; None if it is, or if the parser's words are all that is known."""
    # The search asks about beginnings of the expression, which nest no deeper than itself but for a bracket or two.
    words = _refusal(expression) if nesting(expression) <= NESTING_LIMIT else None
    return place(expression, words, _refusal) if words is not None else None


def syntax_error(expression: str) -> str | None:
    """What is wrong with `expression` as PromQL of any type; None if nothing is."""
    try:
        parsed(expression)
    except ValueError as refused:
        return str(refused)
    return None


def parsed(expression: str) -> "Expr":
    """`expression` as a tree. Raises ValueError, whose text says what is wrong."""
    if nesting(expression) > NESTING_LIMIT:
        raise ValueError(f"has more than {NESTING_LIMIT} operators and brackets")
    try:
        return _parse(expression)
    except ValueError as refused:
        raise ValueError(f"is not PromQL: {refused}") from None


def _parse(expression: str) -> "Expr":
    # Imported here: the parser is a compiled library that only profiles with rules of their own need.
    import promql_parser  # noqa: PLC0415

    return promql_parser.parse(expression)


def _refusal(expression: str) -> str | None:
    """The parser's own words about `expression`; None where it has none."""
    try:
        _parse(expression)
    except ValueError as refused:
        return str(refused)
    return None
