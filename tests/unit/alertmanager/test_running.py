"""What a real Alertmanager does with the configuration: who receives which message, and who is muted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.alertmanager import PAGERDUTY, SLACK_API, SLACK_WEBHOOK, Alertmanager, Received, StandIn, install, stand_in
from harness.notifications import pagerduty, part, slack, slack_bot
from harness.wait import wait_for
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.routing import inhibition, parsed

AT_ONCE = {"groupWait": "10ms", "groupInterval": "1s", "groupBy": ["alertname", "tenant_id"]}
ANNOTATIONS = {
    "summary": "The GA4 quota is nearly used up.",
    "description": "97 % of the day's tokens are used.",
    "runbook_url": "https://runbooks.example.com/ga4quota?a=1&b=2",
    "dashboard_url": "https://grafana.example.com/d/ga4",
}
ENDED = "2020-01-01T00:00:00Z"


@dataclass(frozen=True)
class Site:
    """A running Alertmanager, what it sends to, and the folder that its credentials lie in."""

    alertmanager: Alertmanager
    server: StandIn
    folder: Path

    def first(self, path: str) -> Received:
        """The first message to `path`."""
        return wait_for(lambda: self.server.of(path)[0], what=f"a message to {path}")


def _parts(server: StandIn) -> list[Fragment]:
    values = {"pagerduty": "PLANTED-KEY\n", "slack": f"{server.url}{SLACK_WEBHOOK}PLANTED-HOOK", "bot": "PLANTED-TOKEN"}
    ours: dict[str, Any] = {
        "critical": [pagerduty(), slack(channel="#{{ pages }} $(HOME)")],
        "warning": [slack_bot(channel="C1"), slack()],
        **AT_ONCE,
    }
    return [part(values=values, **ours), part("analytics", "other", values=values, warning=[slack()], **AT_ONCE)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two profiles' notifications on a fresh Alertmanager."""
    with stand_in() as server:
        config = install(merge(_parts(server)), tmp_path, server)
        with Alertmanager(config, tmp_path) as alertmanager:
            yield Site(alertmanager, server, tmp_path)


def _alert(severity: str, signal: str = "ga4_quota", *, profile: str = "ga4", **labels: str) -> dict[str, Any]:
    name = {"critical": "Ga4QuotaExhaustionImminent", "warning": "Ga4QuotaHigh", "info": "Note"}[severity]
    ours = {"namespace": "analytics", "profile": profile, "job": profile, "severity": severity, "signal": signal}
    return {"labels": {"alertname": name, **ours, **labels}, "annotations": ANNOTATIONS}


def test_a_critical_alert_pages_with_everything_the_reader_needs(site: Site) -> None:
    """PagerDuty gets the profile's own key and a full event: what, how bad, where, and the links."""
    site.alertmanager.post(_alert("critical", tenant_id="acme", property_id="1"))
    event = site.first(PAGERDUTY).body
    assert event["routing_key"] == "PLANTED-KEY"
    assert event["event_action"] == "trigger"
    assert {k: event["payload"][k] for k in ("summary", "severity", "source", "component", "group", "class")} == {
        "summary": "The GA4 quota is nearly used up. (analytics/ga4)",
        "severity": "critical",
        "source": "analytics/ga4",
        "component": "ga4",
        "group": "analytics",
        "class": "ga4_quota",
    }
    assert event["payload"]["custom_details"] == {
        "firing": "`Ga4QuotaExhaustionImminent property_id=1 tenant_id=acme` 97 % of the day's tokens are used. "
        "https://runbooks.example.com/ga4quota?a=1&b=2\n",
        "resolved": "none",
        "num_firing": 1,
        "num_resolved": 0,
    }
    assert event["links"] == [
        {"href": "https://runbooks.example.com/ga4quota?a=1&b=2", "text": "Runbook"},
        {"href": "https://grafana.example.com/d/ga4", "text": "Dashboard"},
    ]


