"""Who would be told: Alertmanager's way from an alert's labels to receivers, so that it can be asked before anything is written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.alertmanager.document import load

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BARE = r"[^\s{}!=~,\\\"'`]+"
_MATCHER = re.compile(rf"\s*(?P<label>{_QUOTED}|{_BARE})\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>{_QUOTED}|{_BARE})\s*")
_ESCAPES = {'\\"': '"', "\\\\": "\\", "\\n": "\n"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label. A label that an alert does not have is empty."""

    label: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with `labels` meets it."""
        actual = labels.get(self.label, "")
        match self.operator:
            case "=":
                return actual == self.value
            case "!=":
                return actual != self.value
            case "=~":
                return re.fullmatch(self.value, actual) is not None
            case _:
                return re.fullmatch(self.value, actual) is None


def parse_matcher(text: str) -> Matcher:
    """The matcher that `text` is, one label, operator and value. Raises ValueError, also for a value that is no regular expression."""
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise ValueError(f"not a matcher: {text!r}")
    matcher = Matcher(_unquoted(found["label"]), found["operator"], _unquoted(found["value"]))
    if matcher.operator in ("=~", "!~"):
        try:
            re.compile(matcher.value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {matcher.value!r}: {error}") from error
    return matcher


def route(config: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the receivers that the configuration `config` (alertmanager.yaml) gives an alert with `labels` to, in order.

    Raises yaml.YAMLError or ValueError if it is no configuration.
    """
    return tuple(_receivers(load(config)["route"], labels, None))


def _receivers(node: Mapping[str, Any], labels: Mapping[str, str], inherited: str | None) -> Iterator[str]:
    """Receivers below a route whose matchers hold: those of its children, or its own if no child takes the alert."""
    receiver = node.get("receiver", inherited)
    taken = False
    for child in node.get("routes") or ():
        if all(matcher.matches(labels) for matcher in _matchers(child)):
            taken = True
            yield from _receivers(child, labels, receiver)
            if not child.get("continue"):
                return
    if not taken:
        yield str(receiver)


def _matchers(node: Mapping[str, Any]) -> Iterator[Matcher]:
    yield from map(parse_matcher, node.get("matchers") or ())
    for field, operator in (("match", "="), ("match_re", "=~")):
        for label, value in (node.get(field) or {}).items():
            yield Matcher(label, operator, str(value))


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r'\\["\\n]', lambda found: _ESCAPES[found[0]], text[1:-1])
