"""`monitoring-operator route`: who would be told, asked before anybody has to be woken to find out."""

import gzip
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from harness import generate
from harness.fake_cluster import FakeCluster
from monitoring_operator.cli import live_routes
from monitoring_operator.cli.main import cli

EXAMPLE = generate.EXAMPLES / "ga4-analytics.yaml"
MINIMAL = generate.EXAMPLES / "minimal.yaml"
FOREIGN = """
route:
  receiver: ops
  routes:
  - {receiver: mail, matchers: ['severity=~"warning|info"'], mute_time_intervals: [weekends], group_by: ['...'], continue: true}
  - {receiver: page, match: {severity: critical}, routes: [{receiver: nobody, matchers: [env=dev]}]}
receivers:
- {name: ops, webhook_configs: [{url: 'https://hooks.example.com/SECRET'}]}
- {name: mail, email_configs: [{to: team@example.com, auth_password: SECRET}]}
- name: page
  pagerduty_configs: [{routing_key: SECRET}]
  slack_configs: [{api_url: 'https://slack/SECRET', channel: '#{{ "{" }}{{ "{" }}x'}]
- {name: nobody}
time_intervals: [{name: weekends, time_intervals: [{weekdays: [saturday, sunday]}]}]
"""


def call(*args: str | Path) -> Result:
    """The command in this process."""
    return CliRunner().invoke(cli, ["route", *map(str, args)], prog_name="monitoring-operator")


def asked(*args: str | Path) -> list[dict[str, Any]]:
    """The answers as JSON."""
    result = call(*args, "--output=json")
    assert result.exit_code in (0, 1), result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["alerts"]
    return found


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A configuration that somebody wrote by hand, with credentials in it."""
    path = tmp_path / "alertmanager.yaml"
    path.write_text(FOREIGN)
    return path


def test_the_answer_reads_well() -> None:
    """Receiver, way and grouping; namespace and profile come from the profile."""
    result = call(EXAMPLE, "--labels", "severity=critical,tenant_id=acme")

    assert (0, "") == (result.exit_code, result.stderr)
    assert [
        '{namespace="analytics", profile="ga4-analytics", severity="critical", tenant_id="acme"}',
        "  receiver  analytics/ga4-analytics/critical: PagerDuty",
        '  route     {namespace="analytics", profile="ga4-analytics"} > {severity="critical"}',
        "  grouping  by alertname, namespace; first after 30s, more after 5m, again after 4h",
    ] == result.stdout.splitlines()


def test_an_alert_that_tells_nobody_is_an_exit_code() -> None:
    """For scripts: 1 as soon as one alert would be heard by nobody."""
    result = call(EXAMPLE, "--labels", "severity=critical", "--labels", "severity=info")

    assert 1 == result.exit_code
    assert "  receiver  null: tells nobody" in result.stdout


def test_a_named_alert_carries_what_the_profiles_rule_gives_it() -> None:
    """Severity, signal and the profile's own labels come from the rule; what only the application knows is said to be missing."""
    (answer,) = asked(EXAMPLE, "--alert", "Ga4QuotaHigh,tenant_id=acme")

    assert {
        "alertname": "Ga4QuotaHigh",
        "severity": "warning",
        "signal": "ga4_quota",
        "team": "analytics",
        "tenant_id": "acme",
    }.items() <= answer["labels"].items()
    assert ["property_id"] == answer["labelsNotKnown"]
    assert ["analytics/ga4-analytics/warning"] == [told["receiver"] for told in answer["told"]]
    assert [{"type": "slack", "name": "Slack", "detail": "#alerts"}] == answer["told"][0]["integrations"]


