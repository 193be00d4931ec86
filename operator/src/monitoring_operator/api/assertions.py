"""`spec.notifications.assertions`: a profile's own tests of who is told."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from monitoring_operator.api.model import LabelName, Model, Rule, Unique
from monitoring_operator.api.names import ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE

# fmt: off
AssertedReceiver = Literal[
    "critical", "warning",
    "pagerDuty", "slack", "webhook", "email", "msTeams", "opsgenie", "victorOps", "pushover", "telegram", "webex", "sns",
]
# fmt: on
"""Those of one of the profile's lists, or those of one kind."""

_FENCE = sorted({ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE})


class Assertion(Model):
    """An alert and who must be told of it."""

    labels: Annotated[dict[LabelName, Annotated[str, StringConstraints(max_length=1024)]], Field(min_length=1, max_length=32)]
    """Labels of the alert, such as severity and tenant_id. Its namespace and profile are the profile's own."""
    receivers: Annotated[tuple[AssertedReceiver, ...], Field(min_length=1, max_length=16), Unique()] | None = None
    """Who of the profile's receivers must be told, and no other of them: critical and warning are all of that list, the rest are
    those of that kind."""
    nobody: bool = False
    """true: nobody at all may be told."""

    rules_ = (
        Rule(
            "has(self.receivers) != (has(self.nobody) && self.nobody)",
            "give exactly one of receivers and nobody: true",
            lambda s: (s.receivers is not None) != s.nobody,
        ),
        Rule(
            f"self.labels.all(k, !(k in {_FENCE}))",
            f"labels of an assertion must not set {' or '.join(_FENCE)}: they are the profile's own",
            lambda s: not s.labels.keys() & set(_FENCE),
        ),
    )
