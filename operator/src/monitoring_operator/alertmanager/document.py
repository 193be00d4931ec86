"""alertmanager.yaml as text: readable, the same bytes for equal content, and what profiles share written only once.

With the messages written out for every receiver, a few hundred profiles would fill the 1 MiB that a Secret may hold. As YAML
merge keys, which Alertmanager and prometheus-operator both read, they cost each receiver one line.
"""

import functools
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml

from monitoring_operator.alertmanager.messages import MESSAGES
from monitoring_operator.api.notifications import Notifications

_SHARED: Mapping[str, Mapping[str, Any]] = {
    **MESSAGES,
    "grouping": {
        "group_by": list(Notifications.model_fields["group_by"].default),
        "group_wait": Notifications.model_fields["group_wait"].default,
        "group_interval": Notifications.model_fields["group_interval"].default,
        "repeat_interval": Notifications.model_fields["repeat_interval"].default,
    },
}
"""What profiles have in common unless they say otherwise, by the anchor under which it stands once."""

_HEADER = "# Merged by monitoring-operator from all MonitoringProfiles; edits are overwritten.\n"
_MERGE = "<<"
_FIRST = (
    *("route", "inhibit_rules", "name", "source_matchers", "target_matchers", "matchers"),
    *("routing_key_file", "service_key_file", "api_url_file", "api_url", "http_config", "channel", "send_resolved"),
    *(_MERGE, "receiver", "group_by", "group_wait", "group_interval", "description", "title", "text"),
)
_POSITION = {key: position for position, key in enumerate(_FIRST)}
_ON_ONE_LINE = frozenset({"matchers", "source_matchers", "target_matchers", "equal", "group_by"})
_RESOLVER = yaml.resolver.Resolver()
_TEXT = "tag:yaml.org,2002:str"
# libyaml's, where PyYAML was built with it: a thousand profiles are merged in a fraction of the time.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Emitter = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Unquoted(str):
    """A word that stands in the configuration exactly as it is, whatever YAML makes of it: somebody wrote it so."""

    __slots__ = ()


def dump(config: dict[str, Any]) -> str:
    """`config`, made of maps, lists, texts, integers and booleans, as YAML. The order of keys is ours, whatever it is in `config`."""
    uses = Counter(name for mapping in _mappings(config) for name in _shared_parts(mapping))
    events = _Events({name for name, count in uses.items() if count > 1})
    # ASCII alone: PyYAML would write some of Unicode's line breaks as they are and read them back as spaces.
    text = yaml.emit(events.document(config), Dumper=_Emitter, allow_unicode=False, width=10_000)
    return _HEADER + str(text)


def load(text: str) -> Any:
    """The content of what `dump` wrote, merge keys resolved. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 -- both loaders are the safe ones


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list, tuple)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _mappings(inner)


def _shared_parts(mapping: Mapping[str, Any]) -> Iterator[str]:
    for name, part in _SHARED.items():
        if all(mapping.get(key) == value for key, value in part.items()):
            yield name


@functools.lru_cache(maxsize=1 << 16)
def _is_text(plain: str) -> bool:
    """Whether YAML reads the unquoted word as text, and not as null, a number, a time or a merge key."""
    return bool(_RESOLVER.resolve(yaml.ScalarNode, plain, (True, False)) == _TEXT)  # type: ignore[no-untyped-call]


class _Events:
    """YAML's events for a configuration. `shared` names the parts that are written once and referred to."""

    def __init__(self, shared: Collection[str]) -> None:
        self._shared = shared
        self._written: set[str] = set()

    def document(self, config: dict[str, Any]) -> Iterator[yaml.Event]:
        yield yaml.StreamStartEvent()
        yield yaml.DocumentStartEvent(explicit=False)
        yield from self._value(config)
        yield yaml.DocumentEndEvent(explicit=False)
        yield yaml.StreamEndEvent()

    def _value(self, value: Any, key: str = "") -> Iterator[yaml.Event]:
        if isinstance(value, dict):
            names = [name for name in _shared_parts(value) if name in self._shared]
            taken = {field for name in names for field in _SHARED[name]}
            yield from self._mapping({field: v for field, v in value.items() if field not in taken}, names)
        elif isinstance(value, (list, tuple)):
            yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=key in _ON_ONE_LINE or not value)
            for inner in value:
                yield from self._value(inner)
            yield yaml.SequenceEndEvent()
        elif isinstance(value, bool):
            yield yaml.ScalarEvent(None, None, (True, False), str(value).lower())
        elif isinstance(value, int):
            yield yaml.ScalarEvent(None, None, (True, False), str(value))
        else:
            yield self._text(value)

    def _mapping(self, mapping: Mapping[str, Any], names: Collection[str], anchor: str | None = None) -> Iterator[yaml.Event]:
        yield yaml.MappingStartEvent(anchor, None, implicit=True, flow_style=not mapping and not names)
        keys = sorted({*mapping, *([_MERGE] if names else [])}, key=lambda key: (_POSITION.get(key, len(_POSITION)), key))
        for key in keys:
            if key == _MERGE:
                for name in names:
                    yield yaml.ScalarEvent(None, None, (True, False), _MERGE)
                    yield from self._shared_part(name)
            else:
                yield self._text(key)
                yield from self._value(mapping[key], key)
        yield yaml.MappingEndEvent()

    def _shared_part(self, name: str) -> Iterator[yaml.Event]:
        if name in self._written:
            yield yaml.AliasEvent(name)
        else:
            self._written.add(name)
            yield from self._mapping(_SHARED[name], [], anchor=name)

    def _text(self, text: str) -> yaml.Event:
        if isinstance(text, Unquoted):
            return yaml.ScalarEvent(None, None, (True, False), str(text))
        return yaml.ScalarEvent(None, None, (_is_text(text), True), text, style="|" if "\n" in text else None)
