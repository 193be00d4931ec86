"""Alertmanager matchers as text, and the fence that keeps one profile's alerts from another's receivers.

The fence and the severity matchers are part of every notification's group key, and with it of PagerDuty's dedup_key: an
upgrade that changes a character of them orphans every open incident.
"""

import re
from collections.abc import Iterable

from monitoring_operator.api.names import ALERT_LABEL_NAMESPACE, ALERT_LABEL_PROFILE, ALERT_LABEL_SEVERITY

_FENCE = re.compile(f'{ALERT_LABEL_NAMESPACE}="([a-z0-9-]+)" {ALERT_LABEL_PROFILE}="([a-z0-9.-]+)"')


def matcher(label: str, operator: str, value: str) -> str:
    r"""A matcher that both of Alertmanager's parsers (classic, and UTF-8 since 0.27) read alike.

    `label` is a classic label name, `operator` one of = != =~ !~. Only the escapes \\, \" and \n mean the same to both.
    """
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{label}{operator}"{quoted}"'


def fence(namespace: str, profile: str) -> list[str]:
    """The matchers of the alerts of one profile and of no other."""
    return [matcher(ALERT_LABEL_NAMESPACE, "=", namespace), matcher(ALERT_LABEL_PROFILE, "=", profile)]


def fenced(matchers: Iterable[str]) -> tuple[str, str] | None:
    """Namespace and name of the profile whose fence these matchers are; None if they are no fence."""
    found = _FENCE.fullmatch(" ".join(map(str, matchers)))
    return (found[1], found[2]) if found else None


def of_severity(severity: str) -> list[str]:
    """The matchers of one severity, within a fence."""
    return [matcher(ALERT_LABEL_SEVERITY, "=", severity)]
