"""A receiver of alertmanager.yml: its entries become the profile's ways to be told, their credentials references."""

import dataclasses
import email.utils
import re
from collections.abc import Callable, Mapping
from typing import Any

from monitoring_operator.migration.draft import Credential, Document, Draft, Json, Told

_POST_MESSAGE = "/chat.postMessage"
"""Slack's address for bots, whose token is in an authorization header."""
_BEARER = "http_config.authorization.credentials"


@dataclasses.dataclass
class _Entry:
    """One entry of a receiver while it is read: what becomes of it, where its credentials stand, and which fields were looked at.

    Fields are named by their path, such as `sigv4.region`; `common` is the configuration's `global`.
    """

    body: Json
    common: Json
    path: str
    taken: dict[str, Any] = dataclasses.field(default_factory=dict)
    credentials: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    used: set[str] = dataclasses.field(default_factory=set)

    def value(self, name: str, common: str = "") -> Any:
        """What stands in a field of the entry, or where it has none in one of `global`; None if in neither."""
        self.used.add(name.partition(".")[0])
        found: Any = self.body
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return self.common.get(common) if found is None and common else found

    def copy(self, theirs: str, ours: str, common: str = "") -> None:
        """Take a value as it is, if there is one."""
        if (found := self.value(theirs, common)) is not None:
            self.taken[ours] = found

    def refer(self, ours: str, *theirs: str, common: tuple[str, ...] = ()) -> bool:
        """Note where the credential of our field stands: in the first of these fields, or of `global`, that is there."""
        for name in (n for base in theirs for n in (base, f"{base}_file")):
            if self.value(name):
                self.credentials.append((ours, f"{self.path}.{name}"))
                return True
        for name in (n for base in common for n in (base, f"{base}_file")):
            if self.common.get(name):
                self.credentials.append((ours, f"global.{name}"))
                return True
        return False


def _pager_duty(entry: _Entry) -> bool:
    entry.copy("url", "url", "pagerduty_url")
    return entry.refer("routingKey", "routing_key") or entry.refer("serviceKey", "service_key")


def _slack(entry: _Entry) -> bool:
    entry.copy("channel", "channel")
    if str(entry.value("api_url") or "").endswith(_POST_MESSAGE):
        return entry.refer("botToken", _BEARER, "app_token", common=("slack_app_token",))
    return entry.refer("apiUrl", "api_url") or entry.refer("botToken", "app_token") or entry.refer("apiUrl", common=("slack_api_url",))


def _webhook(entry: _Entry) -> bool:
    entry.copy("max_alerts", "maxAlerts")
    entry.refer("authorization", _BEARER)
    if (name := entry.value("http_config.basic_auth.username")) and entry.refer("basicAuth.password", "http_config.basic_auth.password"):
        entry.taken["basicAuth"] = {"username": name}
    # Whoever knows the address of a webhook can use it.
    return entry.refer("urlFrom", "url")


def _email(entry: _Entry) -> bool:
    entry.taken["to"] = [address for _, address in email.utils.getaddresses([str(entry.value("to") or "")])]
    for theirs, ours in (("from", "from"), ("smarthost", "smarthost"), ("hello", "hello"), ("require_tls", "requireTls")):
        entry.copy(theirs, ours, f"smtp_{theirs}")
    user = entry.value("auth_username", "smtp_auth_username")
    if user is None:
        return True
    entry.taken["auth"] = {"username": user}
    return entry.refer("auth.password", "auth_password", common=("smtp_auth_password",))


def _opsgenie(entry: _Entry) -> bool:
    entry.copy("api_url", "apiUrl", "opsgenie_api_url")
    entry.copy("responders", "responders")
    return entry.refer("apiKey", "api_key", common=("opsgenie_api_key",))


def _victor_ops(entry: _Entry) -> bool:
    entry.copy("routing_key", "routingKey")
    return entry.refer("apiKey", "api_key", common=("victorops_api_key",))


def _telegram(entry: _Entry) -> bool:
    entry.copy("chat_id", "chatId")
    return entry.refer("botToken", "bot_token", common=("telegram_bot_token",))


