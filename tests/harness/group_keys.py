"""A notification's group key, as Alertmanager makes it: what incidents are known by."""

from collections.abc import Mapping
from typing import Any


def group_key(config: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """The key of the group that an alert with `labels` is in, on the first way that `config` has for it.

    Matchers are compared by equality only, which is all that profiles' routes have; they stand in the key sorted, as do labels.
    """
    node, chain = config["route"], ["{}"]
    grouping = node.get("group_by") or []
    while True:
        child = next((r for r in node.get("routes") or () if _matches(r, labels)), None)
        if child is None:
            break
        node = child
        grouping = node.get("group_by") or grouping
        chain.append("{" + ",".join(sorted(node["matchers"])) + "}")
    group = ", ".join(f'{name}="{labels[name]}"' for name in sorted(grouping) if name in labels)
    return f"{'/'.join(chain)}:{{{group}}}"


def _matches(route: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    wanted = (matcher.partition("=") for matcher in route.get("matchers") or ())
    return bool(route.get("matchers")) and all(labels.get(name) == value.strip('"') for name, _, value in wanted)
