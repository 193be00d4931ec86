"""One entry of a profile's notifications as Alertmanager's configuration, with credentials as references to files."""

from collections.abc import Callable, Mapping
from typing import Any

from monitoring_operator.alertmanager.receivers import chats, direct, incidents
from monitoring_operator.alertmanager.receivers.chats import SLACK_POST_MESSAGE
from monitoring_operator.alertmanager.receivers.entry import DIRECTORY, Entry
from monitoring_operator.api import receivers as api

__all__ = ["DIRECTORY", "SLACK_POST_MESSAGE", "Entry", "entry"]

_KINDS: Mapping[type[Any], Callable[[Any], Entry]] = {
    api.PagerDuty: incidents.pagerduty,
    api.Opsgenie: incidents.opsgenie,
    api.VictorOps: incidents.victorops,
    api.Sns: incidents.sns,
    api.Slack: chats.slack,
    api.MsTeams: chats.msteams,
    api.Webex: chats.webex,
    api.Telegram: chats.telegram,
    api.Pushover: chats.pushover,
    api.Webhook: direct.webhook,
    api.Email: direct.email,
}


def entry(receiver: api.Receiver) -> Entry:
    """What `receiver` is for Alertmanager."""
    (chosen,) = receiver.chosen()
    return _KINDS[type(chosen)](chosen)
