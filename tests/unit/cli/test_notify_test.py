"""`monitoring-operator notify-test` against a real Alertmanager: what went out, what did not and why, and that the alert ends."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from harness.alertmanager import Alertmanager
from harness.notifications import pagerduty, part, slack
from harness.stand_in import PAGERDUTY, SLACK_WEBHOOK, Server
from harness.wait import wait_for
from monitoring_operator.adoption.replicas import replicas
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.receivers import DIRECTORY
from monitoring_operator.alertmanager.sent import Counts, counts
from monitoring_operator.alertmanager.told import Integration
from monitoring_operator.alertmanager.trial import trial_labels
from monitoring_operator.api.alerts import Severity
from monitoring_operator.api.cluster import Unavailable
from monitoring_operator.cli import notifying, trial_run
from monitoring_operator.cli.trial_run import CannotTest, Outcome, Trial

KEY = "0123456789abcdef0123456789abcdef"
ALERTMANAGER = {"kind": "Alertmanager", "metadata": {"namespace": "monitoring", "name": "main"}, "spec": {"replicas": 1}}
PAGE = """
# HELP alertmanager_notifications_total x
alertmanager_notifications_total{integration="slack",receiver_name="a/b/warning"} 5
alertmanager_notifications_total{integration="slack",receiver_name="c/d/warning"} 70
alertmanager_notifications_total{integration="email"} 9
alertmanager_notifications_failed_total{integration="slack",reason="clientError",receiver_name="a/b/warning"} 2
alertmanager_notifications_failed_total{integration="slack",reason="other",receiver_name="a/b/warning"} 0
alertmanager_notification_requests_total{integration="slack",receiver_name="a/b/warning"} 1.2e+01
alertmanager_notification_requests_failed_total{integration="slack",receiver_name="a/b/warning"} 8
"""


@dataclass(frozen=True)
class Loopback:
    """The API server's proxy to pods, as far as a pod on this machine needs one."""

    port: int

    async def get_from_pod(self, namespace: str, pod: str, path: str) -> bytes:
        assert (namespace, pod) == ("monitoring", "alertmanager-main-0:9093")
        return await asyncio.to_thread(self.call, "GET", path, None)

    async def post_to_pod(self, namespace: str, pod: str, path: str, body: bytes) -> bytes:
        assert (namespace, pod) == ("monitoring", "alertmanager-main-0:9093")
        return await asyncio.to_thread(self.call, "POST", path, body)

    def call(self, method: str, path: str, body: bytes | None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise Unavailable(response.status, answer.decode())
        return answer


@dataclass(frozen=True)
class Site:
    """A running Alertmanager that knows one profile, and who it tells."""

    port: int
    server: Server

    def trial(self, severity: Severity = "warning") -> Trial:
        """A test of the profile's notifications."""
        return Trial(Loopback(self.port), replicas(ALERTMANAGER), trial_labels("analytics", "ga4", severity))

    def run(self, severity: Severity = "warning", *, patience: float | None = None) -> list[Outcome]:
        """What became of the test."""

        async def run() -> list[Outcome]:
            trial = self.trial(severity)
            return await trial.run(await trial.ways(), patience=patience, progress=said.append)

        said: list[str] = []
        outcomes = asyncio.run(run())
        assert all(words.startswith("waiting for ") for words in said)
        return outcomes

    def alerts(self) -> list[dict[str, Any]]:
        """What fires."""
        found: list[dict[str, Any]] = json.loads(Loopback(self.port).call("GET", "/api/v2/alerts", None))
        return found

    def received(self, path: str) -> list[dict[str, Any]]:
        """Bodies of the requests to a path that were accepted."""
        return [entry["body"] for entry in self.server.received if entry["path"].startswith(path) and not entry["problems"]]


@pytest.fixture
def server() -> Iterator[Server]:
    """A stand-in for PagerDuty and Slack."""
    with Server("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield listener
        listener.shutdown()
        thread.join()


@pytest.fixture(params=[KEY])
def site(request: pytest.FixtureRequest, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The profile tells PagerDuty of what is critical, with the parameter as its key, and two Slack channels of warnings."""
    monkeypatch.setattr(trial_run, "POLL", 0.1)
    monkeypatch.setattr(trial_run, "MARGIN", 5.0)
    address = f"http://127.0.0.1:{server.server_port}"
    values = {"pagerduty": request.param, "slack": f"{address}{SLACK_WEBHOOK}T/B/x"}
    warning = [slack(), slack(channel="#more")]
    merged = merge([part(values=values, critical=[pagerduty()], warning=warning, groupWait="200ms", groupInterval="1s")])
    for key, value in merged.files.items():
        (tmp_path / key).write_text(value)
    config = tmp_path / "alertmanager.yaml"
    config.write_text(f"{merged.config.replace(DIRECTORY, str(tmp_path))}global:\n  pagerduty_url: {address}{PAGERDUTY}\n")
    with Alertmanager(config, tmp_path) as alertmanager:
        yield Site(alertmanager.port, server)


def test_a_test_that_goes_out(site: Site) -> None:
    """Both channels are told, once each, that it is a test; then the alert ends, and they hear of that."""
    outcomes = site.run()

    assert [True, True] == [outcome.ok for outcome in outcomes]
    assert ["Slack #alerts of analytics/ga4/warning", "Slack #more of analytics/ga4/warning"] == [str(o.way) for o in outcomes]
    assert "sent by alertmanager-main-0 within" in outcomes[0].words
    titles = [m["attachments"][0]["title"] for m in site.received(SLACK_WEBHOOK)]
    assert ["WARNING: This is a test of notifications. Nothing is wrong. (analytics/ga4)"] * 2 == titles[:2]
    wait_for(lambda: len(site.received(SLACK_WEBHOOK)) == 4, what="the end is told")
    assert all(m["attachments"][0]["title"].startswith("RESOLVED: ") for m in site.received(SLACK_WEBHOOK)[2:])
    assert [] == site.alerts()


def test_a_page_is_resolved_under_its_own_key(site: Site) -> None:
    """Whoever tests a page must not leave an incident behind."""
    (outcome,) = site.run("critical")

    assert outcome.ok
    wait_for(lambda: len(site.received(PAGERDUTY)) == 2, what="the resolve")
    trigger, resolve = site.received(PAGERDUTY)
    assert ("trigger", "resolve") == (trigger["event_action"], resolve["event_action"])
    assert trigger["dedup_key"] == resolve["dedup_key"]
    assert "NotificationTest" in trigger["payload"]["custom_details"]["firing"]


@pytest.mark.parametrize("site", ["a key that PagerDuty refuses"], indirect=True)
def test_a_wrong_key_is_told_from_a_page_that_went_out(site: Site) -> None:
    """Alertmanager counts a refused notification as begun all the same; what is reported is that it was given up, and why."""
    (outcome,) = site.run("critical")

    assert outcome.ok is False
    assert "given up (clientError)" in outcome.words
    assert [] == site.alerts()


def test_a_server_that_does_not_answer_is_a_failure_soon(site: Site) -> None:
    """Alertmanager goes on trying for minutes; whoever tests need not wait for that."""
    site.server.shutdown()
    site.server.server_close()
    outcomes = site.run()

    assert {False} == {outcome.ok for outcome in outcomes}
    assert "attempts have failed" in outcomes[0].words


def test_a_silence_is_named(site: Site) -> None:
    """Nothing goes out, and the reader learns what holds it back."""
    silence = {
        "matchers": [{"name": "profile", "value": "ga4", "isRegex": False, "isEqual": True}],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": "2090-01-01T00:00:00Z",
        "createdBy": "me",
        "comment": "x",
    }
    Loopback(site.port).call("POST", "/api/v2/silences", json.dumps(silence).encode())
    outcomes = site.run(patience=2)

    assert {False} == {outcome.ok for outcome in outcomes}
    assert "nothing has been sent in 2s: a silence holds it back (" in outcomes[0].words
    assert [] == site.received("/")


def test_an_alert_that_nobody_is_told_of_has_no_way(site: Site) -> None:
    """Known before anything is sent."""
    assert [] == asyncio.run(site.trial("info").ways())


def test_a_replica_that_does_not_answer_is_named() -> None:
    """With what the API server said."""

    class Refusing(Loopback):
        def call(self, *_: object) -> bytes:
            raise Unavailable(503, "no endpoints available")

    trial = Trial(Refusing(1), replicas(ALERTMANAGER), trial_labels("a", "b", "warning"))
    with pytest.raises(CannotTest, match="Alertmanager monitoring/alertmanager-main-0 does not answer: no endpoints available"):
        asyncio.run(trial.ways())


def test_counters_are_those_of_the_receiver_where_they_are_kept_apart() -> None:
    """Another profile's notifications at the same time do not count."""
    assert Counts(begun=5, delivered=4, failed=8, refused={"clientError": 2, "other": 0}, by_receiver=True) == counts(
        PAGE, "slack", "a/b/warning"
    )
    assert Counts(begun=9) == counts(PAGE, "email", "a/b/warning")
    assert Counts() == counts(PAGE, "pagerduty", "a/b/critical")


def test_only_what_is_new_counts() -> None:
    """The failures of last week are not those of the test."""
    before, after = Counts(5, 4, 8, {"clientError": 2}), Counts(7, 5, 9, {"clientError": 2, "serverError": 1})
    assert Counts(2, 1, 1, {"serverError": 1}) == after.since(before)


def test_outcomes_can_be_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Alone on standard output: which receiver, by what, whether it went out, and what was seen."""
    way = trial_run.Way("a/b/warning", Integration("slack_configs", "Slack", "#a"), 1.0, 2.0)
    notifying.report(notifying.Request("a", "b", output="json"), [Outcome(way, ok=False, words="refused")])

    assert {
        "namespace": "a",
        "name": "b",
        "severity": "warning",
        "outcomes": [{"receiver": "a/b/warning", "integration": str(way.integration), "wentOut": False, "message": "refused"}],
    } == json.loads(capsys.readouterr().out)