def test_a_warning_reaches_slack_through_webhook_and_bot(site: Site) -> None:
    """The bot's token is sent as a bearer token, the webhook's URL alone is the credential; both messages say the same."""
    site.alertmanager.post(_alert("warning", tenant_id="acme"))
    bot, webhook = site.first(SLACK_API), site.first(SLACK_WEBHOOK)
    assert bot.authorization == "Bearer PLANTED-TOKEN"
    assert webhook.authorization is None
    assert (bot.body["channel"], webhook.body["channel"]) == ("C1", "#alerts")
    (attachment,) = webhook.body["attachments"]
    assert bot.body["attachments"] == [attachment]
    assert {k: attachment[k] for k in ("title", "title_link", "color", "text")} == {
        "title": "WARNING: The GA4 quota is nearly used up. (analytics/ga4)",
        "title_link": "https://grafana.example.com/d/ga4",
        "color": "warning",
        "text": "97 % of the day's tokens are used. tenant_id=acme <https://runbooks.example.com/ga4quota?a=1&amp;b=2|Runbook>"
        " <https://grafana.example.com/d/ga4|Dashboard>\n",
    }
    assert site.server.of(PAGERDUTY) == []


def test_a_channel_with_template_characters_arrives_as_written(site: Site) -> None:
    """Braces and $() in a channel are the channel's, not Alertmanager's or the config-reloader's."""
    site.alertmanager.post(_alert("critical"))
    assert site.first(SLACK_WEBHOOK).body["channel"] == "#{{ pages }} $(HOME)"


def test_the_end_of_an_alert_is_told_under_the_same_key(site: Site) -> None:
    """PagerDuty closes an incident by its dedup_key; Slack hears of the end too."""
    alert = _alert("critical", tenant_id="acme")
    site.alertmanager.post(alert)
    trigger = site.first(PAGERDUTY).body
    site.alertmanager.post({**alert, "endsAt": ENDED})
    resolve = wait_for(lambda: site.server.of(PAGERDUTY)[1], what="the resolve").body
    assert (resolve["event_action"], resolve["dedup_key"]) == ("resolve", trigger["dedup_key"])
    (attachment,) = wait_for(lambda: site.server.of(SLACK_WEBHOOK)[1], what="the end in Slack").body["attachments"]
    assert attachment["title"] == "RESOLVED: The GA4 quota is nearly used up. (analytics/ga4)"
    assert attachment["color"] == "good"
    assert attachment["text"].startswith("(resolved) 97 %")


@pytest.mark.parametrize("tenant", ["a: {{ boom }}", "{{ template }}", "<!channel> & co", "- x", "0123", '"', "\n: {{"])
def test_a_hostile_label_stops_no_message(site: Site, tenant: str) -> None:
    """A tenant's name is data: it can neither break the page, nor call a whole channel, nor become something else than text."""
    alert = _alert("critical", tenant_id=tenant)
    alert["annotations"] = {**ANNOTATIONS, "description": f"Tenant {tenant} is in trouble: {tenant}"}
    site.alertmanager.post(alert)
    details = site.first(PAGERDUTY).body["payload"]["custom_details"]["firing"]
    assert details.startswith(f"`Ga4QuotaExhaustionImminent tenant_id={tenant}` Tenant {tenant} is in trouble: {tenant} ")
    (attachment,) = site.first(SLACK_WEBHOOK).body["attachments"]
    escaped = tenant.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert attachment["text"].startswith(f"Tenant {escaped} is in trouble: {escaped} tenant_id={escaped} ")


def test_many_different_alerts_are_one_readable_message(tmp_path: Path) -> None:
    """Grouped by namespace alone, 25 alerts have no common summary: the message counts them, shows 20 and says so."""
    with stand_in() as server:
        values = {"pagerduty": "KEY", "slack": f"{server.url}{SLACK_WEBHOOK}x"}
        everything = part(values=values, critical=[pagerduty(), slack()], groupWait="500ms", groupBy=["namespace"])
        with Alertmanager(install(merge([everything]), tmp_path, server), tmp_path) as alertmanager:
            site = Site(alertmanager, server, tmp_path)
            alerts = [_alert("critical", tenant_id=f"t{i:02}") for i in range(25)]
            for index, alert in enumerate(alerts):
                alert["annotations"] = {"summary": f"Summary {index}."}
            alertmanager.post(*alerts)
            page, (attachment,) = site.first(PAGERDUTY).body, site.first(SLACK_WEBHOOK).body["attachments"]
    assert page["payload"]["summary"] == "25 alerts (analytics/ga4)"
    assert page["payload"]["custom_details"]["firing"].endswith("20 of 25 shown")
    assert "links" not in page
    assert attachment["title"] == "CRITICAL: 25 alerts (analytics/ga4)"
    assert attachment["text"].endswith("20 of 25 alerts shown")
    assert attachment["text"].count("\n") == 20