def test_alerts_that_fire_at_once_mute_each_other() -> None:
    """A critical mutes its warning twin of the same tenant, and that of no other tenant."""
    critical = "--alert=Ga4QuotaExhaustionImminent,tenant_id=acme,property_id=1"
    answers = asked(
        EXAMPLE, critical, "--alert=Ga4QuotaHigh,tenant_id=acme,property_id=1", "--alert=Ga4QuotaHigh,tenant_id=globex,property_id=1"
    )

    assert [None, "Ga4QuotaExhaustionImminent", None] == [a["mutedBy"] and a["mutedBy"]["labels"]["alertname"] for a in answers]
    assert "  muted     by {" in call(EXAMPLE, critical, "--alert=Ga4QuotaHigh,tenant_id=acme,property_id=1").stdout


def test_the_profiles_of_several_files_are_merged(tmp_path: Path) -> None:
    """One configuration is asked for all of them, and every profile's alert is its own."""
    other = tmp_path / "other.yaml"
    body = yaml.safe_load(EXAMPLE.read_text())
    body["metadata"] |= {"name": "other"}
    other.write_text(yaml.safe_dump(body))

    assert ["analytics/ga4-analytics/warning", "analytics/other/warning"] == [
        a["told"][0]["receiver"] for a in asked(EXAMPLE, other, "--labels", "severity=warning")
    ]


@pytest.mark.parametrize(
    ("labels", "lines"),
    [
        (
            "x=y",
            ["  receiver  ops: webhook", "  route     the root: no other route takes it", "  grouping  by nothing: one group for all; "],
        ),
        (
            "severity=warning",
            [
                "  receiver  mail: e-mail team@example.com",
                '  route     {severity=~"warning|info"}',
                "  grouping  by ...; ",
                "  muted     during weekends",
            ],
        ),
        ("severity=critical", ["  receiver  page: PagerDuty, Slack #{{x", '  route     {severity="critical"}', "  grouping  by nothing"]),
        (
            "severity=critical,env=dev",
            ["  receiver  nobody: tells nobody", '  route     {severity="critical"} > {env="dev"}', "  grouping  by"],
        ),
    ],
)
def test_a_configuration_of_somebody_elses_can_be_asked(foreign: Path, labels: str, lines: list[str]) -> None:
    """Receivers are named by what they are; none of their credentials is shown."""
    result = call("--config", foreign, "--labels", labels)

    assert all(line.startswith(words) for line, words in zip(result.stdout.splitlines()[1:], lines, strict=True)), result.stdout
    assert "SECRET" not in result.output


def test_profiles_are_merged_with_a_base(foreign: Path) -> None:
    """The profile's own alerts go its own ways; those that it tells nobody of end where the base says, and others' go the base's ways."""
    asked_for = [f"--labels={labels}" for labels in ("severity=critical", "severity=info", "severity=critical,namespace=other")]

    assert [["analytics/ga4-analytics/critical"], ["ops"], ["page"]] == [
        [told["receiver"] for told in answer["told"]] for answer in asked(EXAMPLE, "--base", foreign, *asked_for)
    ]


def test_continue_tells_several(foreign: Path) -> None:
    """Each with its own way."""
    text = foreign.read_text().replace("match: {severity: critical}", 'matchers: [severity="warning"]')
    foreign.write_text(text)
    (answer,) = asked("--config", foreign, "--labels", 'severity="warning"')

    assert [("mail", ["weekends"]), ("page", [])] == [(t["receiver"], t["muteTimeIntervals"]) for t in answer["told"]]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((EXAMPLE,), "give the alert"),
        (("--labels", "a=b"), "give a FILE, --config or --live"),
        (("--live", "--alert", "Ga4QuotaHigh"), "give the FILE of a profile"),
        ((EXAMPLE, "--base", "x", "--live", "--labels", "a=b"), "--base goes with the profiles of files"),
        ((EXAMPLE, "--base", "no-such-file.yaml", "--labels", "a=b"), "cannot read no-such-file.yaml: No such file or directory"),
        ((EXAMPLE, "--live", "--config", "x", "--labels", "a=b"), "give one"),
        ((EXAMPLE, "--labels", 'severity=~"a|b"'), "is a condition"),
        ((EXAMPLE, "--labels", "a=b,a=c"), "a has two values: b and c"),
        ((EXAMPLE, "--labels", "a"), "not a matcher: 'a'"),
        ((EXAMPLE, "--alert", "a=b"), "does not begin with the name of an alert"),
        ((EXAMPLE, "--alert", "NoSuchAlert"), "has an alert NoSuchAlert"),
        ((MINIMAL, "--labels", "severity=critical"), "has notifications in that Alertmanager's Secret"),
        (("no-such-file.yaml", "--labels", "a=b"), "cannot read no-such-file.yaml: No such file or directory"),
        (("--config", "no-such-file.yaml", "--labels", "a=b"), "cannot read no-such-file.yaml: No such file or directory"),
    ],
)
def test_what_cannot_be_answered_is_said(args: tuple[str | Path, ...], words: str) -> None:
    """Exit code 2, words on standard error, nothing on standard output."""
    result = call(*args)

    assert (2, "") == (result.exit_code, result.stdout)
    assert words in result.stderr


