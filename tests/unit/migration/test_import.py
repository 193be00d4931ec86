"""`monitoring-operator import`: what was written by hand becomes a valid profile, nothing is lost in silence, no secret is copied."""

import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from click.testing import CliRunner, Result

from monitoring_operator.cli.main import cli
from monitoring_operator.migration.draft import Document, Draft
from monitoring_operator.migration.recognise import override
from monitoring_operator.migration.rules import read

RULES = """\
groups:
  - name: ga4
    interval: 30s
    labels: {team: analytics}
    rules:
      - alert: GA4_API_HighErrorRate
        expr: |
          (sum(rate(ga4_api_calls_total{status="error"}[5m])) / sum(rate(ga4_api_calls_total[5m]))) > 0.08
        for: 7m
        labels: {severity: critical}
      - alert: QuotaNearlyGone
        expr: ga4_quota_usage_ratio > 0.95
        for: 2m
        labels: {severity: page}
      - alert: HighMemoryUsage
        expr: system_memory_usage_bytes{type="rss"} > 1.5e9
        for: 10m
        labels: {severity: warning}
        annotations: {summary: Memory is short, runbook_url: https://wiki.example.com/memory}
      - alert: NightlyExportMissing
        expr: absent_over_time(export_success_total[26h])
        labels: {severity: ticket, namespace: other}
        annotations:
          description: "No export for {{ $labels.job }}."
      - record: job:requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - alert: Broken
        expr: sum(rate(x[5m])
        labels: {severity: warning}
      - alert: Odd
        expr: up == 0
        labels: {severity: sev7}
"""
ALERTMANAGER = """\
global:
  slack_api_url: https://hooks.slack.com/services/planted
route:
  receiver: chat
  group_by: [alertname, cluster]
  group_wait: 20s
  routes:
    - matchers: [severity="critical"]
      receiver: phone
    - match: {service: billing}
      receiver: chat
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity="warning"]
receivers:
  - name: phone
    pagerduty_configs:
      - routing_key: planted-key
        description: our own words
    email_configs:
      - to: ops@example.com
  - name: chat
    slack_configs:
      - channel: "#alerts"
        send_resolved: false
"""
SLOTH = """\
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata: {name: web-slos, namespace: shop}
spec:
  service: web
  labels: {owner: team-a}
  slos:
    - name: requests-availability
      objective: 99.9
      sli:
        events:
          errorQuery: sum(rate(http_requests_total{job="web",code=~"5.."}[{{.window}}]))
          totalQuery: sum(rate(http_requests_total{job="web"}[{{ .window }}]))
      alerting:
        name: WebHighErrorRate
        labels: {category: availability}
        annotations: {summary: "Too many errors of web"}
        pageAlert: {labels: {routing: phone}}
        ticketAlert: {disable: true}
    - name: by-plugin
      objective: 99
      sli: {plugin: {id: some/plugin}}
"""
PLAIN_SLOTH = """\
version: prometheus/v1
service: web
slos:
  - name: latency
    objective: 90
    sli: {raw: {error_ratio_query: "1 - (sum(rate(fast_total[{{.window}}])) / sum(rate(all_total[{{.window}}])))"}}
    alerting: {ticket_alert: {labels: {routing: board}}}
"""


def run(folder: Path, *args: str, **files: str) -> tuple[Result, dict[str, Any]]:
    """Import these files from `folder`, with options; the profile that was printed, or nothing."""
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    result = CliRunner().invoke(cli, ["import", *(str(folder / f"{name}.yaml") for name in files), *args])
    return result, yaml.safe_load(result.stdout) if result.exit_code < 2 else {}


def lines(result: Result, folder: Path) -> list[str]:
    """The report, without the folder's name."""
    return [line.removeprefix(f"{folder}/") for line in result.stderr.splitlines()]


def test_rules_become_overrides_and_extra_alerts(tmp_path: Path) -> None:
    """What the catalogue has is overridden where it differs; the rest comes along with its expression as it is."""
    result, profile = run(tmp_path, "--name", "ga4", rules=RULES)
    alerts = profile["spec"]["alerts"]
    extras = {e["alert"]: e for e in alerts["extra"]}

    assert {"Ga4ApiHighErrorRate": {"threshold": 0.08, "for": "7m"}} == alerts["rules"]
    assert ["HighMemoryUsageOwn", "NightlyExportMissing", "Odd"] == list(extras)
    assert 'system_memory_usage_bytes{type="rss"} > 1.5e9' == extras["HighMemoryUsageOwn"]["expr"]
    assert {"team": "analytics"} == extras["NightlyExportMissing"]["labels"]
    assert "No export for {{ $labels.job }}." == extras["NightlyExportMissing"]["summary"]
    assert "https://wiki.example.com/memory" == extras["HighMemoryUsageOwn"]["annotations"]["runbook_url"]
    assert ["warning", "warning", "warning"] == [e["severity"] for e in extras.values()]
    assert 1 == result.exit_code


