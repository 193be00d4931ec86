"""alertmanager.yml in `monitoring-operator import`: every kind of receiver that a profile knows, and when people are told."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from unit.migration.test_import import lines, run


def imported(folder: Path, config: dict[str, Any]) -> tuple[int, dict[str, Any], str]:
    """Exit code, the profile's notifications and the report for an Alertmanager configuration."""
    result, profile = run(folder, "--name", "shop", config=yaml.safe_dump(config, sort_keys=False))
    assert "planted" not in result.stdout + result.stderr
    return result.exit_code, profile["spec"]["notifications"], "\n".join(lines(result, folder))


def told(folder: Path, common: dict[str, Any] | None = None, **sections: dict[str, Any]) -> tuple[int, list[dict[str, Any]], str]:
    """The same for one receiver of all alerts, with one entry in each of these sections; what the profile says of critical alerts."""
    receiver = {"name": "all", **{section: [entry] for section, entry in sections.items()}}
    code, notifications, report = imported(folder, {"global": common or {}, "route": {"receiver": "all"}, "receivers": [receiver]})
    assert notifications["critical"] == notifications["warning"]
    return code, notifications["critical"], report


def reference(key: str) -> dict[str, Any]:
    """A reference to a key of the Secret that is to be made."""
    return {"secretKeyRef": {"name": "shop-notify", "key": key}}


def test_several_credentials_of_one_receiver_have_keys_of_their_own(tmp_path: Path) -> None:
    """A second webhook does not take the first one's key; a bot's token stands in its header."""
    bot = "https://slack.com/api/chat.postMessage"
    entries = [
        {"api_url": "https://hooks.slack.com/planted/1", "channel": "#a"},
        {"api_url": "https://hooks.slack.com/planted/2", "channel": "#b"},
        {"api_url": bot, "channel": "#c", "http_config": {"authorization": {"credentials": "xoxb-planted"}}},
    ]
    config = {"route": {"receiver": "chat"}, "receivers": [{"name": "chat", "slack_configs": entries}]}
    result, profile = run(tmp_path, "--name", "ga4", config=yaml.safe_dump(config))
    told = [receiver["slack"] for receiver in profile["spec"]["notifications"]["warning"]]
    keys = [next(v["secretKeyRef"]["key"] for v in slack.values() if isinstance(v, dict)) for slack in told]

    assert ["slack-apiurl-chat", "slack-apiurl-chat-1", "slack-bottoken-chat-2"] == keys
    assert 0 == result.exit_code, result.stderr
    assert "planted" not in result.stdout + result.stderr


def test_every_kind_with_one_credential_is_taken_over(tmp_path: Path) -> None:
    """With its credential as a reference, whether it stands in the entry or for all; the profile is valid."""
    receiver = {
        "name": "all",
        "webhook_configs": [{"url": "https://hook.example.com/planted", "max_alerts": 5}],
        "msteamsv2_configs": [{"webhook_url_file": "/etc/teams"}],
        "opsgenie_configs": [{"send_resolved": False}],
        "victorops_configs": [{"api_key": "planted", "routing_key": "web"}],
        "telegram_configs": [{"bot_token": "planted", "chat_id": -100}],
    }
    config = {"global": {"opsgenie_api_key": "planted"}, "route": {"receiver": "all"}, "receivers": [receiver]}
    result, profile = run(tmp_path, "--name", "ga4", config=yaml.safe_dump(config, sort_keys=False))
    told = [(kind, set(fields)) for entry in profile["spec"]["notifications"]["critical"] for kind, fields in entry.items()]

    assert 0 == result.exit_code, result.stderr
    assert [
        ("webhook", {"urlFrom", "maxAlerts"}),
        ("msTeams", {"webhookUrl"}),
        ("opsgenie", {"apiKey", "sendResolved"}),
        ("victorOps", {"apiKey", "routingKey"}),
        ("telegram", {"botToken", "chatId"}),
    ] == told
    assert "planted" not in result.stdout + result.stderr


