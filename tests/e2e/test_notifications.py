"""The right people are told, once: from a fault in the application through real rules and a real Alertmanager to stand-ins."""

import itertools
import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from harness.cluster import Cluster, Object
from harness.listeners import Heard, Listeners
from harness.notifications import every_kind
from harness.profiles import profile
from harness.stack import Monitoring, Stack, application
from harness.stand_in import PAGERDUTY, SLACK_WEBHOOK, WEBHOOK
from harness.wait import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SCRAPE, FOR, GROUP_WAIT, GROUP_INTERVAL = 5, 10, 5, 15
"""Seconds; as short as the rules of a profile allow, so that a fault is told soon."""
BUSY = 15
"""Seconds that a machine with other things to do may take longer."""
REPORT = "/v1/tenants/{tenant}/properties/{property}/report?days={days}"


@dataclass
class Office:
    """An application with its profile, those who are told, and the credentials that were planted."""

    stack: Stack
    listeners: Listeners
    planted: dict[str, str] = field(repr=False)
    days: Iterator[int] = field(default_factory=lambda: itertools.cycle(range(1, 91)))

    def fault(self, name: str, *, on: bool) -> None:
        """Switches a fault of the application on or off."""
        path = self._path(f"/faults/{name}")
        if on:
            self.stack.cluster.kubectl("replace", "--raw", path, "--filename=-", input="{}")
        else:
            self.stack.cluster.kubectl("delete", "--raw", path)

    def ask_report(self, tenant: str, property_: str) -> None:
        """Has the application fetch a report, which brings the tenant's quota up to date."""
        # Reports are kept for a moment: another number of days is another report.
        days = next(self.days)
        self.stack.cluster.kubectl("get", "--raw", self._path(REPORT.format(tenant=tenant, property=property_, days=days)))

    def _path(self, path: str) -> str:
        return f"/api/v1/namespaces/{self.stack.namespace}/services/{self.stack.name}:http/proxy{path}"


def _profile(namespace: str, listeners: Listeners) -> Object:
    """A profile that tells PagerDuty and a webhook of what is critical, and Slack of what is not."""

    def ref(key: str) -> Object:
        return {"secretKeyRef": {"name": "notify", "key": key}}

    spent = "max by (tenant_id, property_id) (ga4_quota_usage_ratio{namespace=%s,job=%s}) > 0.95"
    return {
        "apiVersion": "monitoring-operator.dev/v1alpha1",
        "kind": "MonitoringProfile",
        "metadata": {"name": "ga4-analytics", "namespace": namespace},
        "spec": {
            "scrape": {"selector": {"matchLabels": {"app": "ga4-analytics"}}, "port": "http", "interval": f"{SCRAPE}s", "timeout": "4s"},
            "alerts": {
                "rules": {name: {"for": f"{FOR}s"} for name in ("Ga4QuotaExhaustionImminent", "Ga4QuotaHigh")},
                # The catalogue's critical fires on for five minutes after its condition has gone; the end of this one is told soon.
                "extra": [
                    {
                        "alert": "TokensSpent",
                        "expr": spent % (json.dumps(namespace), json.dumps("ga4-analytics")),
                        "for": f"{FOR}s",
                        "severity": "critical",
                        "summary": "Tokens are spent.",
                    }
                ],
            },
            "notifications": {
                "critical": [
                    {"pagerDuty": {"routingKey": ref("pagerduty"), "url": f"{listeners.url}{PAGERDUTY}"}},
                    {"webhook": {"url": f"{listeners.url}{WEBHOOK}", "authorization": ref("webhook")}},
                ],
                "warning": [{"slack": {"apiUrl": ref("slack"), "channel": "#alerts"}}],
                "groupWait": f"{GROUP_WAIT}s",
                "groupInterval": f"{GROUP_INTERVAL}s",
                "assertions": [
                    {"labels": {"severity": "critical", "tenant_id": "acme"}, "receivers": ["pagerDuty", "webhook"]},
                    {"labels": {"severity": "warning", "tenant_id": "globex"}, "receivers": ["slack"]},
                    {"labels": {"severity": "info"}, "nobody": True},
                ],
            },
            "dashboards": {"enabled": False},
        },
    }