def test_everything_has_its_line(tmp_path: Path) -> None:
    """File, line and reason for what was not taken; also for what was taken as something else."""
    result, _ = run(tmp_path, "--name", "ga4", rules=RULES)
    report = lines(result, tmp_path)

    for expected in (
        r"rules.yaml:3: NOT taken: interval of the group ga4: ",
        r"rules.yaml:6: taken: the alert GA4_API_HighErrorRate as the catalogue's Ga4ApiHighErrorRate \(threshold: 0.08, for: 7m\)",
        r"rules.yaml:11: taken: the alert QuotaNearlyGone as the catalogue's Ga4QuotaExhaustionImminent \(nothing differs\)",
        r"rules.yaml:15: taken: the alert HighMemoryUsage as HighMemoryUsageOwn: ",
        r"rules.yaml:22: NOT taken: the labels namespace of NightlyExportMissing: the operator sets them itself",
        r"rules.yaml:25: NOT taken: the recording rule job:requests:rate5m: ",
        r"rules.yaml:27: NOT taken: the alert Broken: spec.alerts.extra\[2\].expr: is not PromQL",
        r"rules.yaml:30: taken: the alert Odd as a warning: its severity 'sev7' is none of critical, warning and info",
    ):
        assert any(re.match(expected, line) for line in report), (expected, report)
    assert any(line.startswith("to check: spec.scrape says which Services") for line in report)


def test_notifications_become_references(tmp_path: Path) -> None:
    """Who is told of each severity; the credentials' places are named, and their values are nowhere."""
    result, profile = run(tmp_path, "--name", "ga4", "--namespace", "analytics", alertmanager=ALERTMANAGER)
    notifications = profile["spec"]["notifications"]
    report = "\n".join(lines(result, tmp_path))

    phone, chat = ({"secretKeyRef": {"name": "ga4-notify", "key": k}} for k in ("pagerduty-routingkey-phone", "slack-apiurl-chat"))
    assert {
        "groupWait": "20s",
        "groupBy": ["alertname", "cluster"],
        "critical": [{"pagerDuty": {"routingKey": phone}}],
        "warning": [{"slack": {"apiUrl": chat, "channel": "#alerts", "sendResolved": False}}],
    } == notifications
    assert "planted" not in result.stdout + result.stderr
    for expected in (
        "to make: key slack-apiurl-chat of the Secret ga4-notify, from alertmanager.yaml:2 (global.slack_api_url)",
        "kubectl create secret generic ga4-notify --namespace analytics --from-file=pagerduty-routingkey-phone=FILE",
        "alertmanager.yaml:10: NOT taken: the route to chat: it does not decide by severity alone",
        "alertmanager.yaml:12: NOT taken: inhibit_rules: ",
        "alertmanager.yaml:19: NOT taken: description of phone: messages and connections are the operator's own",
        "NOT taken: email_configs of phone: spec.notifications.critical[1].email.from: is required",
    ):
        assert expected in report.replace(f"{tmp_path}/", ""), report


def test_service_levels_become_alerts_on_burn_rates(tmp_path: Path) -> None:
    """Two pairs of windows over the level's own queries, with Sloth's labels, so that routes still match; recordings are not hidden."""
    result, profile = run(tmp_path, slo=SLOTH)
    (alert,) = profile["spec"]["alerts"]["extra"]
    report = "\n".join(lines(result, tmp_path))

    assert {"name": "web-slos", "namespace": "shop"} == profile["metadata"]
    assert ("WebHighErrorRate", "critical", "Too many errors of web") == (alert["alert"], alert["severity"], alert["summary"])
    assert ["5m", "5m", "1h", "1h", "30m", "30m", "6h", "6h"] == re.findall(r"\[(\w+)\]", alert["expr"])
    assert ["0.0144", "0.0144", "0.006", "0.006"] == re.findall(r"> ([\d.]+)\)", alert["expr"])
    assert {
        "sloth_id": "web-requests-availability",
        "sloth_service": "web",
        "sloth_slo": "requests-availability",
        "sloth_severity": "page",
        "owner": "team-a",
        "category": "availability",
        "routing": "phone",
    } == alert["labels"]
    assert "NOT taken: the service level web/requests-availability: recording rules" in report
    assert "slo.yaml:22: NOT taken: the service level web/by-plugin: its indicator is neither" in report


def test_plain_service_levels_are_read_too(tmp_path: Path) -> None:
    """snake_case, a ratio as it is; a burn rate that no share of errors can reach is left out and said."""
    result, profile = run(tmp_path, slo=PLAIN_SLOTH)
    page, ticket = profile["spec"]["alerts"]["extra"]

    assert "web" == profile["metadata"]["name"]
    assert ["0.6", "0.6"] == re.findall(r"> ([\d.]+)\)", page["expr"])
    assert ["0.3", "0.3", "0.1", "0.1"] == re.findall(r"> ([\d.]+)\)", ticket["expr"])
    assert "board" == ticket["labels"]["routing"]
    assert "page alerts at a burn rate at which more than everything would have to fail" in result.stderr


