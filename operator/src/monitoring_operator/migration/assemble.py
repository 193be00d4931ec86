"""From what was read to a profile that is valid: what the profile's own checks refuse is left out, with their words."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.profile import InvalidProfile, Problem, parse
from monitoring_operator.content.check import problems
from monitoring_operator.migration import alertmanager, monitor, rules, sloth
from monitoring_operator.migration.draft import Document, Draft


class NothingToImport(Exception):
    """No profile can be made; the message says what is missing."""


def read(documents: Iterable[Document], draft: Draft) -> None:
    """Take over every document, by what it is. Notifications come last: their Secret is named after the profile."""
    later = []
    for document in documents:
        body = document.value
        if not isinstance(body, dict):
            draft.leave(document, "", "the document: it is no mapping")
        elif "receivers" in body and "route" in body:
            later.append(document)
        else:
            _read(document, body, draft)
    for document in later:
        alertmanager.read(document, draft)


def _read(document: Document, body: dict[str, Any], draft: Draft) -> None:
    match body.get("kind"):
        case "PrometheusRule":
            _identity(body, draft)
            rules.read(document, (body.get("spec") or {}).get("groups"), "spec.groups", draft)
        case "PrometheusServiceLevel":
            _identity(body, draft)
            sloth.read(document, body.get("spec") or {}, "spec", draft)
        case "ServiceMonitor":
            _identity(body, draft)
            monitor.read(document, draft)
        case None if "groups" in body:
            rules.read(document, body["groups"], "groups", draft)
        case None if "slos" in body:
            sloth.read(document, body, "", draft)
        case kind:
            what = kind or "a document of no known kind"
            draft.leave(document, "", f"{what}: not rules, service levels, a ServiceMonitor or alertmanager.yml")


def _identity(body: dict[str, Any], draft: Draft) -> None:
    metadata = body.get("metadata") or {}
    draft.namespace = draft.namespace or str(metadata.get("namespace", ""))
    draft.name = draft.name or str(metadata.get("name", ""))


def profile(draft: Draft) -> dict[str, Any]:
    """The MonitoringProfile, valid; what had to be left out for that is reported. Raises NothingToImport."""
    if not (draft.overrides or draft.extras or draft.notifications.get("critical") or draft.notifications.get("warning") or draft.scrape):
        raise NothingToImport("nothing of it can become a part of a profile")
    if not draft.name:
        raise NothingToImport("no file says what the profile is to be called; give --name")
    while (problem := _first_problem(body := _body(draft))) is not None:
        _drop(problem, draft)
    for place, extra in zip(draft.extra_places, draft.extras, strict=True):
        draft.take(*place, f"the alert {extra['alert']} ({extra['severity']}) as an extra alert")
    for field, origins in draft.told.items():
        for origin in origins:
            draft.take(origin.document, origin.path, f"{origin.text} as notifications.{field}")
    needed = set(_keys(body))
    draft.credentials = [credential for credential in draft.credentials if credential.key in needed]
    draft.report.sort(key=lambda line: (line.file, line.line, not line.taken))
    return body


def _body(draft: Draft) -> dict[str, Any]:
    alerts = {"rules": {k: v for k, v in draft.overrides.items() if v}, "extra": draft.extras}
    told = draft.notifications.get("critical") or draft.notifications.get("warning")
    spec = {
        "scrape": {"selector": {"matchLabels": {"app": draft.name}}, "port": "http", **draft.scrape},
        "alerts": {k: v for k, v in alerts.items() if v},
        # A list from which everything had to be left out is not there.
        "notifications": {k: v for k, v in draft.notifications.items() if v} if told else None,
    }
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {"name": draft.name, **({"namespace": draft.namespace} if draft.namespace else {})},
        "spec": {k: v for k, v in spec.items() if v},
    }


def _keys(value: Any) -> Iterator[str]:
    """Keys of Secrets to which anything in `value` refers."""
    if isinstance(value, dict):
        if "secretKeyRef" in value:
            yield value["secretKeyRef"]["key"]
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from _keys(part)


def _first_problem(body: dict[str, Any]) -> Problem | None:
    try:
        found = problems(parse(body, strict=True))
    except InvalidProfile as error:
        found = error.problems
    return found[0] if found else None


def _drop(problem: Problem, draft: Draft) -> None:
    """Leave out what `problem` is about. Raises NothingToImport for what the profile cannot do without."""
    extra = re.match(r"spec\.alerts\.extra\[(\d+)\]", problem.path)
    if extra:
        index = int(extra[1])
        place, dropped = draft.extra_places.pop(index), draft.extras.pop(index)
        draft.leave(*place, f"the alert {dropped['alert']}: {problem}")
        return
    rule = re.match(r"(spec\.alerts\.rules\.)(\w+)", problem.path)
    field = re.match(r"(spec\.(notifications|scrape))\.(\w+)", problem.path)
    told = re.match(r"spec\.notifications\.(\w+)\[(\d+)\]", problem.path)
    if rule and draft.overrides.get(rule[2]):
        place = draft.places[rule[0]]
        draft.overrides[rule[2]] = {}
    elif told and told[1] in draft.told:
        origin = draft.told[told[1]].pop(int(told[2]))
        draft.notifications[told[1]].pop(int(told[2]))
        draft.leave(origin.document, origin.path, f"{origin.text}: {problem}")
        return
    elif field and field[3] in (section := draft.scrape if field[2] == "scrape" else draft.notifications):
        place = draft.places[field[1]]
        section.pop(field[3])
    else:
        raise NothingToImport(str(problem))
    draft.leave(*place, f"what the profile does not take: {problem}")