@pytest.mark.parametrize(
    "text",
    ["", "[]", "receivers: []", "route: {receiver: SECRET", 'route: {receiver: a, routes: [{matchers: [a=~"("]}]}', "route: {routes: 3}"],
)
def test_a_text_that_is_no_configuration_is_an_error(tmp_path: Path, text: str) -> None:
    """Without a traceback, and without a word of the text, which may hold credentials."""
    path = tmp_path / "alertmanager.yaml"
    path.write_text(text)
    result = call("--config", path, "--labels", "a=b")

    assert 2 == result.exit_code
    assert "cannot be asked: " in result.stderr
    assert "SECRET" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def _cluster(*, generated: bool) -> FakeCluster:
    """An Alertmanager with its Secret, and the Secret that prometheus-operator made of that and of AlertmanagerConfig objects."""
    alertmanager = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Alertmanager",
        "metadata": {"namespace": "monitoring", "name": "main"},
    }
    bodies = [alertmanager, _secret("alertmanager-main", "alertmanager.yaml", FOREIGN.encode())]
    if generated:
        more = FOREIGN.replace("receiver: ops", "receiver: page")
        bodies.append(_secret("alertmanager-main-generated", "alertmanager.yaml.gz", gzip.compress(more.encode())))
    return FakeCluster(*bodies)


def _secret(name: str, key: str, value: bytes) -> dict[str, Any]:
    metadata = {"namespace": "monitoring", "name": name}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {key: b64encode(value).decode()}}


@pytest.mark.parametrize(("generated", "receiver"), [(True, "page"), (False, "ops")])
def test_a_cluster_is_asked_for_what_its_alertmanager_runs(monkeypatch: pytest.MonkeyPatch, *, generated: bool, receiver: str) -> None:
    """Everybody's configuration as prometheus-operator put it together, or else what it is given."""

    @asynccontextmanager
    async def connected(*_: object, **__: object) -> AsyncIterator[FakeCluster]:
        yield _cluster(generated=generated)

    monkeypatch.setattr(live_routes, "connected", connected)

    assert [receiver] == [told["receiver"] for told in asked("--live", "--labels", "x=y")[0]["told"]]
    assert [receiver] == [told["receiver"] for told in asked(MINIMAL, "--live", "--labels", "x=y")[0]["told"]]
    assert "there is no Alertmanager a/b in the cluster" in call("--live", "--alertmanager=a/b", "--labels", "x=y").stderr


def test_without_a_cluster_there_is_no_traceback(tmp_path: Path) -> None:
    """What is wrong with a kubeconfig is said, and nothing of it is quoted."""
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("SECRET")
    result = call("--kubeconfig", kubeconfig, "--labels", "a=b")

    assert (2, "") == (result.exit_code, result.stdout)
    assert "no cluster to ask: " in result.stderr
    assert "SECRET" not in result.stderr
