"""How far back the cluster's Prometheus remembers, as far as its objects say: a rule that looks further back never sees anything.

Only what is certain is said. Of several Prometheus objects that might take the rules, the one that remembers longest decides.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from monitoring_operator.adoption.selection import Candidate, choices
from monitoring_operator.api import durations
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROMETHEUS, PROMETHEUS_RULE

DEFAULT = "24h"
"""What prometheus-operator sets where neither retention nor retentionSize is given."""

Object = Mapping[str, Any]


def kept(workloads: Iterable[Object], labels: Mapping[str, str], namespace: str) -> float | None:
    """Seconds that rules with `labels` in `namespace` can look back; None if that is unknown, or if nobody is sure to take them.

    `workloads` are the objects that may take rules. Who selects by labels of the namespace, which are not known here, may take them.
    """
    rules = Candidate(Ref(PROMETHEUS_RULE, namespace, ""), labels)
    lengths = []
    sure = False
    for body in workloads:
        for choice in choices(rules, [body], None):
            if choice.selected is not False:
                lengths.append(_retention(body))
                sure = sure or bool(choice.selected)
    known = [length for length in lengths if length is not None]
    return max(known) if sure and len(known) == len(lengths) else None


def _retention(body: Object) -> float | None:
    spec = body.get("spec") or {}
    if body["kind"] != PROMETHEUS.kind or spec.get("remoteRead"):
        # Asks elsewhere for what it does not keep itself, as a ThanosRuler does for everything.
        return None
    if not spec.get("retention") and spec.get("retentionSize"):
        return None
    try:
        return durations.seconds(spec.get("retention") or DEFAULT)
    except ValueError:
        return None