@pytest.fixture(scope="module")
def office(cluster: Cluster, installed: str, monitoring: Monitoring) -> Iterator[Office]:
    """Everything in place: the target is up, the rules are loaded, Alertmanager runs the routes."""
    with cluster.namespace("e2e-told") as namespace:
        listeners = Listeners(cluster, namespace)
        token = secrets.token_hex(12)
        planted = {
            "pagerduty": secrets.token_hex(16),
            "slack": f"{listeners.url}{SLACK_WEBHOOK}T0/B0/{token}",
            "webhook": f"PLANTED{secrets.token_hex(12)}",
        }
        metadata = {"name": "notify", "namespace": namespace, "labels": {"monitoring-operator.dev/role": "source"}}
        profile = _profile(namespace, listeners)
        cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": planted}, profile, *application(namespace))
        listeners.install()
        stack = Stack(cluster, namespace, "ga4-analytics", profile, (planted["pagerduty"], token, planted["webhook"]))
        pool = f"serviceMonitor/{namespace}/{stack.name}/0"
        wait_for(lambda: [t for t in monitoring.targets(pool) if t["health"] == "up"], what="the target is up", timeout=150)
        wait_for(
            lambda: (
                {"Ga4QuotaHigh", "TokensSpent"}
                <= {r["name"] for g in monitoring.rule_groups() if namespace in g["file"] for r in g["rules"]}
            ),
            what="the rules are loaded",
            timeout=240,
        )
        receiver = f"{namespace}/{stack.name}/critical"
        wait_for(lambda: receiver in monitoring.alertmanager_config(), what="Alertmanager runs the routes", timeout=240)
        yield Office(stack, listeners, planted)


