"""Rules on the names of alerts and dashboards, which only the content knows: the API server refuses a name that does not exist."""

from collections.abc import Sequence
from typing import Any

from monitoring_operator.content import ALERT_NAMES, DASHBOARD_NAMES


def with_content_names(spec: dict[str, Any]) -> dict[str, Any]:
    """`spec`'s schema with its maps and lists of names bound to those that exist.

    The names of dashboards are an enumeration, which the API server reports by index and shows in `kubectl explain`. Alerts are
    the keys of a map, for which a schema has no enumeration.
    """
    overrides = spec["properties"]["alerts"]["properties"]["rules"]
    overrides["x-kubernetes-validations"] = [_known_keys("alert", sorted(ALERT_NAMES))]
    included = spec["properties"]["dashboards"]["properties"]["include"]
    included["items"]["enum"] = sorted(DASHBOARD_NAMES)
    return spec


def _known_keys(what: str, known: Sequence[str]) -> dict[str, str]:
    names = ", ".join(f"'{name}'" for name in known)
    message = f"the {what}s are: {', '.join(known)}"
    # One is named: the order of a map's keys differs from evaluation to evaluation, and join() costs more than CEL's budget.
    unknown = f"self.filter(k, !(k in [{names}]))"
    return {
        "rule": f"self.all(k, k in [{names}])",
        "message": f"holds an unknown {what}; {message}",
        "messageExpression": f"'no such {what}: ' + {unknown}[0] + (size({unknown}) > 1 ? ' and others' : '') + '; {message}'",
    }
