"""Whether notifications went out, read from the counters that every Alertmanager keeps.

`alertmanager_notifications_total` counts a notification when it is begun, and `_failed_total` when it is given up, which for a server
that does not answer is minutes later; the counters of single requests tell at once.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_PREFIX = "alertmanager_"
NOTIFICATIONS, REFUSED = "notifications_total", "notifications_failed_total"
REQUESTS, REQUESTS_FAILED = "notification_requests_total", "notification_requests_failed_total"

_LINE = re.compile(rf"^{_PREFIX}({NOTIFICATIONS}|{REFUSED}|{REQUESTS}|{REQUESTS_FAILED})\{{([^}}]*)\}} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_RECEIVER = "receiver_name"
"""The label is only there where Alertmanager runs with the feature `receiver-name-in-metrics`."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What one replica has counted for one kind of integration, of one receiver where it tells receivers apart."""

    begun: float = 0
    delivered: float = 0
    failed: float = 0
    refused: Mapping[str, float] = field(default_factory=dict)
    """Notifications that were given up, by reason; the reason is empty before Alertmanager 0.26."""
    by_receiver: bool = False

    def since(self, before: "Counts") -> "Counts":
        """What has been counted since."""
        refused = {reason: count - before.refused.get(reason, 0) for reason, count in self.refused.items()}
        return Counts(
            begun=self.begun - before.begun,
            delivered=self.delivered - before.delivered,
            failed=self.failed - before.failed,
            refused={reason: count for reason, count in refused.items() if count > 0},
            by_receiver=self.by_receiver,
        )


def counts(page: str, integration: str, receiver: str) -> Counts:
    """What `page`, an Alertmanager's metrics, says of `integration` (as its label has it) in the receiver of this name."""
    found: defaultdict[str, float] = defaultdict(float)
    refused: defaultdict[str, float] = defaultdict(float)
    by_receiver = False
    for name, labels, value in _lines(page):
        if labels.get("integration") != integration or labels.get(_RECEIVER, receiver) != receiver:
            continue
        by_receiver |= _RECEIVER in labels
        found[name] += value
        if name == REFUSED:
            refused[labels.get("reason", "")] += value
    return Counts(
        begun=found[NOTIFICATIONS],
        delivered=found[REQUESTS] - found[REQUESTS_FAILED],
        failed=found[REQUESTS_FAILED],
        refused=dict(refused),
        by_receiver=by_receiver,
    )


def _lines(page: str) -> Iterable[tuple[str, Mapping[str, str], float]]:
    for name, labels, value in _LINE.findall(page):
        yield name, {label: _unescaped(text) for label, text in _LABEL.findall(labels)}, float(value)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)
