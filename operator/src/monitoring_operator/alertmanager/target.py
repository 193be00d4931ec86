"""Which Alertmanager a profile's alerts go through, and which Secret holds its configuration.

A profile need not say: most clusters have one Alertmanager. Where there are several, guessing would tell the wrong people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring_operator.api.names import Reason
from monitoring_operator.api.notifications import AlertmanagerRef


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """An Alertmanager object of prometheus-operator, and the Secret in its namespace from which it takes its configuration.

    The Secret is the identity: several Alertmanagers that read the same one are the same target, whatever they are called.
    """

    namespace: str
    name: str = field(compare=False)
    secret: str


class NoTarget(Exception):
    """There is no Alertmanager to write to: `reason` is a condition's reason, `message` says what to do."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def target_of(body: Mapping[str, Any]) -> Target:
    """The target that `body`, an Alertmanager object as JSON, is."""
    metadata = body["metadata"]
    secret = (body.get("spec") or {}).get("configSecret")
    return Target(metadata["namespace"], metadata["name"], secret or f"alertmanager-{metadata['name']}")


def by_name(target: Target) -> tuple[str, str]:
    """Sorts targets so that the first of those that share a Secret represents them."""
    return target.namespace, target.name


def choose(ref: AlertmanagerRef | None, known: Iterable[Target]) -> Target:
    """The target that `ref` names among `known`; without a `ref`, the only one there is.

    Alertmanagers that read the same Secret are one target, represented by the first of them: two configurations cannot
    be written into one Secret. Raises NoTarget.
    """
    targets = sorted(known, key=by_name)
    if ref is not None:
        named = [t for t in targets if (t.namespace, t.name) == (ref.namespace, ref.name)]
        if not named:
            raise NoTarget(
                Reason.ALERTMANAGER_MISSING,
                f"there is no Alertmanager {ref.namespace}/{ref.name}, which spec.notifications.alertmanager names, "
                "or the operator does not watch its namespace",
            )
        return next(t for t in targets if (t.namespace, t.secret) == (named[0].namespace, named[0].secret))
    if not targets:
        raise NoTarget(Reason.ALERTMANAGER_MISSING, "there is no Alertmanager object of prometheus-operator that could notify anybody")
    if len({(t.namespace, t.secret) for t in targets}) > 1:
        names = ", ".join(f"{t.namespace}/{t.name}" for t in targets)
        raise NoTarget(
            Reason.ALERTMANAGER_AMBIGUOUS, f"there are several Alertmanagers ({names}); name one in spec.notifications.alertmanager"
        )
    return targets[0]
