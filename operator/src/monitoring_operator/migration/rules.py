"""Groups of rules, as a PrometheusRule or a file of Prometheus holds them: alerts become overrides of the catalogue or extra alerts."""

from typing import Any

from monitoring_operator.api.names import RESERVED_ALERT_LABELS
from monitoring_operator.content import ALERT_NAMES
from monitoring_operator.migration.draft import Document, Draft, Json
from monitoring_operator.migration.recognise import override

SEVERITIES = {
    "critical": "critical", "page": "critical", "error": "critical", "high": "critical",
    "warning": "warning", "warn": "warning", "ticket": "warning", "minor": "warning",
    "info": "info", "none": "info",
}  # fmt: skip
"""What people call it, and what it is here."""
_SUMMARIES = ("summary", "title", "message")


def read(document: Document, groups: Any, root: str, draft: Draft) -> None:
    """Take over what stands in `groups`, whose path in the document is `root`."""
    for index, group in enumerate(groups or ()):
        path = f"{root}[{index}]"
        for field, why in (
            ("interval", "alerts are evaluated at Prometheus' own interval"),
            ("limit", "a profile has no limit of alerts"),
            ("query_offset", "a profile has no offset"),
        ):
            if field in group:
                draft.leave(document, f"{path}.{field}", f"{field} of the group {group.get('name')}: {why}")
        for number, rule in enumerate(group.get("rules") or ()):
            _rule(document, rule, group.get("labels") or {}, f"{path}.rules[{number}]", draft)


def _rule(document: Document, rule: Json, common: Json, path: str, draft: Draft) -> None:
    if "record" in rule:
        why = "a profile has no recording rules; leave it in a PrometheusRule of its own"
        draft.leave(document, path, f"the recording rule {rule['record']}: {why}")
        return
    name, expr = str(rule.get("alert", "")), str(rule.get("expr", ""))
    labels = {str(k): str(v) for k, v in {**common, **(rule.get("labels") or {})}.items()}
    given = labels.get("severity", "")
    severity = SEVERITIES.get(given.lower())
    if severity is None:
        severity = "warning"
        said = f"its severity {given!r} is none of critical, warning and info" if given else "it has no severity"
        draft.take(document, path, f"the alert {name} as a warning: {said}")
    for_ = str(rule["for"]) if rule.get("for") not in (None, "0s", 0) else None
    known = override(name, severity, expr, for_)
    if known is not None and known[0] not in draft.overrides:
        _take_override(document, path, name, known, draft)
        return
    extra = as_extra(name, expr, rule, for_=for_, severity=severity, labels=labels)
    if name in ALERT_NAMES:
        extra["alert"] = f"{name}Own"
        draft.take(document, path, f"the alert {name} as {name}Own: the catalogue has an alert of that name, which measures something else")
    dropped = sorted((labels.keys() & RESERVED_ALERT_LABELS) - {"severity"})
    if dropped:
        draft.leave(document, f"{path}.labels", f"the labels {', '.join(dropped)} of {name}: the operator sets them itself")
    draft.add_extra(document, path, extra)


def as_extra(name: str, expr: str, rule: Json, *, for_: str | None, severity: str, labels: Json) -> dict[str, Any]:
    """An extra alert of a profile, with the expression as it is. `rule` has annotations, and may have keep_firing_for."""
    annotations = {str(k): str(v) for k, v in (rule.get("annotations") or {}).items()}
    description = annotations.pop("description", None)
    summary = next((annotations.pop(key) for key in _SUMMARIES if annotations.get(key)), None) or description or f"{name} is firing."
    own = {k: v for k, v in labels.items() if k not in RESERVED_ALERT_LABELS}
    fields = {
        "alert": name,
        "expr": expr,
        "for": for_,
        "keepFiringFor": rule.get("keep_firing_for"),
        "severity": severity,
        "summary": summary.strip(),
        "description": description if description != summary else None,
        "labels": own,
        "annotations": annotations,
    }
    return {k: v for k, v in fields.items() if v not in (None, {})}


def _take_override(document: Document, path: str, name: str, known: tuple[str, dict[str, Any]], draft: Draft) -> None:
    catalogue_name, change = known
    draft.overrides[catalogue_name] = change
    draft.places[f"spec.alerts.rules.{catalogue_name}"] = (document, path)
    said = ", ".join(f"{k}: {v}" for k, v in change.items()) or "nothing differs"
    draft.take(document, path, f"the alert {name} as the catalogue's {catalogue_name} ({said}); the expression is the catalogue's")