@pytest.mark.parametrize("content", [RULES, ALERTMANAGER, SLOTH, PLAIN_SLOTH], ids=["rules", "alertmanager", "sloth", "plain"])
def test_what_is_printed_validates(content: str, tmp_path: Path) -> None:
    """The round trip: `validate` takes the profile, and `render` holds every extra alert's expression unchanged."""
    run(tmp_path, "--name", "imported", "-o", str(tmp_path / "profile.yaml"), source=content)
    validated = CliRunner().invoke(cli, ["validate", str(tmp_path / "profile.yaml")])
    rendered = CliRunner().invoke(cli, ["render", str(tmp_path / "profile.yaml")])
    profile = yaml.safe_load((tmp_path / "profile.yaml").read_text())
    wanted = [extra["expr"] for extra in profile["spec"].get("alerts", {}).get("extra", [])]
    objects = {o["metadata"]["name"]: o for o in yaml.safe_load_all(rendered.stdout)}

    assert 0 == validated.exit_code, validated.output
    if wanted:
        assert wanted == [rule["expr"] for rule in objects["imported-extra"]["spec"]["groups"][0]["rules"]]
    assert all(promql_parser.parse(expr) for expr in wanted)


def test_a_service_monitor_becomes_the_scrape_section(tmp_path: Path) -> None:
    """With it there is nothing left to guess; what a profile has no field for is named."""
    monitor = """\
apiVersion: v1
kind: List
items:
  - apiVersion: monitoring.coreos.com/v1
    kind: ServiceMonitor
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      endpoints:
        - {port: metrics, interval: 30s, scrapeTimeout: 5s, honorLabels: true}
        - {port: other}
"""
    result, profile = run(tmp_path, monitor=monitor)
    report = "\n".join(lines(result, tmp_path))

    assert {"selector": {"matchLabels": {"app": "web"}}, "port": "metrics", "interval": "30s", "timeout": "5s"} == profile["spec"]["scrape"]
    assert "monitor.yaml:10: NOT taken: honorLabels: a profile has no such field" in report
    assert "monitor.yaml:11: NOT taken: a further endpoint" in report
    assert "to check: spec.scrape" not in report


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("kind: Deployment\n", "nothing of it can become a part of a profile"),
        ("groups: [{name: a, rules: [{alert: A, expr: up == 0, labels: {severity: info}}]}]\n", "give --name"),
        ("a: [\n", "is not YAML"),
    ],
)
def test_where_there_is_no_profile_it_says_why(content: str, words: str, tmp_path: Path) -> None:
    """Exit code 2, nothing on standard output."""
    result, _ = run(tmp_path, source=content)

    assert (2, "") == (result.exit_code, result.stdout)
    assert words in result.stderr


@pytest.mark.parametrize(
    ("name", "severity", "expr", "known"),
    [
        ("CPU_Saturated", "critical", "system_cpu_usage_percent > 97", ("CpuSaturated", {"threshold": 97})),
        ("Streams", "critical", "sum(sse_active_connections) > 950", ("SseConnectionsNearLimit", {"scope": "service"})),
        (
            "Ga4ApiHighLatency",
            "warning",
            "histogram_quantile(0.95, sum by (le) (rate(ga4_api_latency_seconds_bucket[5m]))) > 4",
            ("Ga4ApiHighLatency", {"threshold": 4}),
        ),
        ("Ga4ApiHighLatency", "warning", "histogram_quantile(0.99, sum by (le) (rate(ga4_api_latency_seconds_bucket[5m]))) > 4", None),
        ("Ga4ApiHighErrorRate", "critical", "sum(rate(ga4_api_calls_total[5m])) > 0.5", None),
        ("Ga4ApiHighErrorRate", "critical", "other_metric / ga4_api_calls_total > 0.5", ("Ga4ApiHighErrorRate", {"threshold": 0.5})),
        ("Whatever", "critical", "http_requests_total > 5 and up > 0", None),
        ("GA4_QuotaHigh", "warning", "ga4_quota_usage_ratio > 90", None),
    ],
)
def test_only_the_same_is_recognised(name: str, severity: str, expr: str, known: tuple[str, dict[str, Any]] | None) -> None:
    """The same metrics, quantile and unit, and one comparison; else the alert stays as it is."""
    found = override(name, severity, expr, None)

    assert known == found


def test_two_rules_of_one_alert_do_not_overwrite_each_other() -> None:
    """The second stays an alert of its own, under a name of its own."""
    rule = {"alert": "CpuSaturated", "expr": "system_cpu_usage_percent > 97", "labels": {"severity": "critical"}}
    draft = Draft()
    read(Document("f", {}, {}), [{"rules": [rule, {**rule, "expr": "system_cpu_usage_percent > 99"}]}], "groups", draft)

    assert {"CpuSaturated": {"threshold": 97}} == draft.overrides
    assert ["CpuSaturatedOwn"] == [extra["alert"] for extra in draft.extras]