def test_one_profiles_alert_reaches_no_other_profile(site: Site) -> None:
    """The other profile has the same namespace and no critical receivers: its critical goes to its own warning receiver alone."""
    site.alertmanager.post(_alert("critical", profile="other"))
    assert "(analytics/other)" in site.first(SLACK_WEBHOOK).body["attachments"][0]["title"]
    site.alertmanager.post(_alert("critical", profile="ga4"))
    site.first(PAGERDUTY)
    assert [r.body["payload"]["component"] for r in site.server.of(PAGERDUTY)] == ["ga4"]


def test_a_rotated_credential_is_used_without_a_reload(site: Site) -> None:
    """Key files are read when a message is sent."""
    site.alertmanager.post(_alert("critical", tenant_id="one"))
    assert site.first(PAGERDUTY).body["routing_key"] == "PLANTED-KEY"
    (site.folder / "analytics.ga4.critical.0.routing_key").write_text("ROTATED")
    site.alertmanager.post(_alert("critical", tenant_id="two"))
    second = wait_for(lambda: site.server.of(PAGERDUTY)[1], what="the second page")
    assert second.body["routing_key"] == "ROTATED"


def test_credentials_do_not_reach_alertmanagers_log(site: Site) -> None:
    """The whole configuration may be logged and shown: it holds none."""
    site.alertmanager.post(_alert("critical"), _alert("warning", signal="other"))
    site.first(PAGERDUTY)
    site.first(SLACK_API)
    assert "PLANTED" not in site.alertmanager.log


def _muted(site: Site, *alerts: dict[str, Any]) -> set[str]:
    """The `id` of those of `alerts` that are muted once Alertmanager has taken in all of them.

    It takes alerts in one after the other: when the last pair has had its effect, all others have.
    """
    last = [_alert(severity, "last", profile="last", id=f"last {severity}") for severity in ("critical", "warning")]
    site.alertmanager.post(*alerts)
    site.alertmanager.post(*last)
    wait_for(lambda: "last warning" in site.alertmanager.inhibited(), what="the last warning is muted")
    muted = site.alertmanager.inhibited() - {"last warning"}
    config, firing = parsed((site.folder / "alertmanager.yaml").read_text()), [alert["labels"] for alert in alerts]
    assert muted == {labels["id"] for i, labels in enumerate(firing) if inhibition(config, firing, i)}, "our answer is Alertmanager's"
    return muted


def test_a_critical_mutes_its_own_warning_twin_and_nothing_else(site: Site) -> None:
    """Same signal and same subject: muted. Another tenant, signal, instance or profile, or an alert that is not ours: not."""
    muted = _muted(
        site,
        _alert("critical", tenant_id="acme", id="critical"),
        _alert("warning", tenant_id="acme", id="twin"),
        _alert("warning", tenant_id="globex", id="other tenant"),
        _alert("warning", id="no tenant"),
        _alert("warning", tenant_id="acme", instance="1", id="other instance"),
        _alert("warning", tenant_id="acme", endpoint="/x", id="other endpoint"),
        _alert("warning", "cpu", tenant_id="acme", id="other signal"),
        _alert("warning", tenant_id="acme", profile="other", id="other profile"),
        {"labels": {"alertname": "X", "namespace": "analytics", "severity": "warning", "tenant_id": "acme", "id": "foreign"}},
    )
    assert muted == {"twin"}


def test_a_dead_service_mutes_all_other_alerts_of_its_profile(site: Site) -> None:
    """Everything else about a service that is down follows from that; another profile's alerts do not."""
    muted = _muted(
        site,
        _alert("critical", "service_down", id="down"),
        _alert("critical", tenant_id="acme", id="quota"),
        _alert("warning", "cpu", instance="1", id="cpu"),
        _alert("critical", profile="other", id="other profile"),
        {"labels": {"alertname": "X", "namespace": "analytics", "severity": "warning", "job": "ga4", "id": "foreign"}},
    )
    assert muted == {"quota", "cpu"}


def test_a_dead_service_that_only_warns_mutes_no_page(site: Site) -> None:
    """Somebody who made ServiceDown a warning still wants to be paged for what is critical."""
    muted = _muted(
        site,
        _alert("warning", "service_down", id="down"),
        _alert("critical", tenant_id="acme", id="quota"),
        _alert("warning", "cpu", id="cpu"),
    )
    assert muted == {"cpu"}


def test_a_dead_service_that_tells_nobody_mutes_nothing(site: Site) -> None:
    """An info alert is sent to no one: were it to mute others, nobody would hear of anything."""
    assert _muted(site, _alert("info", "service_down", id="down"), _alert("warning", "cpu", id="cpu")) == set()
