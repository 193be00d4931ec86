"""Prometheus objects: would they take up what the operator writes, and keep it long enough?"""

import re
from collections.abc import Iterator, Mapping, Sequence

from monitoring_operator.adoption.labels import fit
from monitoring_operator.adoption.selection import in_words, unmet
from monitoring_operator.api import durations
from monitoring_operator.api.resources import PROMETHEUS, PROMETHEUS_AGENT, PROMETHEUS_RULE, SERVICE_MONITOR, THANOS_RULER, Resource
from monitoring_operator.content.catalogue import alerts
from monitoring_operator.doctor.facts import Facts, Object, Settings, Unread
from monitoring_operator.doctor.finding import Finding, bad, good, warning
from monitoring_operator.doctor.workload import name, patch, state

DEFAULT_RETENTION = 86400.0
"""Seconds that prometheus-operator lets Prometheus keep data where its object does not say."""
SHORT_RETENTION = 7 * 86400.0

TAKES: Mapping[str, tuple[Resource, ...]] = {
    PROMETHEUS.kind: (SERVICE_MONITOR, PROMETHEUS_RULE),
    PROMETHEUS_AGENT.kind: (SERVICE_MONITOR,),
    THANOS_RULER.kind: (PROMETHEUS_RULE,),
}
_PREFIX = {SERVICE_MONITOR: "serviceMonitor", PROMETHEUS_RULE: "rule"}
_STACK = "kube-prometheus-stack"


