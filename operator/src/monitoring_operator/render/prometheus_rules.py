"""The PrometheusRules: the catalogue's alerts in one, the user's own in another.

They are apart because prometheus-operator refuses an object as a whole: a rule of the user that it does not take must not take
the catalogue's down.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from monitoring_operator.api import names
from monitoring_operator.api.alerts import ExtraAlert
from monitoring_operator.api.child import child
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.resources import PROMETHEUS_RULE
from monitoring_operator.content import templates
from monitoring_operator.content.effective import Effective, effective
from monitoring_operator.content.links import dashboard_url, runbook_url
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.objects import prometheus_labels


def render_prometheus_rules(profile: Profile, inputs: Inputs) -> list[Manifest]:
    """`<profile>-alerts` and, if the profile has alerts of its own, `<profile>-extra`; neither if alerts are switched off."""
    if not profile.spec.alerts.enabled:
        return []
    groups = [
        _group(profile, group, [_rule(profile, inputs, alert) for alert in alerts])
        for group, alerts in groupby(effective(profile), key=lambda e: e.alert.group)
    ]
    extra = [_extra(profile, inputs, alert) for alert in profile.spec.alerts.extra]
    rendered = []
    if groups:
        rendered.append(_manifest(profile, inputs, "alerts", groups))
    if extra:
        rendered.append(_manifest(profile, inputs, "extra", [_group(profile, "extra", extra)]))
    return rendered


def _manifest(profile: Profile, inputs: Inputs, suffix: str, groups: list[dict[str, Any]]) -> Manifest:
    labels = prometheus_labels(profile, inputs.prometheus_labels)
    return child(profile, PROMETHEUS_RULE, f"{profile.name}-{suffix}", {"spec": {"groups": groups}}, labels=labels)


def _group(profile: Profile, name: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": f"{profile.namespace}.{profile.name}.{name}", "rules": rules}


def _labels(profile: Profile, severity: str, signal: str, own: Mapping[str, str]) -> dict[str, str]:
    """What an alert carries whatever its expression yields; the reserved ones come last, so that nothing can replace them."""
    common = {name: templates.literal(value) for name, value in profile.spec.alerts.labels.items()}
    reserved = {
        names.ALERT_LABEL_NAMESPACE: profile.namespace,
        names.ALERT_LABEL_PROFILE: profile.name,
        names.ALERT_LABEL_SEVERITY: severity,
        names.ALERT_LABEL_SIGNAL: signal,
    }
    return {**common, **own, **reserved}


def _rule(profile: Profile, inputs: Inputs, wanted: Effective) -> dict[str, Any]:
    annotations = {
        "summary": wanted.summary,
        "description": wanted.description,
        "runbook_url": templates.literal(runbook_url(profile, inputs.runbook_base_url, wanted.alert.name)),
    }
    look_at = dashboard_url(profile, inputs.grafana_url, wanted.alert.dashboard, wanted.by)
    if look_at is not None:
        annotations["dashboard_url"] = look_at
    rule: dict[str, Any] = {"alert": wanted.alert.name, "expr": wanted.expr, "for": wanted.for_}
    if wanted.alert.keep_firing_for is not None:
        rule["keep_firing_for"] = wanted.alert.keep_firing_for
    return {**rule, "labels": _labels(profile, wanted.severity, wanted.alert.signal, {}), "annotations": annotations}


def _extra(profile: Profile, inputs: Inputs, extra: ExtraAlert) -> dict[str, Any]:
    annotations = {"runbook_url": templates.literal(runbook_url(profile, inputs.runbook_base_url, extra.alert))}
    look_at = dashboard_url(profile, inputs.grafana_url, "system-overview", ("namespace", "job"))
    if look_at is not None:
        annotations["dashboard_url"] = look_at
    annotations |= {**extra.annotations, "summary": extra.summary}
    if extra.description is not None:
        annotations["description"] = extra.description
    rule: dict[str, Any] = {"alert": extra.alert, "expr": extra.expr}
    if extra.for_ is not None:
        rule["for"] = extra.for_
    if extra.keep_firing_for is not None:
        rule["keep_firing_for"] = extra.keep_firing_for
    # The signal is the alert's own name: a critical of the same name mutes its warning, and nothing else does.
    return {**rule, "labels": _labels(profile, extra.severity, extra.alert, extra.labels), "annotations": annotations}
