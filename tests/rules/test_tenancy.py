"""Prometheus itself is asked whether an alert can pose as another profile's."""

from pathlib import Path

from harness.content import promtool
from harness.content.profiles import NAME, NAMESPACE, spec
from monitoring_operator.api.profile import parse
from monitoring_operator.api.resources import PROMETHEUS_RULE
from monitoring_operator.render import Inputs, render

POSING = (
    'label_replace(label_replace(label_replace(up, "namespace", "victim", "", ""), "profile", "web", "", ""), "alertname", "Down", "", "")'
)


def test_an_alert_cannot_pose_as_another_profiles(tmp_path: Path) -> None:
    """Whatever labels its expression makes up, it fires under its own profile's and its own name."""
    extra = {"alert": "Mine", "expr": POSING, "severity": "critical", "summary": "Down."}
    body = {"metadata": {"name": NAME, "namespace": NAMESPACE, "uid": "u"}, "spec": spec(alerts={"extra": [extra]})}
    manifests = render(parse(body), Inputs())
    groups = next(m.body["spec"]["groups"] for m in manifests if m.ref.resource == PROMETHEUS_RULE and m.ref.name.endswith("-extra"))
    fires = {"namespace": NAMESPACE, "profile": NAME, "severity": "critical", "signal": "Mine", "job": "any"}
    annotations = groups[0]["rules"][0]["annotations"]
    case = {
        "input_series": [{"series": 'up{job="any",namespace="own"}', "values": "0x5"}],
        "alert_rule_test": [
            {"eval_time": "1m", "alertname": "Mine", "exp_alerts": [{"exp_labels": fires, "exp_annotations": annotations}]},
            {"eval_time": "1m", "alertname": "Down", "exp_alerts": []},
        ],
    }

    passed, words = promtool.prove(tmp_path, groups, [case], interval="30s")
    assert passed, words