def check(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """What every Prometheus, PrometheusAgent and ThanosRuler makes of our objects."""
    if PROMETHEUS not in facts.served:
        return
    if isinstance(facts.workloads, Unread):
        yield warning("Prometheus", f"its objects could not be read: {facts.workloads.why}")
        return
    takers = [b for b in facts.workloads if b["kind"] in TAKES]
    if not takers:
        mend = "kubectl explain prometheus.spec   # or install kube-prometheus-stack, which makes one"
        yield warning("Prometheus", "there is no Prometheus object: nothing is scraped, and profiles are Ready as NotVerified.", mend)
        return
    fitting = fit([b for b in takers if b["kind"] == PROMETHEUS.kind])
    if settings.prometheus_labels is None and fitting.disagreement:
        yield bad("Prometheus", fitting.disagreement, "helm upgrade ... --set prometheus.labels.KEY=VALUE   # of the Prometheus you mean")
    labels = fitting.labels if settings.prometheus_labels is None else settings.prometheus_labels
    for resource in (SERVICE_MONITOR, PROMETHEUS_RULE):
        yield from _selection(resource, [b for b in takers if resource in TAKES[b["kind"]]], labels)
    for body in takers:
        yield from _namespaces(body)
        yield from state(body)
        if body["kind"] == PROMETHEUS.kind:
            yield _retention(body)
            yield from _shards(body)


def _selection(resource: Resource, takers: Sequence[Object], labels: Mapping[str, str]) -> Iterator[Finding]:
    """Which of `takers` select objects of a kind that carry `labels`. It is enough that one does."""
    field = f"{_PREFIX[resource]}Selector"
    given = ", ".join(f"{k}={v}" for k, v in sorted(labels.items())) or "no label of its own"
    refusing = [(b, why) for b in takers if (why := _refusal(b.get("spec") or {}, field, labels))]
    nobody = len(refusing) == len(takers)
    if not takers:
        yield bad(resource.kind, "there is no object of prometheus-operator that takes any.")
    for body in takers:
        if body not in [b for b, _ in refusing]:
            yield good(name(body), f"selects every {resource.kind} of the operator ({given}).")
    for body, why in refusing:
        selector = (body.get("spec") or {}).get(field)
        mend = _select_all(body, resource) if selector is None else _carry(selector)
        make = bad if nobody else warning
        yield make(name(body), f"does not select the operator's {resource.kind} objects: {why}", mend)


def _refusal(spec: Object, field: str, labels: Mapping[str, str]) -> str:
    selector = spec.get(field)
    if selector is None:
        return f"it has no {field}, and one that is absent selects nothing."
    missing = unmet(selector, labels)
    given = ", ".join(f"{k}={v}" for k, v in sorted(labels.items())) or "no label of their own"
    return f"it selects {in_words(selector)} ({field}), and they have {given}." if missing else ""


def _select_all(body: Object, resource: Resource) -> str:
    field = f"{_PREFIX[resource]}Selector"
    if _is_stack(body):
        value = f"prometheus.prometheusSpec.{field}"
        return f"helm upgrade ... --set-json '{value}={{}}' --set {value}NilUsesHelmValues=false"
    return patch(body, {field: {}})


def _carry(selector: Object) -> str:
    """How to give the operator's objects the labels of a selector."""
    labels: dict[str, str] = dict(selector.get("matchLabels") or {})
    for expression in selector.get("matchExpressions") or ():
        if expression["operator"] in ("In", "Exists"):
            labels.setdefault(expression["key"], (expression.get("values") or ["true"])[0])
    if not labels:
        return "Leave the labels that it excludes out of the operator's prometheus.labels."
    return "helm upgrade ... " + " ".join(f"--set-string prometheus.labels.{_escaped(k)}={v}" for k, v in sorted(labels.items()))


def _escaped(key: str) -> str:
    return "'" + key.replace(".", r"\.") + "'" if "." in key else key


def _namespaces(body: Object) -> Iterator[Finding]:
    """Whose objects are looked at: a namespace that is not selected has no effect, and nothing says so."""
    spec = body.get("spec") or {}
    seen = set()
    for resource in TAKES[body["kind"]]:
        field = f"{_PREFIX[resource]}NamespaceSelector"
        selector = spec.get(field)
        if selector is None:
            own = body["metadata"]["namespace"]
            yield warning(name(body), f"has no {field} and so looks into its own namespace {own} only.", patch(body, {field: {}}))
        elif selector and in_words(selector) not in seen:
            seen.add(in_words(selector))
            wanted = " ".join(f"{k}={v}" for k, v in sorted((selector.get("matchLabels") or {}).items())) or "KEY=VALUE"
            yield warning(
                name(body),
                f"looks into namespaces with {in_words(selector)} only ({field}).",
                f"kubectl label namespace NAMESPACE {wanted}   # the namespace of each profile",
            )


def _shards(body: Object) -> Iterator[Finding]:
    """Each shard scrapes some of the targets, and evaluates every rule on those alone."""
    spec = body.get("spec") or {}
    if (spec.get("shards") or 1) > 1 and spec.get("ruleSelector") is not None:
        yield warning(
            name(body),
            f"has {spec['shards']} shards, and each evaluates every rule on its own part of the targets: an alert that something is absent "
            "fires in those that never had it, and sums and ratios are of a part.",
            patch(body, {"ruleSelector": None}) + "   # and have a ThanosRuler evaluate rules over all shards",
        )


def longest_window() -> float:
    """Seconds that the longest range in the catalogue's rules reaches back."""
    return max(durations.seconds(w) for a in alerts().values() for w in re.findall(r"\[(\d+[a-z\d]*)[:\]]", a.expr))


def _retention(body: Object) -> Finding:
    spec = body.get("spec") or {}
    if not spec.get("retention") and spec.get("retentionSize"):
        return good(name(body), f"keeps {spec['retentionSize']} of data.")
    try:
        kept = durations.seconds(spec["retention"]) if spec.get("retention") else DEFAULT_RETENTION
    except ValueError:
        return warning(name(body), f"its retention {spec['retention']!r} is no duration.")
    words = f"keeps data for {durations.text(kept)}" + ("" if spec.get("retention") else ", which is the default")
    mend = _longer(body)
    if kept < longest_window():
        return bad(name(body), f"{words}, and rules look back {durations.text(longest_window())}.", mend)
    if kept < SHORT_RETENTION:
        return warning(name(body), f"{words}: dashboards reach no further back.", mend)
    return good(name(body), f"{words}.")


def _longer(body: Object) -> str:
    if _is_stack(body):
        return "helm upgrade ... --set prometheus.prometheusSpec.retention=15d"
    return patch(body, {"retention": "15d"})


def _is_stack(body: Object) -> bool:
    labels = body["metadata"].get("labels") or {}
    return _STACK in (labels.get("app.kubernetes.io/part-of", ""), labels.get("chart", "").rpartition("-")[0])
