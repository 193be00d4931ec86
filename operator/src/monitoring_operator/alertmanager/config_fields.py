"""From a field of Alertmanager's configuration to the one of an AlertmanagerConfig object that says the same."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_RENAMED = {
    "api_url": "apiURL",
    "chat_id": "chatID",
    "links": "pagerDutyLinkConfigs",
    "require_tls": "requireTLS",
    "role_arn": "roleArn",
    "room_id": "roomID",
    "topic_arn": "topicARN",
    "url_file": "urlSecret",
    "webhook_url": "webhookURL",
}
_OF_A_LINK = {"text": "alt"}
_KEY_VALUES = frozenset({"details", "headers"})
_MATCHER = re.compile(r'(?P<name>\w+)(?P<matchType>=~|!~|!=|=)"(?P<value>.*)"')


def section_name(section: str) -> str:
    """The list of receivers, such as `pagerdutyConfigs` for `pagerduty_configs`."""
    return _camel(section)


def converted(config: Mapping[str, Any]) -> dict[str, Any]:
    """One receiver's configuration, in which a `*_file` holds a Secret's name and key instead of a path."""
    return {_name(field, value): _value(field, value) for field, value in config.items()}


def matchers(texts: Iterable[str]) -> list[dict[str, str]]:
    """Matchers that we wrote ourselves, in parts."""
    return [found.groupdict() for text in texts if (found := _MATCHER.fullmatch(text))]


def _name(field: str, value: Any) -> str:
    if field not in _RENAMED and field.endswith("_file") and isinstance(value, Mapping):
        field = field.removesuffix("_file")
    return _RENAMED.get(field) or _camel(field)


def _value(field: str, value: Any) -> Any:
    if field in _KEY_VALUES:
        return [{"key": key, "value": inner} for key, inner in sorted(value.items())]
    if field == "links":
        return [{_OF_A_LINK.get(key, key): inner for key, inner in link.items()} for link in value]
    if isinstance(value, Mapping) and not field.endswith("_file"):
        return converted(value)
    if isinstance(value, list):
        return [converted(inner) if isinstance(inner, Mapping) else inner for inner in value]
    return value


def _camel(field: str) -> str:
    head, *rest = field.split("_")
    return head + "".join(word.capitalize() for word in rest)
