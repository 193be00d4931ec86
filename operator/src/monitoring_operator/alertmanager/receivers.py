"""One entry of a profile's notifications as Alertmanager's configuration, with credentials as references to files.

A key file is read whenever a notification is sent, so a rotated credential takes effect without a reload, and the
configuration itself can be shown and logged.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from monitoring_operator.alertmanager import messages
from monitoring_operator.api.model import SecretSource
from monitoring_operator.api.notifications import PagerDuty, Receiver, Slack

DIRECTORY = "/etc/alertmanager/config"
"""Where prometheus-operator mounts the configuration Secret's further keys."""

SLACK_POST_MESSAGE = "https://slack.com/api/chat.postMessage"


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to be told: the list it belongs to in a receiver, the credential it needs, and how to write it.

    `config` takes the path of the file that holds the credential.
    """

    section: str
    field: str
    credential: SecretSource
    config: Callable[[str], dict[str, Any]]


def entry(receiver: Receiver) -> Entry:
    """What `receiver` is for Alertmanager."""
    if receiver.slack is not None:
        return _slack(receiver.slack)
    assert receiver.pager_duty is not None, "the model allows no receiver without one of its fields"
    return _pagerduty(receiver.pager_duty)


def _pagerduty(pager_duty: PagerDuty) -> Entry:
    if pager_duty.routing_key is not None:
        field, credential = "routing_key", pager_duty.routing_key
    else:
        assert pager_duty.service_key is not None, "the model demands one of the two keys"
        field, credential = "service_key", pager_duty.service_key

    def config(path: str) -> dict[str, Any]:
        return {
            **messages.PAGERDUTY,
            f"{field}_file": path,
            "send_resolved": pager_duty.send_resolved,
        }

    return Entry("pagerduty_configs", field, credential, config)


def _slack(slack: Slack) -> Entry:
    if slack.api_url is not None:
        field, credential = "api_url", slack.api_url
    else:
        assert slack.bot_token is not None, "the model demands one of the two credentials"
        field, credential = "bot_token", slack.bot_token

    def config(path: str) -> dict[str, Any]:
        # prometheus-operator refuses Alertmanager's own app_token_file before 0.88; an authorization header says the same to every version.
        authorization = {"http_config": {"authorization": {"type": "Bearer", "credentials_file": path}}}
        return {
            **messages.SLACK,
            **({"api_url_file": path} if field == "api_url" else {"api_url": SLACK_POST_MESSAGE, **authorization}),
            "channel": literal(slack.channel),
            "send_resolved": slack.send_resolved,
        }

    return Entry("slack_configs", field, credential, config)


def literal(text: str) -> str:
    """`text` such that Alertmanager's templates give it back unchanged and the config-reloader finds no `$(VARIABLE)` in it.

    The reloader refuses a configuration with a variable that its environment lacks: one channel would stop everybody's reloads.
    """
    return re.sub(r"\{|\$(?=\()", lambda found: f'{{{{ "{found[0]}" }}}}', text)
