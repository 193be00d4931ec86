"""The ways to be told that `spec.notifications` knows. Credentials are references; their values never stand in a profile.

Offered is what Alertmanager 0.27 or newer and prometheus-operator 0.85 or newer take with the credential in a file of its own.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from monitoring_operator.api.model import NO_VARIABLE, Model, Rule, SecretSource

Url = Annotated[str, StringConstraints(pattern=r"^https?://[-._~%:/?#&'()*+,;=A-Za-z0-9]+$", min_length=10, max_length=1024)]
"""An HTTP address without a user and password, which would be a credential, and without what a template would be."""

EmailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s,<>\"{}$]+@[^@\s,<>\"{}$]+$", min_length=3, max_length=254)]

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class PagerDuty(Model):
    """Pages through PagerDuty."""

    routing_key: SecretSource | None = None
    """Integration key of the Events API v2."""
    service_key: SecretSource | None = None
    """Integration key of the older "Prometheus" integration (Events API v1)."""
    url: Url | None = None
    """Address of the Events API, such as https://events.eu.pagerduty.com/v2/enqueue. Default: Alertmanager's, in the United States."""
    send_resolved: bool = True
    """Whether PagerDuty hears of the end of an alert."""

    rules_ = (
        Rule(
            "has(self.routingKey) != has(self.serviceKey)",
            "give exactly one of routingKey and serviceKey",
            lambda s: (s.routing_key is None) != (s.service_key is None),
        ),
    )


class Slack(Model):
    """Writes to a Slack channel, or to whatever takes Slack's webhooks: Mattermost, Rocket.Chat, Discord (.../slack)."""

    api_url: SecretSource | None = None
    """URL of an incoming webhook."""
    bot_token: SecretSource | None = None
    """Token of a Slack app (xoxb-...), which posts through chat.postMessage."""
    channel: ShortText
    """Channel such as "#alerts", or a user."""
    send_resolved: bool = True
    """Whether the channel hears of the end of an alert."""

    rules_ = (
        Rule(
            "has(self.apiUrl) != has(self.botToken)",
            "give exactly one of apiUrl and botToken",
            lambda s: (s.api_url is None) != (s.bot_token is None),
        ),
    )


class BasicAuth(Model):
    """A user's name and password."""

    username: Annotated[str, StringConstraints(pattern=NO_VARIABLE, min_length=1, max_length=256)]
    """Name of the user. It must not hold $(, which prometheus-operator's config-reloader would expand."""
    password: SecretSource
    """The user's password."""


class Webhook(Model):
    """Posts Alertmanager's JSON to an address of yours."""

    url: Url | None = None
    """Address, if it may be read by everybody."""
    url_from: SecretSource | None = None
    """Address that is itself a credential."""
    max_alerts: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Alerts in one message; 0 means all."""
    authorization: SecretSource | None = None
    """Bearer token."""
    basic_auth: BasicAuth | None = None
    """User and password."""
    send_resolved: bool = True
    """Whether it hears of the end of an alert."""

    rules_ = (
        Rule(
            "has(self.url) != has(self.urlFrom)", "give exactly one of url and urlFrom", lambda s: (s.url is None) != (s.url_from is None)
        ),
        Rule(
            "!(has(self.authorization) && has(self.basicAuth))",
            "give at most one of authorization and basicAuth",
            lambda s: s.authorization is None or s.basic_auth is None,
        ),
    )


class Email(Model):
    """Sends e-mail."""

    to: Annotated[tuple[EmailAddress, ...], Field(min_length=1, max_length=16)]
    """Who gets it."""
    from_: Annotated[EmailAddress, Field(alias="from")]
    """Who it is from."""
    smarthost: Annotated[str, StringConstraints(pattern=r"^[-.A-Za-z0-9]+:[0-9]{1,5}$", max_length=259)]
    """Host and port of the SMTP server, such as smtp.example.com:587. Port 465 speaks TLS from the start."""
    hello: Annotated[str, StringConstraints(pattern=r"^[-.A-Za-z0-9]+$", max_length=253)] | None = None
    """Host name to greet the server with. Default: localhost."""
    auth: BasicAuth | None = None
    """Whom to log in as. Default: no log-in."""
    require_tls: bool = True
    """Whether a connection that does not turn to TLS is given up."""
    send_resolved: bool = True
    """Whether they hear of the end of an alert."""


class MsTeams(Model):
    """Writes to a channel of Microsoft Teams through a workflow; needs Alertmanager 0.28."""

    webhook_url: SecretSource
    """Address of the workflow "Post to a channel when a webhook request is received"."""
    send_resolved: bool = True
    """Whether the channel hears of the end of an alert."""


class OpsgenieResponder(Model):
    """Who is to respond."""

    type: Literal["team", "user", "escalation", "schedule"]
    """What kind of responder."""
    name: ShortText
    """Its name; of a user, the login."""


class Opsgenie(Model):
    """Pages through Opsgenie, or Jira Service Management with its Opsgenie interface."""

    api_key: SecretSource
    """Key of an API integration."""
    api_url: Url | None = None
    """Address of the API, such as https://api.eu.opsgenie.com/. Default: Opsgenie's in the United States."""
    responders: Annotated[tuple[OpsgenieResponder, ...], Field(max_length=16)] = ()
    """Who is to respond. Default: as the integration says."""
    send_resolved: bool = True
    """Whether the alert is closed at its end."""


