"""What prometheus-operator may have against a rule that our parser takes: it says "invalid rule" and no more.

That is above all a function that Prometheus knows and does not allow, unless a feature flag says so. Our parser takes them, since some
clusters do.
List: https://prometheus.io/docs/prometheus/latest/querying/functions/ and .../operators/ (experimental).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring_operator.content import ALERT_NAMES
from monitoring_operator.content.promql_place import first_call

FUNCTIONS = (
    *("double_exponential_smoothing", "first_over_time", "histogram_quantiles", "info", "limit_ratio", "limitk", "mad_over_time"),
    *("max_of", "min_of", "sort_by_label", "sort_by_label_desc"),
    *("ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"),
)

SHOWN = 3


def suspicion(rules: Sequence[Mapping[str, Any]]) -> str:
    """What prometheus-operator may have against the user's own `rules`, all those of one object, as the end of a sentence.

    Empty for rules of the catalogue, which it takes.
    """
    own = [_name(rule) for rule in rules if _name(rule) not in ALERT_NAMES]
    if not own:
        return ""
    for index, rule in enumerate(rules):
        found = first_call(rule["expr"], FUNCTIONS)
        if found is not None:
            where = f"spec.alerts.extra[{index}].expr"
            what = "which is experimental and must be allowed in prometheus-operator and Prometheus"
            return f"{where}: the alert {_name(rule)} calls {found[0]} ({found[1]}), {what}"
    if len(own) == 1:
        return f"spec.alerts.extra[0], the alert {own[0]}, is all that is in it; prometheus-operator's log has the reason"
    more = f" and {len(own) - SHOWN} more" if len(own) > SHOWN else ""
    return f"it holds spec.alerts.extra, the alerts {', '.join(own[:SHOWN])}{more}; prometheus-operator's log has the reason"


def _name(rule: Mapping[str, Any]) -> str:
    return str(rule.get("alert") or rule["record"])
