"""Stand-ins take what would be sent, unless a real credential is given; what they took is said in words."""

import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from harness import tools
from harness.notifications import pagerduty, profile, slack
from monitoring_operator import yaml_output
from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import fragment
from monitoring_operator.alertmanager.merge import Merged, merge
from monitoring_operator.stack.notices import heading, lines
from monitoring_operator.stack.stand_ins import Notification, listening, redirected

URL = "http://127.0.0.1:1234"


def merged() -> Merged:
    """One profile that pages and writes to a channel by a webhook."""
    built = profile("shop", "web", critical=[pagerduty()], warning=[slack()])
    part = fragment(built, dict.fromkeys(wanted(built), "planted"))
    assert part is not None
    return merge([part])


def sections(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The first entry of each receiver's sections, by name of the receiver."""
    return {r["name"]: {k: v[0] for k, v in r.items() if k != "name"} for r in config["receivers"]}


def test_without_credentials_everybody_is_stood_in_for(tmp_path: Path) -> None:
    """Each receiver leads to the stand-in and keeps what it says; no file is needed, and Alertmanager takes the configuration."""
    config = redirected(load(merged().config), URL, "/secrets", ())
    found = sections(config)
    path = tmp_path / "alertmanager.yml"
    path.write_text(yaml_output.document(config))
    done = subprocess.run([tools.find("amtool"), "check-config", path], capture_output=True, text=True, check=False, timeout=60)

    assert 0 == done.returncode, done.stderr
    assert f"{URL}/PagerDuty/shop%2Fweb%2Fcritical" == found["shop/web/critical"]["pagerduty_configs"]["url"]
    assert f"{URL}/Slack/shop%2Fweb%2Fwarning" == found["shop/web/warning"]["slack_configs"]["api_url"]
    assert "_file" not in path.read_text()


def test_who_has_a_real_credential_is_really_told() -> None:
    """Only a receiver all of whose credentials are given keeps its service, and reads them from the folder that was named."""
    given = [key for key in merged().files if key.endswith("routing_key")]
    found = sections(redirected(load(merged().config), URL, "/home/me/secrets", given))

    assert f"/home/me/secrets/{given[0]}" == found["shop/web/critical"]["pagerduty_configs"]["routing_key_file"]
    assert "url" not in found["shop/web/critical"]["pagerduty_configs"]
    assert found["shop/web/warning"]["slack_configs"]["api_url"].startswith(URL)


def test_whoever_has_no_form_of_his_own_is_told_as_a_webhook() -> None:
    """A kind of receiver that stand-ins do not know is shown all the same."""
    config = {"receivers": [{"name": "r", "email_configs": [{"to": "a@example.com", "auth_password_file": "x"}]}]}

    assert [{"name": "r", "webhook_configs": [{"url": f"{URL}/email/r", "send_resolved": True}]}] == redirected(config, URL, "", ())[
        "receivers"
    ]


def test_the_server_hands_over_what_it_gets() -> None:
    """Service and receiver come from the address; what is no JSON is refused and nobody hears of it."""
    told: list[Notification] = []

    def post(url: str, body: bytes) -> int:
        request = urllib.request.Request(f"{url}/Slack/shop%2Fweb%2Fwarning", data=body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    with listening(told.append) as url:
        assert [202, 400] == [post(url, body) for body in (b'{"channel": "#a"}', b"not JSON")]

    assert [Notification("Slack", "shop/web/warning", {"channel": "#a"})] == told


@pytest.mark.parametrize(
    ("service", "body", "said"),
    [
        (
            "PagerDuty",
            {
                "event_action": "trigger",
                "payload": {"summary": "Calls fail. (a/b)", "custom_details": {"firing": "`Calls` x=y 3 % failed\n", "resolved": "none"}},
                "links": [{"href": "https://r.example.com/Calls", "text": "Runbook"}],
            },
            ["FIRING: Calls fail. (a/b)", "Calls x=y 3 % failed", "Runbook: https://r.example.com/Calls"],
        ),
        (
            "PagerDuty",
            {"event_type": "resolve", "description": "Calls fail. (a/b)", "details": {"firing": "none", "resolved": "Calls: over"}},
            ["RESOLVED: Calls fail. (a/b)", "Calls: over"],
        ),
        (
            "Slack",
            {
                "channel": "#alerts",
                "attachments": [
                    {"title": "WARNING: many streams", "text": "920 &gt; 900 <https://r.example.com/S|Runbook> </d/x|Board>\n"}
                ],
            },
            ["in #alerts", "WARNING: many streams", "920 > 900", "Runbook: https://r.example.com/S"],
        ),
        (
            "email",
            {"alerts": [{"status": "firing", "labels": {"alertname": "Down"}, "annotations": {"summary": "It is down."}}]},
            ["FIRING: Down: It is down."],
        ),
        ("Slack", {}, []),
    ],
)
def test_notifications_read_like_messages(service: str, body: dict[str, Any], said: list[str]) -> None:
    """Who is told, and what, without the service's markup."""
    notification = Notification(service, "a/b/critical", body)

    assert said == lines(notification)
    assert f"{service} is told (a/b/critical)" == heading(notification)
