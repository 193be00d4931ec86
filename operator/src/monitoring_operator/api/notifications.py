"""`spec.notifications`: who is told, of what, and how often."""

from typing import Annotated, Literal

from pydantic import Field

from monitoring_operator.api import durations
from monitoring_operator.api.assertions import Assertion
from monitoring_operator.api.model import Duration, LabelName, Model, Name, NamespaceName, Rule, Unique
from monitoring_operator.api.receivers import Receiver
from monitoring_operator.api.time_intervals import BY_NAME, Times


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
    mode: Literal["Secret", "AlertmanagerConfig"] = "Secret"
    """How the Alertmanager is told: by a part of its configuration Secret, which all profiles share, or by an AlertmanagerConfig object in
    the profile's namespace, which prometheus-operator merges."""
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

    mute_times: Annotated[tuple[Times, ...], Field(max_length=16, json_schema_extra=BY_NAME)] = ()
    """When nobody is told: alerts of these moments are told of afterwards, if they still fire. Default: never."""
    active_times: Annotated[tuple[Times, ...], Field(max_length=16, json_schema_extra=BY_NAME)] = ()
    """When people are told; at all other times nobody is. Default: always."""
    assertions: Annotated[tuple[Assertion, ...], Field(max_length=32)] = ()
    """What must be true of the routes. A change for which it would not be is refused, and what is live stays."""

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
        Rule(
            # Within each of the lists the API server sees to it, because their type is a map by name.
            "!has(self.muteTimes) || !has(self.activeTimes) "
            "|| self.muteTimes.all(mute, !self.activeTimes.exists(active, active.name == mute.name))",
            "a name stands only once among muteTimes and activeTimes",
            lambda s: len({t.name for t in (*s.mute_times, *s.active_times)}) == len(s.mute_times) + len(s.active_times),
        ),
    )
