"""alertmanager.yaml as text: readable, the same bytes for the same content, and our messages only once.

With the messages written out for every receiver, a few hundred profiles would fill the 1 MiB that a Secret may hold. As YAML
merge keys, which Alertmanager and prometheus-operator both read, they cost each receiver one line.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from monitoring_operator.alertmanager.messages import BLOCKS

_HEADER = "# Merged by monitoring-operator from all MonitoringProfiles; edits are overwritten.\n"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def dump(config: dict[str, Any]) -> str:
    """`config` as YAML, keys in the order given, except that shared messages come first in a receiver."""
    uses = Counter(name for mapping in _mappings(config) for name in _blocks_of(mapping))

    class Dumper(_Dumper):
        shared = frozenset(name for name, count in uses.items() if count > 1)

    text = yaml.dump(config, Dumper=Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=10_000)
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


def _blocks_of(mapping: Mapping[str, Any]) -> Iterator[str]:
    for name, block in BLOCKS.items():
        if all(mapping.get(key) == value for key, value in block.items()):
            yield name


class _Dumper(yaml.SafeDumper):
    shared: frozenset[str] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._nodes: dict[str, yaml.MappingNode] = {}

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- PyYAML's signature
        return True

    def generate_anchor(self, node: Any) -> str:
        return next(name for name, block in self._nodes.items() if block is node)

    def represent_mapping_sharing(self, data: dict[str, Any]) -> yaml.MappingNode:
        rest = dict(data)
        merges = []
        for name in _blocks_of(data):
            if name in self.shared:
                if name not in self._nodes:
                    self._nodes[name] = self.represent_dict(BLOCKS[name])
                merges.append((yaml.ScalarNode("tag:yaml.org,2002:merge", "<<"), self._nodes[name]))
                rest = {key: value for key, value in rest.items() if key not in BLOCKS[name]}
        node = self.represent_dict(rest)
        node.value = [*merges, *node.value]
        return node

    def represent_text(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(dict, _Dumper.represent_mapping_sharing)
_Dumper.add_representer(str, _Dumper.represent_text)
