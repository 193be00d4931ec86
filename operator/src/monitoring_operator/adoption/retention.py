"""How far back the cluster's Prometheus remembers, as far as its objects say: a rule that looks further back never sees anything.

Only what is certain is said. Of several Prometheus objects that might take the rules, the one that remembers longest decides.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from monitoring_operator.api import durations

DEFAULT = "24h"
"""What prometheus-operator sets where neither retention nor retentionSize is given."""

Object = Mapping[str, Any]


def kept(prometheuses: Iterable[Object], labels: Mapping[str, str], namespace: str) -> float | None:
    """Seconds that rules with `labels` in `namespace` can look back; None if that is unknown, or if nobody is sure to take them."""
    candidates = [(choice, _retention(body)) for body in prometheuses if (choice := _selects(body, labels, namespace)) is not False]
    lengths = [length for _, length in candidates]
    if not any(choice for choice, _ in candidates) or None in lengths:
        return None
    return max(length for length in lengths if length is not None)


def _retention(body: Object) -> float | None:
    spec = body.get("spec") or {}
    if spec.get("remoteRead"):
        # Asks elsewhere for what it does not keep itself.
        return None
    if not spec.get("retention") and spec.get("retentionSize"):
        return None
    try:
        return durations.seconds(spec.get("retention") or DEFAULT)
    except ValueError:
        return None


def _selects(body: Object, labels: Mapping[str, str], namespace: str) -> bool | None:
    """Whether the Prometheus takes such rules; None where it depends on labels of the namespace, which are not known here."""
    spec = body.get("spec") or {}
    if not _matches(spec.get("ruleSelector"), labels):
        return False
    namespaces = spec.get("ruleNamespaceSelector")
    if namespaces is None:
        return bool(body["metadata"]["namespace"] == namespace)
    return None if namespaces.get("matchLabels") or namespaces.get("matchExpressions") else True


def _matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """As Kubernetes matches: an absent selector selects nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return all(labels.get(k) == v for k, v in wanted.items()) and all(_holds(e, labels) for e in expressions)


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
