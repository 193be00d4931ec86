"""What a real Alertmanager sends to receivers of the other kinds: taken by who is strict, and readable.

Pushover's address is fixed in Alertmanager, and Amazon SNS takes only what is signed: these two are loaded, and not sent.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.alertmanager import TELEGRAM, VICTOROPS, WEBEX, Alertmanager, StandIn, install, stand_in
from harness.mailbox import Mailbox, mailbox
from harness.message_rules import RULES
from harness.notifications import every_kind, part, slack
from harness.wait import wait_for
from monitoring_operator.alertmanager.merge import merge

AT_ONCE: dict[str, Any] = {"groupWait": "10ms", "groupInterval": "1s"}
SUMMARY = "The GA4 quota is nearly used up."
RUNBOOK = "https://runbooks.example.com/ga4quota?a=1&b=2"
DASHBOARD = "https://grafana.example.com/d/ga4"
PATHS = {
    "webhook": "/webhook",
    "msteams": "/teams",
    "opsgenie": "/opsgenie/v2/alerts",
    "victorops": VICTOROPS,
    "telegram": TELEGRAM,
    "webex": WEBEX,
}
AUTHORIZATION = {"webhook": "Bearer PLANTED-webhook", "opsgenie": "GenieKey PLANTED-opsgenie", "webex": "Bearer PLANTED-webex"}
IN_PATH = {"victorops": "/PLANTED-victorops/analytics", "telegram": "/botPLANTED-telegram/sendMessage"}
ALWAYS = {"times": [{"startTime": "00:00", "endTime": "24:00"}]}
NEVER = {"years": ["2999"]}


def alert(profile: str = "ga4", severity: str = "critical") -> dict[str, Any]:
    """An alert about a tenant, with all that people want to read."""
    labels = {"alertname": "Ga4Quota", "namespace": "analytics", "profile": profile, "severity": severity, "tenant_id": "acme"}
    annotations = {"summary": SUMMARY, "description": "97 % is used.", "runbook_url": RUNBOOK, "dashboard_url": DASHBOARD}
    return {"labels": labels, "annotations": annotations}


@dataclass(frozen=True)
class Sent:
    """An Alertmanager that tells everybody of one alert, and who hears of it."""

    alertmanager: Alertmanager
    server: StandIn
    mails: Mailbox


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    """One alert of a profile that has a receiver of every kind that can be sent to the loopback interface."""
    folder = tmp_path_factory.mktemp("alertmanager")
    with stand_in() as server, mailbox() as mails:
        kinds = every_kind()
        kinds["webhook"]["webhook"]["url"] = f"{server.url}{PATHS['webhook']}"
        kinds["opsgenie"]["opsgenie"]["apiUrl"] = f"{server.url}/opsgenie/"
        kinds["email"]["email"] |= {"smarthost": mails.address, "requireTls": False}
        del kinds["email"]["email"]["auth"]
        values = {key: f"PLANTED-{key}" for key in RULES} | {"teams": f"{server.url}{PATHS['msteams']}"}
        wanted = [kinds[kind] for kind in (*RULES, "email")]
        config = install(merge([part(values=values, critical=wanted, **AT_ONCE)]), folder, server)
        with Alertmanager(config, folder) as alertmanager:
            alertmanager.post(alert())
            yield Sent(alertmanager, server, mails)


def texts(value: Any) -> Iterator[str]:
    """Every text anywhere in a message."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def readable(text: str) -> None:
    """Fails unless a person finds all there is to know, and nothing of how it came about."""
    for wanted in (SUMMARY, "acme", RUNBOOK, DASHBOARD):
        assert wanted in text
    for broken in ("{{", "}}", "<no value>", "%!", "<nil>"):
        assert broken not in text


@pytest.mark.parametrize("kind", RULES)
def test_a_message_is_taken_and_readable(sent: Sent, kind: str) -> None:
    """It has all that the service demands, the profile's own credential, the summary, the tenant and both links."""
    (message,) = wait_for(lambda: sent.server.of(PATHS[kind]), what=f"a message to {kind}", timeout=60)

    assert [] == list(RULES[kind](message.body))
    assert message.authorization == AUTHORIZATION.get(kind)
    assert message.path.endswith(IN_PATH.get(kind, ""))
    readable(html.unescape("\n".join(texts({k: v for k, v in message.body.items() if k != "responders"}))))


def test_a_responder_is_named_as_written(sent: Sent) -> None:
    """Braces in a team's name are the name's; a user goes by the login."""
    (message,) = wait_for(lambda: sent.server.of(PATHS["opsgenie"]), what="a message to Opsgenie", timeout=60)
    assert message.body["responders"] == [{"name": "Analytics {{", "type": "team"}, {"username": "a@example.com", "type": "user"}]


def test_a_mail_is_taken_and_readable(sent: Sent) -> None:
    """As text and as HTML; the subject says what and whose."""
    (mail,) = wait_for(lambda: sent.mails.mails, what="an e-mail", timeout=60)

    assert (mail.sender, mail.to) == ("alerts@example.com", ("team@example.com", "lead@example.com"))
    assert mail.message["Subject"] == f"CRITICAL: {SUMMARY} (analytics/ga4)"
    readable(mail.text("plain"))
    readable(html.unescape(mail.text("html")))


def test_no_credential_is_logged(sent: Sent) -> None:
    """Alertmanager may log its whole configuration, and does log where it sends to."""
    wait_for(lambda: all(sent.server.of(path) for path in PATHS.values()), what="everybody was told", timeout=60)
    assert "PLANTED" not in sent.alertmanager.log


def test_times_hold_back_what_they_cover(tmp_path: Path) -> None:
    """Mute times that cover now and active times that do not: nothing is sent. The other way round it is."""
    times: dict[str, dict[str, Any]] = {
        "muted": {"muteTimes": [{"name": "now", "intervals": [ALWAYS]}]},
        "not-muted": {"muteTimes": [{"name": "later", "intervals": [NEVER]}]},
        "active": {"activeTimes": [{"name": "now", "intervals": [ALWAYS]}]},
        "not-active": {"activeTimes": [{"name": "later", "intervals": [NEVER]}]},
    }
    with stand_in() as server:
        values = {"slack": f"{server.url}/services/x"}
        parts = [part(name=name, values=values, warning=[slack()], **AT_ONCE, **given) for name, given in times.items()]
        with Alertmanager(install(merge(parts), tmp_path, server), tmp_path) as alertmanager:
            alertmanager.post(*(alert(name, "warning") for name in times))
            wait_for(lambda: alertmanager.suppressed() == {"mute_time_interval": 1, "active_time_interval": 1}, what="two are held back")
            wait_for(lambda: len(server.received) >= 2, what="two are sent")
            told = [message.body["attachments"][0]["title"] for message in server.received]
    assert sorted(told) == [f"WARNING: {SUMMARY} (analytics/{name})" for name in ("active", "not-muted")]
