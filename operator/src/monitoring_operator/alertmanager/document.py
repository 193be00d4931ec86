"""alertmanager.yaml as text: readable, the same bytes for equal content, and what profiles share written only once.

With the messages written out for every receiver, a few hundred profiles would fill the 1 MiB that a Secret may hold. As YAML
merge keys, which Alertmanager and prometheus-operator both read, they cost each receiver one line.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from monitoring_operator.alertmanager.messages import PAGERDUTY, SLACK
from monitoring_operator.api.notifications import Notifications

_SHARED: Mapping[str, Mapping[str, Any]] = {
    "pagerduty": PAGERDUTY,
    "slack": SLACK,
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
_FIRST = ("route", "inhibit_rules", "name", "source_matchers", "target_matchers", "matchers", _MERGE, "receiver", "group_by", "group_wait")
_POSITION = {key: position for position, key in enumerate(_FIRST)}
_ON_ONE_LINE = frozenset({"matchers", "source_matchers", "target_matchers", "equal", "group_by"})
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def dump(config: dict[str, Any]) -> str:
    """`config` as YAML. The order of keys is ours, whatever it is in `config`."""
    uses = Counter(name for mapping in _mappings(config) for name in _shared_parts(mapping))

    class Dumper(_Dumper):
        shared = frozenset(name for name, count in uses.items() if count > 1)

    # ASCII alone: PyYAML would write some of Unicode's line breaks as they are and read them back as spaces.
    return _HEADER + str(yaml.dump(config, Dumper=Dumper, sort_keys=False, default_flow_style=False, allow_unicode=False, width=10_000))


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


class _Dumper(yaml.SafeDumper):
    shared: frozenset[str] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._nodes: dict[str, yaml.Node] = {}

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- PyYAML's signature
        return True

    def generate_anchor(self, node: Any) -> str:
        return next(name for name, shared in self._nodes.items() if shared is node)

    def represent_sharing(self, data: dict[str, Any]) -> yaml.MappingNode:
        names = [name for name in _shared_parts(data) if name in self.shared]
        taken = {key for name in names for key in _SHARED[name]}
        return self._mapping({key: value for key, value in data.items() if key not in taken}, names)

    def represent_text(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)

    def _mapping(self, data: Mapping[str, Any], names: list[str]) -> yaml.MappingNode:
        entries = [(key, self.represent_text(key), self.represent_data(value)) for key, value in data.items()]
        for name in names:
            if name not in self._nodes:
                self._nodes[name] = self._mapping(_SHARED[name], [])
            entries.append((_MERGE, yaml.ScalarNode("tag:yaml.org,2002:merge", _MERGE), self._nodes[name]))
        entries.sort(key=lambda entry: (_POSITION.get(entry[0], len(_POSITION)), entry[0]))
        for key, _, value in entries:
            if key in _ON_ONE_LINE and isinstance(value, yaml.CollectionNode):
                value.flow_style = True
        return yaml.MappingNode("tag:yaml.org,2002:map", [(key, value) for _, key, value in entries], flow_style=False)


_Dumper.add_representer(dict, _Dumper.represent_sharing)
_Dumper.add_representer(str, _Dumper.represent_text)
