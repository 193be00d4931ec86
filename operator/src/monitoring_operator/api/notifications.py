"""`spec.notifications`: who is told. Credentials are references; their values never stand in a profile."""

from typing import Annotated

from pydantic import Field, StringConstraints

from monitoring_operator.api import durations
from monitoring_operator.api.model import Duration, LabelName, Model, Name, NamespaceName, Rule, SecretSource, Unique


class PagerDuty(Model):
    """Pages through PagerDuty."""

    routing_key: SecretSource | None = None
    """Integration key of the Events API v2."""
    service_key: SecretSource | None = None
    """Integration key of the older "Prometheus" integration (Events API v1)."""
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
    """Writes to a Slack channel."""

    api_url: SecretSource | None = None
    """URL of an incoming webhook."""
    bot_token: SecretSource | None = None
    """Token of a Slack app (xoxb-...), which posts through chat.postMessage."""
    channel: Annotated[str, StringConstraints(min_length=1, max_length=256)]
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


class Receiver(Model):
    """One way to be told: exactly one of its fields."""

    pager_duty: PagerDuty | None = None
    """Page through PagerDuty."""
    slack: Slack | None = None
    """Write to Slack."""

    rules_ = (
        Rule(
            "has(self.pagerDuty) != has(self.slack)",
            "give exactly one of pagerDuty and slack",
            lambda s: (s.pager_duty is None) != (s.slack is None),
        ),
    )


class AlertmanagerRef(Model):
    """An Alertmanager object of prometheus-operator."""

    namespace: NamespaceName
    """Its namespace."""
    name: Name
    """Its name."""


class Notifications(Model):
    """Who is told of this profile's alerts: becomes a part of the Alertmanager's configuration Secret."""

    alertmanager: AlertmanagerRef | None = None
    """The Alertmanager object that notifies. Default: the only one in the cluster."""
    critical: Annotated[tuple[Receiver, ...], Field(max_length=16)] = ()
    """Who is told of critical alerts; all of them are."""
    warning: Annotated[tuple[Receiver, ...], Field(max_length=16)] = ()
    """Who is told of warnings; all of them are."""
    group_by: Annotated[tuple[LabelName, ...], Field(min_length=1, max_length=16), Unique()] = ("alertname", "namespace")
    """Alerts that agree in these labels become one notification."""
    group_wait: Duration = "30s"
    """How long a new group waits for more alerts, and for the critical twin that mutes a warning."""
    group_interval: Duration = "5m"
    """How long until new alerts of a known group are sent."""
    repeat_interval: Duration = "4h"
    """How long until a notification that still holds is sent again."""

    rules_ = (
        Rule(
            "(has(self.critical) && size(self.critical) > 0) || (has(self.warning) && size(self.warning) > 0)",
            "notifications without a receiver tell nobody; give critical or warning, or leave notifications out",
            lambda s: bool(s.critical or s.warning),
        ),
        # Alertmanager would refuse the whole configuration, every other profile's included.
        Rule(
            "(!has(self.groupInterval) || self.groupInterval.matches('[1-9]')) "
            "&& (!has(self.repeatInterval) || self.repeatInterval.matches('[1-9]'))",
            "groupInterval and repeatInterval must be longer than zero",
            lambda s: all(durations.seconds(d) > 0 for d in (s.group_interval, s.repeat_interval)),
        ),
    )
