"""The alerts about the operator itself, played through Prometheus' own rule engine."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from promql_parser import VectorSelector, parse

from chart import rendered
from harness import tools
from harness.content.runbooks import FOLDER, operator_runbooks
from monitoring_operator.render.inputs import DEFAULT_RUNBOOK_BASE_URL
from monitoring_operator.telemetry.catalogue import METRICS

ON = {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}
SCRAPED = f'job="monitoring-operator",namespace="{rendered.NAMESPACE}"'
OTHER = 'job="other",namespace="elsewhere"'
Series = dict[str, str]
"""Samples by series, in promtool's notation."""


def rules(values: rendered.Object | None = None) -> list[dict[str, Any]]:
    """The alerting rules of an installation with `values` over what switches them on."""
    groups = rendered.only(rendered.template(ON | (values or {})), "PrometheusRule")["spec"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def firing(folder: Path, series: Series, minute: int) -> set[str]:
    """Names of the alerts that fire at a minute, a sample a minute given."""
    spec = rendered.only(rendered.template(ON), "PrometheusRule")["spec"]
    (folder / "rules.yaml").write_text(yaml.safe_dump(spec))
    names = [rule["alert"] for rule in rules()]
    return {name for name in names if not _silent(folder, series, minute, name)}


def _silent(folder: Path, series: Series, minute: int, alert: str) -> bool:
    """Whether promtool agrees that `alert` does not fire; what it says must be about the alert and nothing else."""
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": []}],
            }
        ],
    }
    (folder / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run([tools.find("promtool"), "test", "rules", "test.yaml"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or f"alertname: {alert}" in done.stderr + done.stdout, done.stderr
    return done.returncode == 0


HEALTHY: Series = {
    f"up{{{SCRAPED}}}": "1x60",
    f'monitoring_operator_reconciles_total{{{SCRAPED},key="profile",result="success"}}': "0+1x60",
    f'monitoring_operator_reconciles_total{{{SCRAPED},key="profile",result="retry"}}': "0+1x60",
    f'monitoring_operator_reconciles_total{{{SCRAPED},key="profile",result="error"}}': "0x60",
    f'monitoring_operator_profiles{{{SCRAPED},ready="true"}}': "5x60",
    f'monitoring_operator_profiles{{{SCRAPED},ready="false"}}': "0x60",
    f"monitoring_operator_queue_oldest_wait_seconds{{{SCRAPED}}}": "0x60",
    f'monitoring_operator_watch_missed_total{{{SCRAPED},resource="secrets"}}': "0x300",
    f'monitoring_operator_api_requests_total{{{SCRAPED},method="GET",code="200"}}': "0+60x60",
    f'monitoring_operator_base_config_good{{{SCRAPED},alertmanager_namespace="m",alertmanager="main"}}': "1x60",
    f'monitoring_operator_observer_queries_total{{{SCRAPED},of="Prometheus",result="answered"}}': "0+1x60",
}
ASKED = f'monitoring_operator_observer_queries_total{{{SCRAPED},of="Prometheus",result='
API = f'monitoring_operator_api_requests_total{{{SCRAPED},method="PATCH",code='
MISSED = f'monitoring_operator_watch_missed_total{{{SCRAPED},resource="secrets"}}'
LASTING: Series = {name: values.replace("x60", "x300") for name, values in HEALTHY.items()}


@pytest.mark.parametrize(
    ("change", "minute", "expected"),
    [
        pytest.param({}, 60, set(), id="healthy"),
        pytest.param({f"up{{{SCRAPED}}}": "1x19 0x40"}, 28, set(), id="down for 8 minutes"),
        pytest.param({f"up{{{SCRAPED}}}": "1x19 0x40"}, 32, {"MonitoringOperatorDown"}, id="down for 12 minutes"),
        pytest.param({f"up{{{SCRAPED}}}": "1x19 _x40"}, 40, {"MonitoringOperatorDown"}, id="target gone"),
        pytest.param({f"up{{{SCRAPED}}}": "1x9 0x2 1x50"}, 60, set(), id="restarted"),
        pytest.param(
            {f'monitoring_operator_reconciles_total{{{SCRAPED},key="profile",result="error"}}': "0+1x60"},
            50,
            {"MonitoringOperatorReconcilesFail"},
            id="fails every minute",
        ),
        pytest.param(
            {f'monitoring_operator_reconciles_total{{{SCRAPED},key="profile",result="error"}}': "0x10 1x50"}, 50, set(), id="failed once"
        ),
        pytest.param(
            {f'monitoring_operator_profiles{{{SCRAPED},ready="false"}}': "0x9 2x50"}, 42, {"MonitoringProfilesNotReady"}, id="not ready"
        ),
        pytest.param({f'monitoring_operator_profiles{{{SCRAPED},ready="false"}}': "2x20 0x40"}, 42, set(), id="healed"),
        pytest.param({f"monitoring_operator_queue_oldest_wait_seconds{{{SCRAPED}}}": "0x9 1+60x50"}, 18, set(), id="busy for a moment"),
        pytest.param(
            {f"monitoring_operator_queue_oldest_wait_seconds{{{SCRAPED}}}": "0x9 1+60x50"}, 24, {"MonitoringOperatorQueueStuck"}, id="stuck"
        ),
        pytest.param({f'{API}"500"}}': "0+60x60"}, 40, {"MonitoringOperatorApiErrors"}, id="every other request fails"),
        pytest.param({f'{API}"none"}}': "0+60x60"}, 40, {"MonitoringOperatorApiErrors"}, id="every other request has no answer"),
        pytest.param({f'{API}"409"}}': "0+60x60"}, 40, set(), id="conflicts are answers"),
        pytest.param({f'{API}"500"}}': "0+60x9 540x50"}, 40, set(), id="the API server was restarted"),
        pytest.param({f'{ASKED}"failed"}}': "0+2x60"}, 45, {"MonitoringOperatorObservationFails"}, id="nobody answers"),
        pytest.param({f'{ASKED}"failed"}}': "0+0.5x60"}, 45, set(), id="one replica of three does not answer"),
        pytest.param({f'{ASKED}"failed"}}': "0+12x10 120x50"}, 35, set(), id="Prometheus was restarted"),
        pytest.param(LASTING | {MISSED: "0x9 1x290"}, 200, set(), id="missed once"),
        pytest.param(LASTING | {MISSED: "0+0.1x300"}, 200, {"MonitoringOperatorWatchMisses"}, id="misses go on"),
        pytest.param(
            {f'monitoring_operator_base_config_good{{{SCRAPED},alertmanager_namespace="m",alertmanager="main"}}': "1x9 0x50"},
            30,
            {"MonitoringOperatorBaseConfigBad"},
            id="base configuration bad",
        ),
        pytest.param({f'monitoring_operator_profiles{{{OTHER},ready="false"}}': "2x60"}, 60, set(), id="somebody else's"),
    ],
)
def test_alert_fires_when_it_should_and_not_otherwise(tmp_path: Path, change: Series, minute: int, expected: set[str]) -> None:
    """A sick operator is reported once it has been sick for long enough; a healthy one and somebody else's are not."""
    assert expected == firing(tmp_path, HEALTHY | change, minute)


def test_alerts_ask_for_metrics_that_the_operator_has() -> None:
    """Every metric and label that an expression names is one of the operator's; `up` is Prometheus' own."""
    known = {m.name: set(m.labels) for m in METRICS} | {"up": set()}
    added = {"job", "namespace"}

    for selector in (s for rule in rules() for s in selectors(parse(rule["expr"]))):
        assert selector.name in known
        assert {m.name for m in selector.matchers.matchers} <= known[selector.name] | added


def test_every_alert_has_a_runbook() -> None:
    """At the address that is linked, with the sections that all runbooks have; its queries ask for what there is."""
    pages = {runbook.alert: runbook for runbook in operator_runbooks()}
    known = {m.name for m in METRICS} | {f"{m.name}_bucket" for m in METRICS} | {"up"}

    assert {rule["alert"] for rule in rules()} == pages.keys()
    for rule in rules():
        runbook = pages[rule["alert"]]
        assert f"{DEFAULT_RUNBOOK_BASE_URL}/{rule['alert']}" == rule["annotations"]["runbook_url"]
        assert ["Meaning", "Impact", "Diagnosis", "Mitigation", "Tune"] == list(runbook.sections())
        assert rule["alert"] == runbook.title()
        assert {s.name for query in runbook.blocks("promql") for s in selectors(parse(query))} <= known
        assert all((FOLDER / link).is_file() for link in runbook.links())


def test_runbooks_may_be_ones_own() -> None:
    """The same setting as for profiles' alerts, with or without a slash at its end."""
    (first, *_) = rules({"runbookBaseUrl": "https://wiki.example.com/runbooks/"})

    assert f"https://wiki.example.com/runbooks/{first['alert']}" == first["annotations"]["runbook_url"]


def selectors(expression: Any) -> list[VectorSelector]:
    """Every selector in a parsed expression."""
    if isinstance(expression, VectorSelector):
        return [expression]
    below = [getattr(expression, name, None) for name in ("expr", "lhs", "rhs", "vector_selector")] + list(getattr(expression, "args", ()))
    return [found for part in below if part is not None for found in selectors(part)]


def test_alerts_are_off_by_default_and_need_the_metrics() -> None:
    """Nothing is made of it unasked; asked for without metrics, Helm says what is missing."""
    assert [] == rendered.of_kind(rendered.default(), "PrometheusRule")
    with pytest.raises(rendered.Refused, match=r"prometheusRule\.enabled needs serviceMonitor\.enabled"):
        rendered.template({"prometheusRule": {"enabled": True}})


def test_alerts_have_the_labels_by_which_prometheus_selects() -> None:
    """Those for all objects, and those of its own over them."""
    values = {"prometheus": {"labels": {"release": "kps", "team": "b"}}, "prometheusRule": {"enabled": True, "labels": {"team": "a"}}}
    labels = rendered.only(rendered.template(ON | values), "PrometheusRule")["metadata"]["labels"]

    assert {"release": "kps", "team": "a"}.items() <= labels.items()