def _command(cluster: Cluster, *args: str) -> subprocess.CompletedProcess[str]:
    """The command line on the cluster."""
    command = [sys.executable, "-m", "monitoring_operator", *args, f"--kubeconfig={cluster.kubeconfig}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_a_healthy_application_tells_nobody(office: Office, request: pytest.FixtureRequest) -> None:
    """Traffic and time alone (--soak) cause no notification."""
    until = time.monotonic() + request.config.getoption("--soak")
    while time.monotonic() < until:
        office.ask_report("acme", "1001")
        office.ask_report("globex", "2001")
        assert [] == office.listeners.heard()
        time.sleep(min(5.0, max(until - time.monotonic(), 0.0)))


def test_a_fault_is_told_to_the_right_people_once_and_its_end_too(office: Office, monitoring: Monitoring) -> None:
    """Acme's quota is gone: one page, and its warning is muted. Globex's is low: one message. Both ends are told."""
    listeners = office.listeners
    office.fault("ga4-quota-high", on=True)
    office.ask_report("globex", "2001")
    office.fault("ga4-quota-exhausted", on=True)
    office.ask_report("acme", "1001")
    began = time.time()
    in_time = FOR + 2 * SCRAPE + GROUP_WAIT + BUSY

    def pages() -> list[Heard]:
        return [h for h in listeners.heard(PAGERDUTY) if "quota" in h.title]

    def hooks() -> list[Heard]:
        return [h for h in listeners.heard(WEBHOOK) if h.body["commonLabels"]["alertname"] == "Ga4QuotaExhaustionImminent"]

    wait_for(lambda: pages() and hooks() and listeners.heard(SLACK_WEBHOOK), what="page, hook and message", timeout=90, interval=1)
    (page,), (hook,), (message,) = pages(), hooks(), listeners.heard(SLACK_WEBHOOK)
    late = {h.path: round(h.time - began, 1) for h in (page, hook, message)}
    print(f"told after {late}, allowed {in_time}")
    assert max(late.values()) <= in_time, late

    _check_page(office, page)
    _check_message(message)
    assert f"Bearer {office.planted['webhook']}" == hook.authorization
    assert ["acme"] == [a["labels"]["tenant_id"] for a in hook.body["alerts"]]
    firing = {(a["labels"]["alertname"], a["labels"].get("tenant_id")): a["status"] for a in monitoring.alerts(office.stack.namespace)}
    assert firing["Ga4QuotaHigh", "acme"]["inhibitedBy"]
    assert not firing["Ga4QuotaHigh", "globex"]["inhibitedBy"]

    office.fault("ga4-quota-exhausted", on=False)
    office.fault("ga4-quota-high", on=False)
    office.ask_report("globex", "2001")
    office.ask_report("acme", "1001")

    def ended() -> bool:
        resolved = [h for h in listeners.heard(PAGERDUTY) if h.body["event_action"] == "resolve"]
        return bool(resolved) and any("RESOLVED" in h.title for h in listeners.heard(SLACK_WEBHOOK))

    wait_for(ended, what="the ends are told", timeout=2 * GROUP_INTERVAL + 60, interval=1)
    spent = [h for h in listeners.heard(PAGERDUTY) if "Tokens are spent" in h.title or h.body["event_action"] == "resolve"]
    assert ["trigger", "resolve"] == [h.body["event_action"] for h in spent]
    assert spent[0].body["dedup_key"] == spent[1].body["dedup_key"] != page.body["dedup_key"]
    # Nothing was told twice meanwhile, and nothing was refused.
    assert 1 == len(pages())
    assert ["WARNING", "RESOLVED"] == [h.title.partition(":")[0] for h in listeners.heard(SLACK_WEBHOOK)]
    assert [] == [h.problems for h in listeners.heard() if h.problems]


def _check_page(office: Office, page: Heard) -> None:
    """What PagerDuty needs, and what whoever is woken reads."""
    assert office.planted["pagerduty"] == page.body["routing_key"]
    payload = page.body["payload"]
    assert {
        "summary": f"A GA4 property's daily quota is almost used up. ({office.stack.namespace}/ga4-analytics)",
        "source": f"{office.stack.namespace}/ga4-analytics",
        "severity": "critical",
        "component": "ga4-analytics",
        "group": office.stack.namespace,
        "class": "ga4_quota",
    } == {k: payload[k] for k in ("summary", "source", "severity", "component", "group", "class")}
    assert "property_id=1001 tenant_id=acme` 97% of today's core tokens" in payload["custom_details"]["firing"]
    assert any(link["text"] == "Runbook" and "ga4quotaexhaustionimminent" in link["href"].lower() for link in page.body["links"])


def _check_message(message: Heard) -> None:
    """What the channel reads: of globex alone, since acme's page says it already."""
    (attachment,) = message.body["attachments"]
    assert "#alerts" == message.body["channel"]
    assert "WARNING: A GA4 property's daily quota is running low." in attachment["title"]
    assert "tenant_id=globex" in attachment["text"]
    assert "acme" not in attachment["text"]


def test_who_would_be_told_is_known_beforehand(office: Office, cluster: Cluster) -> None:
    """`route --live` answers from what Alertmanager runs."""
    labels = f"namespace={office.stack.namespace},profile=ga4-analytics,severity=warning"
    result = _command(cluster, "route", f"--labels={labels}", "--output=json")

    assert 0 == result.returncode, result.stderr
    (told,) = json.loads(result.stdout)["alerts"][0]["told"]
    assert (f"{office.stack.namespace}/ga4-analytics/warning", "Slack", "#alerts") == (
        told["receiver"],
        told["integrations"][0]["name"],
        told["integrations"][0]["detail"],
    )


def test_a_test_alert_goes_out_and_ends(office: Office, cluster: Cluster) -> None:
    """`notify-test` sees in Alertmanager's own counters what the stand-in sees."""
    result = _command(cluster, "notify-test", f"{office.stack.namespace}/ga4-analytics", "--yes")

    assert 0 == result.returncode, result.stdout + result.stderr
    assert "ok: Slack #alerts of" in result.stdout

    def tests() -> list[str]:
        return [h.title.partition(":")[0] for h in office.listeners.heard(SLACK_WEBHOOK) if "This is a test" in h.title]

    wait_for(lambda: len(tests()) >= len(["WARNING", "RESOLVED"]), what="its end is told", timeout=2 * GROUP_INTERVAL + 30, interval=1)
    assert ["WARNING", "RESOLVED"] == tests()


def test_a_broken_assertion_changes_nothing(office: Office, monitoring: Monitoring) -> None:
    """The profile says what would have happened; the routes stay as they are."""
    before = monitoring.written_config()
    wrong = {"labels": {"severity": "warning"}, "receivers": ["pagerDuty"]}
    kept = office.stack.manifest["spec"]["notifications"]["assertions"]
    try:
        office.stack.patch({"spec": {"notifications": {"groupWait": "77s", "assertions": [wrong]}}})
        message = wait_for(lambda: _invalid(office.stack.profile()), what="the profile says so", timeout=30)
        assert 'expected pagerDuty to be told of {severity="warning"}; it would be Slack #alerts of warning' in message
        assert before == monitoring.written_config()
    finally:
        office.stack.patch({"spec": {"notifications": {"groupWait": f"{GROUP_WAIT}s", "assertions": kept}}})
    wait_for(lambda: not _invalid(office.stack.profile()), what="it is valid again", timeout=30)


def _invalid(profile: Object) -> str:
    """The message of a condition Valid that is False."""
    conditions: list[dict[str, Any]] = profile["status"]["conditions"]
    return next((c["message"] for c in conditions if c["type"] == "Valid" and c["status"] == "False"), "")


def test_every_kind_of_receiver_is_taken(cluster: Cluster, namespace: str, installed: str, monitoring: Monitoring) -> None:
    """prometheus-operator's strict decoding takes them all, and Alertmanager runs them."""

    def ref(key: str) -> Object:
        return {"secretKeyRef": {"name": "notify", "key": key}}

    kinds = list(every_kind(ref).values())
    told = [{"pagerDuty": {"serviceKey": ref("pagerduty")}}, {"slack": {"botToken": ref("bot"), "channel": "C1"}}, *kinds]
    keys = re.findall(r'"key": "([^"]+)"', json.dumps(told))
    metadata = {"name": "notify", "namespace": namespace}
    cluster.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": dict.fromkeys(keys, "http://127.0.0.1:9/x")},
        profile(namespace, alerts={"enabled": False}, dashboards={"enabled": False}, notifications={"critical": told}),
    )
    receiver = f"{namespace}/web/critical"
    config = wait_for(lambda: _whole(monitoring, receiver), what="Alertmanager runs it", timeout=240, interval=1)

    (found,) = [r for r in config["receivers"] if r["name"] == receiver]
    assert {*(f"{kind}_configs" for kind in (*EVERY_SECTION, "pagerduty", "slack"))} == found.keys() - {"name"}
    (reconciled,) = [
        c["status"] for c in cluster.list("alertmanagers.monitoring.coreos.com")[0]["status"]["conditions"] if c["type"] == "Reconciled"
    ]
    assert "True" == reconciled
    assert "alertmanager_config_last_reload_successful 1" in monitoring.alertmanager_metrics()