class VictorOps(Model):
    """Pages through Splunk On-Call (VictorOps)."""

    api_key: SecretSource
    """API key of the integration."""
    routing_key: Annotated[str, StringConstraints(pattern=r"^[-._A-Za-z0-9]+$", min_length=1, max_length=128)]
    """Routing key, which chooses the escalation policy."""
    send_resolved: bool = True
    """Whether the incident is resolved at its end."""


class Pushover(Model):
    """Notifies phones through Pushover."""

    user_key: SecretSource
    """Key of the user or group."""
    token: SecretSource
    """Token of the application."""
    send_resolved: bool = True
    """Whether they hear of the end of an alert."""


class Telegram(Model):
    """Writes to a Telegram chat."""

    bot_token: SecretSource
    """The bot's token."""
    chat_id: Annotated[int, Field(ge=-(10**15), le=10**15)]
    """The chat; of groups and channels a negative number."""
    send_resolved: bool = True
    """Whether the chat hears of the end of an alert."""

    rules_ = (Rule("self.chatId != 0", "chatId must not be 0", lambda s: s.chat_id != 0),)


class Webex(Model):
    """Writes to a Webex space."""

    bot_token: SecretSource
    """The bot's access token."""
    room_id: Annotated[str, StringConstraints(pattern=r"^[-_A-Za-z0-9=]+$", min_length=1, max_length=256)]
    """The space."""
    send_resolved: bool = True
    """Whether the space hears of the end of an alert."""


class Sns(Model):
    """Publishes to a topic of Amazon SNS with the rights that Alertmanager's pod has (IRSA, pod identity, instance profile)."""

    topic_arn: Annotated[str, StringConstraints(pattern=r"^arn:[-:._A-Za-z0-9]+$", min_length=1, max_length=512)]
    """The topic."""
    region: Annotated[str, StringConstraints(pattern=r"^[-a-z0-9]+$", min_length=1, max_length=64)]
    """Its region."""
    role_arn: Annotated[str, StringConstraints(pattern=r"^arn:[-:/._+=@,A-Za-z0-9]+$", max_length=512)] | None = None
    """A role to assume. Default: none."""
    send_resolved: bool = True
    """Whether the end of an alert is published."""


class Receiver(Model):
    """One way to be told: exactly one of its fields."""

    pager_duty: PagerDuty | None = None
    """Page through PagerDuty."""
    slack: Slack | None = None
    """Write to Slack."""
    webhook: Webhook | None = None
    """Post JSON to an address of yours."""
    email: Email | None = None
    """Send e-mail."""
    ms_teams: MsTeams | None = None
    """Write to Microsoft Teams."""
    opsgenie: Opsgenie | None = None
    """Page through Opsgenie."""
    victor_ops: VictorOps | None = None
    """Page through Splunk On-Call (VictorOps)."""
    pushover: Pushover | None = None
    """Notify through Pushover."""
    telegram: Telegram | None = None
    """Write to Telegram."""
    webex: Webex | None = None
    """Write to Webex."""
    sns: Sns | None = None
    """Publish to Amazon SNS."""

    def chosen(self) -> Iterator[Model]:
        """Those of its fields that are given."""
        return (value for field in type(self).model_fields if (value := getattr(self, field)) is not None)

    rules_ = (
        Rule(
            "[has(self.pagerDuty), has(self.slack), has(self.webhook), has(self.email), has(self.msTeams), has(self.opsgenie), "
            "has(self.victorOps), has(self.pushover), has(self.telegram), has(self.webex), has(self.sns)].filter(given, given).size() == 1",
            "give exactly one of pagerDuty, slack, webhook, email, msTeams, opsgenie, victorOps, pushover, telegram, webex and sns",
            lambda s: len(list(s.chosen())) == 1,
        ),
    )
