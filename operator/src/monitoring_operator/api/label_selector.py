"""Label selectors as kubectl and the API server take them: `team=a,tier in (web, api),!legacy`.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

_KEY = r"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_FORMS = (
    re.compile(rf"(?P<key>{_KEY})\s*(?P<operator>==|=|!=)\s*(?P<values>{_VALUE})"),
    re.compile(rf"(?P<key>{_KEY})\s+(?P<operator>in|notin)\s*\((?P<values>\s*{_VALUE}\s*(?:,\s*{_VALUE}\s*)*)\)"),
    re.compile(rf"(?P<operator>!?)\s*(?P<key>{_KEY})"),
)
_COMMA = re.compile(r",(?![^(]*\))")
"""One that is not inside parentheses."""


class InvalidSelector(ValueError):
    """Text that is no label selector."""


@dataclass(frozen=True, slots=True)
class _Requirement:
    key: str
    operator: str
    values: frozenset[str]

    def holds(self, labels: Mapping[str, str]) -> bool:
        match self.operator:
            case "=" | "==" | "in":
                return labels.get(self.key) in self.values
            case "!=" | "notin":
                # As the API server has it: what lacks the label does not have the value either.
                return labels.get(self.key) not in self.values
            case "!":
                return self.key not in labels
            case _:
                return self.key in labels


def selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether a selector selects what has these labels; an empty one selects everything. Raises InvalidSelector."""
    return all(requirement.holds(labels) for requirement in _parsed(selector))


def check(selector: str) -> str:
    """The selector, if it is one. Raises InvalidSelector."""
    _parsed(selector)
    return selector


@functools.lru_cache(maxsize=256)
def _parsed(selector: str) -> tuple[_Requirement, ...]:
    return tuple(_requirement(part.strip()) for part in _COMMA.split(selector)) if selector.strip() else ()


def _requirement(text: str) -> _Requirement:
    for form in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            values = found.groupdict().get("values") or ""
            return _Requirement(found["key"], found["operator"], frozenset(v.strip() for v in values.split(",")))
    raise InvalidSelector(f"{text!r} is not part of a label selector, such as team=a or tier in (web,api)")