def test_email_comes_with_what_holds_for_all(tmp_path: Path) -> None:
    """Server, sender and log-in stand in `global` or in the entry; names beside addresses are left out."""
    common = {
        "smtp_smarthost": "smtp.example.com:587",
        "smtp_from": "other@example.com",
        "smtp_auth_username": "alerts",
        "smtp_auth_password": "planted",
        "smtp_require_tls": False,
    }
    entry = {"to": "Ops <ops@example.com>, boss@example.com", "from": "alerts@example.com", "html": "our own words"}
    code, receivers, report = told(tmp_path, common, email_configs=entry)

    assert [
        {
            "email": {
                "to": ["ops@example.com", "boss@example.com"],
                "from": "alerts@example.com",
                "smarthost": "smtp.example.com:587",
                "requireTls": False,
                "auth": {"username": "alerts", "password": reference("email-auth-password-all")},
            }
        }
    ] == receivers
    assert "(global.smtp_auth_password)" in report
    assert "NOT taken: html of all: messages and connections are the operator's own" in report
    assert 1 == code


def test_pushover_webex_and_sns(tmp_path: Path) -> None:
    """Two credentials, one in a header, and none; a topic's region stands in its name."""
    code, receivers, report = told(
        tmp_path,
        pushover_configs={"user_key": "planted", "token_file": "/etc/token"},
        webex_configs={"room_id": "Y2lzY29", "http_config": {"authorization": {"credentials": "planted"}}},
        sns_configs={"topic_arn": "arn:aws:sns:eu-west-1:1:alerts", "sigv4": {"role_arn": "arn:aws:iam::1:role/told"}},
    )

    assert [
        {"pushover": {"userKey": reference("pushover-userkey-all"), "token": reference("pushover-token-all")}},
        {"webex": {"botToken": reference("webex-bottoken-all"), "roomId": "Y2lzY29"}},
        {"sns": {"topicArn": "arn:aws:sns:eu-west-1:1:alerts", "region": "eu-west-1", "roleArn": "arn:aws:iam::1:role/told"}},
    ] == receivers
    assert 0 == code, report


def test_what_a_webhook_is_asked_for_comes_along(tmp_path: Path) -> None:
    """User and password, or a bearer token."""
    _, (basic,), _ = told(
        tmp_path, webhook_configs={"url": "https://planted", "http_config": {"basic_auth": {"username": "u", "password": "planted"}}}
    )
    _, (bearer,), _ = told(
        tmp_path, webhook_configs={"url": "https://planted", "http_config": {"authorization": {"credentials_file": "/etc/token"}}}
    )

    assert {"username": "u", "password": reference("webhook-basicauth-password-all")} == basic["webhook"]["basicAuth"]
    assert reference("webhook-authorization-all") == bearer["webhook"]["authorization"]


@pytest.mark.parametrize(
    ("section", "entry", "why"),
    [
        ("discord_configs", {"webhook_url": "https://planted"}, "a profile has no such kind; slack.apiUrl takes its address with /slack"),
        ("wechat_configs", {"api_secret": "planted"}, "a profile has no such kind; webhook may lead there"),
        ("sns_configs", {"topic_arn": "arn:aws:sns:a:1:b", "sigv4": {"access_key": "planted"}}, "the rights of Alertmanager's pod and not"),
        ("sns_configs", {"phone_number": "+41"}, "a profile publishes to topics"),
        ("email_configs", {"to": "a@b.c"}, "email.from: is required"),
        ("webex_configs", {"room_id": "r"}, "its credential is not one that a profile can refer to"),
        ("pushover_configs", {"user_key": "planted"}, "its credential is not one that a profile can refer to"),
    ],
)
def test_what_cannot_be_taken_is_named_with_the_reason(section: str, entry: dict[str, Any], why: str, tmp_path: Path) -> None:
    """Once for each severity, never as taken, and without a key to make for it; the rest is taken."""
    code, receivers, report = told(tmp_path, slack_configs={"api_url": "https://planted", "channel": "#a"}, **{section: entry})
    left = [line for line in report.splitlines() if f"NOT taken: {section} of all: " in line]

    assert [True, True] == [why in line for line in left], report
    assert ["slack"] == [kind for entry in receivers for kind in entry]
    assert f": taken: {section}" not in report
    assert "shop-notify --from-file=slack-apiurl-all=FILE" in report
    assert 1 == code


