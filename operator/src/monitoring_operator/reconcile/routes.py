"""Who contributes what to which Alertmanager configuration, and what became of it.

One Secret is written from all profiles. A profile's reconcile only puts its part on this board; the Alertmanager's own key
takes all parts together, so that a thousand new profiles cause a handful of writes.
"""

from dataclasses import dataclass, field

from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.api.names import Reason
from monitoring_operator.status import RouteState
from monitoring_operator.store import ProfileKey


@dataclass(frozen=True, slots=True)
class Part:
    """A profile's contribution. `fragment` None means: whatever is live of it stays (its spec is invalid at the moment)."""

    target: Target | None
    fragment: Fragment | None


@dataclass(slots=True)
class Board:
    """Contributions by profile, and per Alertmanager what was made of them."""

    parts: dict[ProfileKey, Part] = field(default_factory=dict)
    heard: set[ProfileKey] = field(default_factory=set)
    """Profiles that have been looked at since the start, whether they contribute or not."""
    written: dict[Target, dict[ProfileKey, Fragment]] = field(default_factory=dict)
    """The parts that the live Secret holds."""
    failed: dict[Target, tuple[str, str]] = field(default_factory=dict)
    """Reason and message where the Secret could not be written."""

    def put(self, key: ProfileKey, part: Part | None) -> set[Target]:
        """Replaces a profile's contribution (None: it has none); returns the Alertmanagers that it concerns."""
        self.heard.add(key)
        before = self.parts.get(key)
        if part is None:
            self.parts.pop(key, None)
        else:
            self.parts[key] = part
        if before == part:
            return set()
        return {p.target for p in (before, part) if p is not None and p.target is not None}

    def keep(self, key: ProfileKey) -> bool:
        """The profile cannot be taken as it is: its last good part stays, wherever it is. Says whether this is news."""
        if key in self.heard:
            return False
        self.heard.add(key)
        self.parts[key] = Part(None, None)
        return True

    def drop(self, key: ProfileKey) -> set[Target]:
        """The profile is gone; returns the Alertmanagers that it concerned."""
        concerned = self.put(key, None)
        self.heard.discard(key)
        return concerned

    def state(self, key: ProfileKey) -> RouteState | None:
        """What became of the profile's part; None while it is not decided."""
        part = self.parts.get(key)
        if part is None or part.target is None or part.fragment is None:
            return None
        if part.target in self.failed:
            reason, message = self.failed[part.target]
            return RouteState(False, reason, message)
        if self.written.get(part.target, {}).get(key) != part.fragment:
            return None
        return _written(part.target, part.fragment)


def _written(target: Target, fragment: Fragment) -> RouteState:
    where = f"Secret {target.namespace}/{target.secret}"
    if fragment.missing:
        absent = ", ".join(f"key {key} of Secret {secret}" for secret, key in fragment.missing)
        return RouteState(False, Reason.SECRET_MISSING, f"Receivers are left out because there is no {absent}.")
    return RouteState(None, Reason.NOT_VERIFIED, f"Written to {where}; whether Alertmanager has loaded it is not verified.")