def _webex(entry: _Entry) -> bool:
    entry.copy("room_id", "roomId")
    return entry.refer("botToken", _BEARER)


def _sns(entry: _Entry) -> bool:
    topic, region = str(entry.value("topic_arn") or ""), entry.value("sigv4.region")
    # arn:aws:sns:REGION:ACCOUNT:TOPIC
    entry.taken |= {"topicArn": topic, "region": region or topic.partition(":sns:")[2].partition(":")[0]}
    entry.copy("sigv4.role_arn", "roleArn")
    return bool(topic) and not entry.value("sigv4.access_key")


_NO_CREDENTIAL = "its credential is not one that a profile can refer to"


@dataclasses.dataclass(frozen=True, slots=True)
class _Kind:
    """The profile's field for a section, how an entry is read (False: it cannot be taken over), and why it could not be."""

    name: str
    read: Callable[[_Entry], bool]
    why_not: str = _NO_CREDENTIAL


_TEAMS = _Kind("msTeams", lambda entry: entry.refer("webhookUrl", "webhook_url"))
_KINDS = {
    "pagerduty_configs": _Kind("pagerDuty", _pager_duty),
    "slack_configs": _Kind("slack", _slack),
    "webhook_configs": _Kind("webhook", _webhook),
    "email_configs": _Kind("email", _email, "a log-in without auth_password"),
    "msteams_configs": _TEAMS,
    "msteamsv2_configs": _TEAMS,
    "opsgenie_configs": _Kind("opsgenie", _opsgenie),
    "victorops_configs": _Kind("victorOps", _victor_ops),
    "pushover_configs": _Kind("pushover", lambda entry: entry.refer("userKey", "user_key") and entry.refer("token", "token")),
    "telegram_configs": _Kind("telegram", _telegram),
    "webex_configs": _Kind("webex", _webex),
    "sns_configs": _Kind("sns", _sns, "a profile publishes to topics, with the rights of Alertmanager's pod and not with keys"),
}
_INSTEAD = {
    "discord_configs": "slack.apiUrl takes its address with /slack behind it",
    "mattermost_configs": "slack.apiUrl takes its address",
}


def read(document: Document, severity: str, path: str, receiver: Json, draft: Draft) -> None:
    """Take over every entry of a receiver that is told of a severity."""
    name = str(receiver["name"])
    for section, entries in receiver.items():
        for index, body in enumerate(entries or () if section != "name" else ()):
            where = f"{path}.{section}[{index}]"
            kind = _KINDS.get(section)
            if kind is None:
                instead = _INSTEAD.get(section, "webhook may lead there")
                draft.leave(document, where, f"{section} of {name}: a profile has no such kind; {instead}")
                continue
            entry = _Entry(body, document.value.get("global") or {}, where)
            entry.copy("send_resolved", "sendResolved")
            if not kind.read(entry):
                draft.leave(document, where, f"{section} of {name}: {kind.why_not}")
                continue
            for field, place in entry.credentials:
                _refer(document, entry, draft, field=field, place=place, parts=[kind.name, field, name, str(index) if index else ""])
            draft.add_told(severity, Told(document, where, f"{section} of {name}"), {kind.name: entry.taken})
            for rest in sorted(body.keys() - entry.used):
                draft.leave(document, f"{where}.{rest}", f"{rest} of {name}: messages and connections are the operator's own")


def _refer(document: Document, entry: _Entry, draft: Draft, *, field: str, place: str, parts: list[str]) -> None:
    """Put a reference into the profile's field, and the key to make on the list."""
    secret = f"{draft.name or 'profile'}-notify"
    key = re.sub(r"[^-_a-zA-Z0-9]", "-", "-".join([parts[0].lower(), parts[1].lower(), *filter(None, parts[2:])]))
    credential = Credential(secret, key, document.file, document.line(place), place)
    if credential not in draft.credentials:
        draft.credentials.append(credential)
    *above, last = field.split(".")
    into = entry.taken
    for part in above:
        into = into.setdefault(part, {})
    into[last] = {"secretKeyRef": {"name": secret, "key": key}}
