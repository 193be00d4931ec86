"""Which of prometheus-operator's objects take up what we write, and of those that do not, why.

Selection leaves no trace in the cluster: an object that nobody selects looks like any other. So every selector is evaluated
here as prometheus-operator does it.
Semantics: https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.CommonPrometheusFields
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.facts import Fact
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.resources import PROMETHEUS, PROMETHEUS_AGENT, PROMETHEUS_RULE, SERVICE_MONITOR, THANOS_RULER, Resource

Object = Mapping[str, Any]
Labels = Mapping[str, str]

SHOWN = 3
OWN_LABEL = "kubernetes.io/metadata.name"
"""The label with its own name that Kubernetes puts on every namespace."""


@dataclass(frozen=True, slots=True)
class _Field:
    """Which field of whose spec selects a kind."""

    objects: str
    namespaces: str
    by: tuple[str, ...]


_FIELDS: Mapping[Resource, _Field] = {
    SERVICE_MONITOR: _Field("serviceMonitorSelector", "serviceMonitorNamespaceSelector", (PROMETHEUS.kind, PROMETHEUS_AGENT.kind)),
    PROMETHEUS_RULE: _Field("ruleSelector", "ruleNamespaceSelector", (PROMETHEUS.kind, THANOS_RULER.kind)),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object of ours that somebody must select, with its labels; `digest` tells it from what it was before."""

    ref: Ref
    labels: Labels
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one Prometheus, PrometheusAgent or ThanosRuler makes of one candidate. `selected` is None where that cannot be told."""

    by: Ref
    selected: bool | None
    reason: str = ""
    why: str = ""


def matches(selector: Object, labels: Labels) -> bool:
    """Whether a label selector (as JSON) takes labels; an empty one takes all."""
    return not unmet(selector, labels)


def unmet(selector: Object, labels: Labels) -> list[str]:
    """The requirements of a label selector that `labels` do not meet, as kubectl writes them."""
    missing = [f"{k}={v}" for k, v in sorted((selector.get("matchLabels") or {}).items()) if labels.get(k) != v]
    for expression in selector.get("matchExpressions") or ():
        key, values = expression["key"], expression.get("values") or ()
        match expression["operator"]:
            case "In" if labels.get(key) not in values:
                missing.append(f"{key} in ({','.join(values)})")
            case "NotIn" if labels.get(key) in values:
                missing.append(f"{key} notin ({','.join(values)})")
            case "Exists" if key not in labels:
                missing.append(key)
            case "DoesNotExist" if key in labels:
                missing.append(f"!{key}")
    return missing


def in_words(selector: Object) -> str:
    """A label selector as kubectl writes it; `{}` for one that takes everything."""
    words = [f"{k}={v}" for k, v in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or ():
        key, values = expression["key"], ",".join(expression.get("values") or ())
        forms = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
        words.append(forms.get(expression["operator"], key))
    return ",".join(words) or "{}"


def needs_namespace_labels(workloads: Iterable[Object]) -> bool:
    """Whether a selector among `workloads` asks for labels of namespaces beyond their names."""
    for body in workloads:
        for field in _FIELDS.values():
            selector = (body.get("spec") or {}).get(field.namespaces) or {}
            expressions = selector.get("matchExpressions") or ()
            if {*(selector.get("matchLabels") or {}), *(e["key"] for e in expressions)} - {OWN_LABEL}:
                return True
    return False


def choices(candidate: Candidate, workloads: Iterable[Object], namespace_labels: Labels | None) -> list[Choice]:
    """What every workload that could take the candidate makes of it.

    `namespace_labels` are those of the candidate's namespace, None where they are not known.
    """
    field = _FIELDS[candidate.ref.resource]
    return [_choice(candidate, body, field, namespace_labels) for body in workloads if body["kind"] in field.by]


def _choice(candidate: Candidate, body: Object, field: _Field, namespace_labels: Labels | None) -> Choice:
    spec, metadata, namespace = body.get("spec") or {}, body["metadata"], candidate.ref.namespace
    by = Ref(_BY_KIND[body["kind"]], metadata["namespace"], metadata["name"])
    selector, spaces = spec.get(field.objects), spec.get(field.namespaces)
    if selector is None:
        # Not the same as an empty one, which selects everything.
        return Choice(by, False, Reason.NOT_SELECTED, f"{by} has no {field.objects} and so selects none; set it there, {{}} selects all")
    missing = unmet(selector, candidate.labels)
    if missing:
        has = _present(candidate.labels, selector)
        return Choice(
            by, False, Reason.NOT_SELECTED,
            f"{by} selects {in_words(selector)} ({field.objects}), and {' and '.join(missing)} does not hold: "
            f"the object has {has}; mend spec.prometheus.labels",
        )  # fmt: skip
    if spaces is None and namespace != by.namespace:
        return Choice(
            by, False, Reason.NAMESPACE_NOT_SELECTED,
            f"{by} has no {field.namespaces} and so looks into its own namespace only; set it there, {{}} selects all namespaces",
        )  # fmt: skip
    if not spaces:
        return Choice(by, True)
    return _in_namespace(by, spaces, field, namespace, namespace_labels)


def _in_namespace(by: Ref, spaces: Object, field: _Field, namespace: str, labels: Labels | None) -> Choice:
    known = {OWN_LABEL: namespace} | dict(labels or {})
    missing = unmet(spaces, known)
    if labels is None and any(not m.startswith(f"{OWN_LABEL}") for m in [*missing, *_negatives(spaces)]):
        return Choice(by, None, Reason.NAMESPACE_UNKNOWN, f"the labels of namespace {namespace}, by which {by} selects, may not be read")
    if missing:
        return Choice(
            by, False, Reason.NAMESPACE_NOT_SELECTED,
            f"{by} looks into namespaces with {in_words(spaces)} ({field.namespaces}), and {' and '.join(missing)} does not hold for "
            f"namespace {namespace}; label the namespace",
        )  # fmt: skip
    return Choice(by, True)


def _negatives(selector: Object) -> list[str]:
    """Requirements that hold of a namespace without labels, and may not of the real one."""
    return [e["key"] for e in selector.get("matchExpressions") or () if e["operator"] in ("NotIn", "DoesNotExist")]


def _present(labels: Labels, selector: Object) -> str:
    keys = {*(selector.get("matchLabels") or {}), *(e["key"] for e in selector.get("matchExpressions") or ())}
    return ", ".join(f"{k}={labels[k]}" for k in sorted(keys) if k in labels) or "none of these labels"


def judge(candidates: Iterable[Candidate], workloads: Iterable[Object], namespace_labels: Labels | None, ambiguity: str = "") -> Fact:
    """The fact `Selected` of a profile: everything of it is selected by somebody. `ambiguity` is what deriving labels could not settle."""
    if ambiguity:
        return Fact(Condition.SELECTED, "False", Reason.LABELS_AMBIGUOUS, ambiguity)
    everybody = list(workloads)
    by: set[str] = set()
    doubts: list[Choice] = []
    for candidate in candidates:
        made = choices(candidate, everybody, namespace_labels)
        takers = [c for c in made if c.selected]
        by |= {str(c.by) for c in takers}
        if takers:
            continue
        refused = [c for c in made if c.selected is False]
        doubts += [c for c in made if c.selected is None]
        if len(refused) == len(made):
            # Who would have taken the object but for its namespace is nearer than who wants other labels.
            refused.sort(key=lambda c: c.reason != Reason.NAMESPACE_NOT_SELECTED)
            why = "; ".join(c.why for c in refused[:SHOWN]) or "there is none that could"
            reason = refused[0].reason if refused else Reason.NOT_SELECTED
            return Fact(Condition.SELECTED, "False", reason, f"Nobody selects {candidate.ref}: {why}.")
    if doubts:
        return Fact(Condition.SELECTED, "Unknown", doubts[0].reason, f"Whether anybody selects is not known: {doubts[0].why}.")
    return Fact(Condition.SELECTED, "True", Reason.SELECTED, f"Selected by {', '.join(sorted(by))}.")


_BY_KIND = {r.kind: r for r in (PROMETHEUS, PROMETHEUS_AGENT, THANOS_RULER)}
