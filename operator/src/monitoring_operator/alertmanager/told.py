"""Receivers in words: what somebody is told through, and never by which credential."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KINDS: Mapping[str, tuple[str, str]] = {
    "pagerduty_configs": ("PagerDuty", ""),
    "slack_configs": ("Slack", "channel"),
    "webhook_configs": ("webhook", ""),
    "email_configs": ("e-mail", "to"),
    "msteams_configs": ("Microsoft Teams", ""),
    "msteamsv2_configs": ("Microsoft Teams", ""),
    "opsgenie_configs": ("Opsgenie", ""),
    "victorops_configs": ("VictorOps", ""),
    "pushover_configs": ("Pushover", ""),
    "telegram_configs": ("Telegram", ""),
    "discord_configs": ("Discord", ""),
    "webex_configs": ("Webex", ""),
    "wechat_configs": ("WeChat", ""),
    "sns_configs": ("Amazon SNS", ""),
    "jira_configs": ("Jira", "project"),
    "rocketchat_configs": ("Rocket.Chat", "channel"),
    "mattermost_configs": ("Mattermost", "channel"),
    "incidentio_configs": ("incident.io", ""),
}
"""By section of a receiver: what people call it, and the field that tells one from another without giving anything away."""

_FIELDS = {"pagerduty": "pagerDuty", "msteamsv2": "msTeams", "victorops": "victorOps"}
_SUFFIX = "_configs"


@dataclass(frozen=True, slots=True)
class Integration:
    """One way in which a receiver tells somebody: its section without `_configs`, its name, and what tells it from others."""

    section: str
    name: str
    detail: str = ""

    @property
    def field(self) -> str:
        """The field of a profile's receiver that becomes such a section."""
        return _FIELDS.get(self.section, self.section)

    def __str__(self) -> str:
        return f"{self.name} {self.detail}".strip()


def integrations(config: Mapping[str, Any], receiver: str) -> tuple[Integration, ...]:
    """How the receiver of this name in `config` tells somebody; nothing if it tells nobody."""
    found: Mapping[str, Any] = next((r for r in config.get("receivers") or () if r.get("name") == receiver), {})
    told = []
    for section, entries in sorted(found.items()):
        if not section.endswith(_SUFFIX):
            continue
        short = section.removesuffix(_SUFFIX)
        name, field = _KINDS.get(section, (short, ""))
        told += [Integration(short, name, _plain(str(entry.get(field) or "")) if field else "") for entry in entries or ()]
    return tuple(told)


def _plain(text: str) -> str:
    """A channel as its owner knows it: without what keeps its braces from being a template."""
    return re.sub(r'\{\{ "([{$])" \}\}', r"\1", text)