EVERY_SECTION = ("webhook", "email", "msteamsv2", "opsgenie", "victorops", "pushover", "telegram", "webex", "sns")


def _whole(monitoring: Monitoring, receiver: str) -> Object:
    """The configuration that Alertmanager runs, once it has the receiver."""
    text = monitoring.alertmanager_config()
    found: Object = yaml.safe_load(text) if receiver in text else {}
    return found


def test_no_credential_is_in_sight_after_all_that(office: Office, cluster: Cluster, monitoring: Monitoring) -> None:
    """Used, refused and rotated through, they stand in their keys of the Secret, and in no log, event, status, child or metric."""
    places: dict[str, Callable[[], str]] = {
        "operator's log": office.stack.operator_log,
        "operator's metrics": office.stack.operator_metrics,
        "Alertmanager's logs": monitoring.alertmanager_logs,
        "Alertmanager's metrics": monitoring.alertmanager_metrics,
        "Alertmanager's configuration": monitoring.alertmanager_config,
        "written configuration": monitoring.written_config,
        "events": lambda: cluster.kubectl("get", "events", "--all-namespaces", "--output=json"),
        "profiles": lambda: cluster.kubectl("get", "monitoringprofiles", "--all-namespaces", "--output=json"),
        "children": lambda: json.dumps(office.stack.all_children()),
    }
    assert {} == {place: secret for place, text in places.items() for secret in office.stack.secrets if secret in text()}
    assert set(office.planted.values()) <= monitoring.secret_values()
