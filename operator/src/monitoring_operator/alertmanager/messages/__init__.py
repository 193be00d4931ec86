"""What people read: templates in Alertmanager's language, the same for every profile."""

from collections.abc import Mapping
from typing import Any

from monitoring_operator.alertmanager.messages.chats import MSTEAMS, PUSHOVER, SLACK, TELEGRAM, WEBEX
from monitoring_operator.alertmanager.messages.email import EMAIL
from monitoring_operator.alertmanager.messages.incidents import OPSGENIE, PAGERDUTY, SNS, VICTOROPS

__all__ = ["EMAIL", "MESSAGES", "MSTEAMS", "OPSGENIE", "PAGERDUTY", "PUSHOVER", "SLACK", "SNS", "TELEGRAM", "VICTOROPS", "WEBEX"]

MESSAGES: Mapping[str, Mapping[str, Any]] = {
    "pagerduty": PAGERDUTY,
    "slack": SLACK,
    "email": EMAIL,
    "msteams": MSTEAMS,
    "opsgenie": OPSGENIE,
    "pushover": PUSHOVER,
    "sns": SNS,
    "telegram": TELEGRAM,
    "victorops": VICTOROPS,
    "webex": WEBEX,
}
"""By the name under which a configuration holds each of them once."""
