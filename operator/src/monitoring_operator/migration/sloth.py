"""Sloth's service levels: the alerts on burn rates become extra alerts on the queries themselves, since a profile records nothing."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from monitoring_operator.migration.draft import Document, Draft, Json
from monitoring_operator.migration.rules import as_extra

# Sloth's default windows for 30 days: two pairs of windows for each severity, and how many times too fast the budget burns.
_WINDOWS = {
    "page": (("5m", "1h", Decimal("14.4")), ("30m", "6h", Decimal(6))),
    "ticket": (("2h", "1d", Decimal(3)), ("6h", "3d", Decimal(1))),
}
_SEVERITIES = {"page": "critical", "ticket": "warning"}
_WINDOW = re.compile(r"\{\{\s*\.window\s*\}\}")


def read(document: Document, spec: Json, root: str, draft: Draft) -> None:
    """Take over the service levels of `spec`, whose path in the document is `root`; camelCase or snake_case."""
    service = str(spec.get("service", ""))
    draft.name = draft.name or service
    for index, slo in enumerate(spec.get("slos") or ()):
        labels = {**(spec.get("labels") or {}), **(slo.get("labels") or {})}
        _slo(document, f"{root}.slos[{index}]" if root else f"slos[{index}]", {**slo, "service": service, "labels": labels}, draft)


def _slo(document: Document, path: str, slo: Json, draft: Draft) -> None:
    what = f"the service level {slo['service']}/{slo.get('name')}"
    ratio = _ratio(slo.get("sli") or {})
    if ratio is None or "{{" in _WINDOW.sub("", ratio):
        draft.leave(document, f"{path}.sli", f"{what}: its indicator is neither two queries nor a ratio of errors with .window alone")
        return
    try:
        budget = (100 - Decimal(str(slo["objective"]))) / 100
    except (KeyError, InvalidOperation):
        draft.leave(document, path, f"{what}: its objective is not a number")
        return
    taken = []
    for kind, windows in _WINDOWS.items():
        reachable = [(short, long, budget * factor) for short, long, factor in windows if budget * factor < 1]
        if _settings(slo, kind).get("disable"):
            continue
        if len(reachable) < len(windows):
            draft.leave(document, path, f"{what}: {kind} alerts at a burn rate at which more than everything would have to fail")
        if reachable:
            taken.append(kind)
            draft.add_extra(document, path, _alert(slo, kind, " or ".join(_pair(ratio, *window) for window in reachable)))
    if taken:
        longest = "3 days" if "ticket" in taken else "6 hours"
        draft.take(document, path, f"{what} as alerts on its own queries, which read up to {longest} of raw series at every evaluation")
    draft.leave(document, path, f"{what}: recording rules and what is built on them, such as Sloth's dashboards; a profile records nothing")


def _settings(slo: Json, kind: str) -> dict[str, Any]:
    """What is said of the page or the ticket alone."""
    alerting = slo.get("alerting") or {}
    return alerting.get(f"{kind}Alert") or alerting.get(f"{kind}_alert") or {}


def _alert(slo: Json, kind: str, expr: str) -> dict[str, Any]:
    """The extra alert, with the labels that Sloth gives it, so that routes which match them still do."""
    service, name, alerting, settings = slo["service"], str(slo.get("name")), slo.get("alerting") or {}, _settings(slo, kind)
    ids = {"sloth_id": f"{service}-{name}", "sloth_service": service, "sloth_slo": name, "sloth_severity": kind}
    summary = {"summary": f"{service}/{name} burns its error budget too fast."}
    annotations = {**summary, **(alerting.get("annotations") or {}), **(settings.get("annotations") or {})}
    return as_extra(
        str(alerting.get("name") or f"{_camel(service)}{_camel(name)}BurnsBudget"),
        expr,
        {"annotations": annotations},
        for_=None,
        severity=_SEVERITIES[kind],
        labels={**ids, **slo["labels"], **(alerting.get("labels") or {}), **(settings.get("labels") or {})},
    )


def _ratio(sli: Json) -> str | None:
    """The share of errors, with .window where the range stands."""
    raw = sli.get("raw") or {}
    events = sli.get("events") or {}
    ratio = raw.get("errorRatioQuery") or raw.get("error_ratio_query")
    if ratio:
        return str(ratio).strip()
    bad = events.get("errorQuery") or events.get("error_query")
    total = events.get("totalQuery") or events.get("total_query")
    return f"({str(bad).strip()})\n/\n({str(total).strip()})" if bad and total else None


def _pair(ratio: str, short: str, long: str, limit: Decimal) -> str:
    """Both windows must burn too fast: the long one because it matters, the short one because it still goes on."""
    return " and ".join(f"(({_WINDOW.sub(window, ratio)}) > {_plain(limit)})" for window in (short, long))


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _camel(text: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", text))