NIGHTS = {"times": [{"start_time": "22:00", "end_time": "24:00"}], "weekdays": ["Monday:Friday"], "location": "Europe/Zurich"}
"""As people write it: days in any case, a time zone."""


def test_times_become_the_profiles(tmp_path: Path) -> None:
    """What mutes a route mutes the severity that ends there; what both have is said once; the older place of definitions is read."""
    config = {
        "route": {
            "receiver": "chat",
            "routes": [
                {"matchers": ["severity=critical"], "receiver": "chat", "mute_time_intervals": ["Upgrade Window"]},
                {
                    "matchers": ["severity=warning"],
                    "receiver": "chat",
                    "mute_time_intervals": ["Upgrade Window", "nights"],
                    "active_time_intervals": ["term"],
                },
            ],
        },
        "receivers": [{"name": "chat", "slack_configs": [{"api_url": "https://planted", "channel": "#a"}]}],
        "time_intervals": [
            {"name": "Upgrade Window", "time_intervals": [{"days_of_month": ["1:3", "-1"], "months": [12], "years": ["2026:2027"]}]},
            {"name": "nights", "time_intervals": [NIGHTS]},
        ],
        "mute_time_intervals": [{"name": "term", "time_intervals": [{"months": ["September:December"]}]}],
    }
    code, notifications, report = imported(tmp_path, config)

    assert [
        {"name": "upgrade-window", "intervals": [{"daysOfMonth": ["1:3", "-1"], "months": ["12"], "years": ["2026:2027"]}]},
        {
            "name": "nights",
            "severities": ["warning"],
            "intervals": [
                {
                    "times": [{"startTime": "22:00", "endTime": "24:00"}],
                    "weekdays": ["monday:friday"],
                    "location": "Europe/Zurich",
                }
            ],
        },
    ] == notifications["muteTimes"]
    assert [{"name": "term", "severities": ["warning"], "intervals": [{"months": ["september:december"]}]}] == notifications["activeTimes"]
    assert "taken: the time interval nights (warning) as notifications.muteTimes" in report
    assert 0 == code, report


def test_times_that_a_profile_cannot_have_are_named(tmp_path: Path) -> None:
    """Those of one route among several, those that no route has, those that are wrong; a child does not inherit its parent's."""
    inner = {"matchers": ["severity=critical"], "receiver": "chat", "mute_time_intervals": ["odd"]}
    config = {
        "route": {
            "receiver": "chat",
            "routes": [
                {**inner, "continue": True, "mute_time_intervals": ["one"]},
                {"receiver": "chat", "mute_time_intervals": ["parents"], "routes": [inner, {"matchers": ["severity=warning"]}]},
            ],
        },
        "receivers": [{"name": "chat", "slack_configs": [{"api_url": "https://planted", "channel": "#a"}]}],
        "time_intervals": [
            {"name": name, "time_intervals": [{"location": "Nowhere/At-All" if name == "odd" else "UTC"}]}
            for name in ("one", "parents", "odd", "unused")
        ],
    }
    code, notifications, report = imported(tmp_path, config)

    assert {"muteTimes", "activeTimes"}.isdisjoint(notifications)
    assert "NOT taken: mute_time_intervals one: only one of the routes of its severity has it" in report
    for name in ("parents", "unused"):
        assert f"NOT taken: the time interval {name}: no route for all alerts of a severity refers to it" in report
    assert 1 == code


def test_a_wrong_interval_is_left_out(tmp_path: Path) -> None:
    """With what the profile has against it; the other times stay."""
    config = {
        "route": {"receiver": "chat", "routes": [{"matchers": ["severity=~critical|warning"], "mute_time_intervals": ["odd", "nights"]}]},
        "receivers": [{"name": "chat", "slack_configs": [{"api_url": "https://planted", "channel": "#a"}]}],
        "time_intervals": [{"name": "odd", "time_intervals": [{"location": "No/Where"}]}, {"name": "nights", "time_intervals": [NIGHTS]}],
    }
    code, notifications, report = imported(tmp_path, config)

    assert ["nights"] == [times["name"] for times in notifications["muteTimes"]]
    assert "NOT taken: the time interval odd (critical, warning): spec.notifications.muteTimes[0].intervals[0].location" in report
    assert 1 == code
