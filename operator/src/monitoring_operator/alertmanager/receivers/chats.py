"""Slack, Teams, Webex, Telegram and Pushover: those that people read."""

from collections.abc import Mapping
from typing import Any

from monitoring_operator.alertmanager import messages
from monitoring_operator.alertmanager.receivers.entry import Entry, bearer, literal
from monitoring_operator.api.receivers import MsTeams, Pushover, Slack, Telegram, Webex

SLACK_POST_MESSAGE = "https://slack.com/api/chat.postMessage"


def slack(wanted: Slack) -> Entry:
    """Slack, through an incoming webhook or as an app."""
    if wanted.api_url is not None:
        field, credential = "api_url", wanted.api_url
    else:
        assert wanted.bot_token is not None, "the model demands one of the two credentials"
        field, credential = "bot_token", wanted.bot_token

    def config(files: Mapping[str, Any]) -> dict[str, Any]:
        # prometheus-operator refuses Alertmanager's own app_token_file before 0.88; an authorization header says the same to every version.
        way = {"api_url_file": files[field]} if field == "api_url" else {"api_url": SLACK_POST_MESSAGE, **bearer(files[field])}
        return {**messages.SLACK, **way, "channel": literal(wanted.channel), "send_resolved": wanted.send_resolved}

    return Entry("slack_configs", {field: credential}, config)


def msteams(wanted: MsTeams) -> Entry:
    """Microsoft Teams, through a workflow."""
    return Entry(
        "msteamsv2_configs",
        {"webhook_url": wanted.webhook_url},
        lambda files: {**messages.MSTEAMS, "webhook_url_file": files["webhook_url"], "send_resolved": wanted.send_resolved},
    )


def webex(wanted: Webex) -> Entry:
    """Webex."""
    return Entry(
        "webex_configs",
        {"bot_token": wanted.bot_token},
        lambda files: {
            **messages.WEBEX,
            **bearer(files["bot_token"]),
            "room_id": wanted.room_id,
            "send_resolved": wanted.send_resolved,
        },
    )


def telegram(wanted: Telegram) -> Entry:
    """Telegram."""
    return Entry(
        "telegram_configs",
        {"bot_token": wanted.bot_token},
        lambda files: {
            **messages.TELEGRAM,
            "bot_token_file": files["bot_token"],
            "chat_id": wanted.chat_id,
            "send_resolved": wanted.send_resolved,
        },
    )


def pushover(wanted: Pushover) -> Entry:
    """Pushover."""
    return Entry(
        "pushover_configs",
        {"user_key": wanted.user_key, "token": wanted.token},
        lambda files: {
            **messages.PUSHOVER,
            "user_key_file": files["user_key"],
            "token_file": files["token"],
            "send_resolved": wanted.send_resolved,
        },
    )
