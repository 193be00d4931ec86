"""Which labels make the cluster's Prometheus select what we write.

A PrometheusRule without the right label is the commonest silent failure of the field: it exists, and nothing ever reads it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SELECTORS = ("serviceMonitorSelector", "ruleSelector")


@dataclass(frozen=True, slots=True)
class Fit:
    """Labels that satisfy every Prometheus object; where they contradict each other, `disagreement` says so and the key is left out."""

    labels: Mapping[str, str]
    disagreement: str = ""


def fit(prometheuses: Iterable[Mapping[str, Any]]) -> Fit:
    """Derives labels from the selectors of Prometheus objects (as JSON).

    A selector that is absent selects nothing and is passed over, an empty one selects everything. Of matchExpressions, `In`
    gives its first value and `Exists` gives "true"; the others demand nothing that a label could give.
    """
    wanted: dict[str, tuple[str, str]] = {}
    disputed: dict[str, str] = {}
    for body in prometheuses:
        who = f"{body['metadata']['namespace']}/{body['metadata']['name']}"
        for field in SELECTORS:
            for key, value in demands(body.get("spec", {}).get(field) or {}).items():
                known, first = wanted.setdefault(key, (value, who))
                if known != value:
                    disputed[key] = f"Prometheus {first} selects {key}={known}, {who} selects {key}={value}: set spec.prometheus.labels."
    agreed = {k: wanted[k][0] for k in sorted(wanted) if k not in disputed}
    return Fit(agreed, " ".join(disputed[k] for k in sorted(disputed)))


def demands(selector: Mapping[str, Any]) -> dict[str, str]:
    """The labels that a label selector (as JSON) asks for."""
    wanted: dict[str, str] = {}
    for expression in selector.get("matchExpressions") or ():
        if expression["operator"] == "In" and expression.get("values"):
            wanted[expression["key"]] = expression["values"][0]
        elif expression["operator"] == "Exists":
            wanted[expression["key"]] = "true"
    return wanted | (selector.get("matchLabels") or {})
