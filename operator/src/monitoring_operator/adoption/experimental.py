"""Functions that Prometheus knows and does not allow, unless a feature flag says so.

prometheus-operator refuses a rule with one of them as "invalid rule" and no more. Our parser takes them, since some clusters do.
List: https://prometheus.io/docs/prometheus/latest/querying/functions/ and .../operators/ (experimental).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

FUNCTIONS = (
    *("double_exponential_smoothing", "first_over_time", "histogram_quantiles", "info", "limit_ratio", "limitk", "mad_over_time"),
    *("max_of", "min_of", "sort_by_label", "sort_by_label_desc"),
    *("ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"),
)

_CALL = re.compile(rf"\b({'|'.join(FUNCTIONS)})\s*\(")


def experimental(rules: Iterable[Mapping[str, Any]]) -> str:
    """Which rule uses which of them, as the end of a sentence; empty if none does."""
    for rule in rules:
        found = _CALL.search(rule["expr"])
        if found is not None:
            name = rule.get("alert") or rule["record"]
            return f"{name} calls {found[1]}, which is experimental and must be allowed in prometheus-operator and Prometheus"
    return ""
