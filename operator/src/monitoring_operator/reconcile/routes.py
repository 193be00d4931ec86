"""Who contributes what to which Alertmanager configuration, and what became of it.

One Secret is written from all profiles. A profile's reconcile only puts its part on this board; the Alertmanager's own key
takes all parts together, so that a thousand new profiles cause a handful of writes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from monitoring_operator.alertmanager.base import Base
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
    version: int = field(default=0, compare=False)
    """The version of the profile that it was made from."""


@dataclass(slots=True)
class Board:
    """Contributions by profile, and per Alertmanager what was made of them."""

    parts: dict[ProfileKey, Part] = field(default_factory=dict)
    heard: set[ProfileKey] = field(default_factory=set)
    """Profiles that have been looked at since the start, whether they contribute or not."""
    leaving: dict[ProfileKey, Part] = field(default_factory=dict)
    """Parts of profiles that have named another Alertmanager which does not hold them yet: until then nothing is taken away."""
    written: dict[Target, dict[ProfileKey, Fragment]] = field(default_factory=dict)
    """The parts that the live Secret holds."""
    versions: dict[ProfileKey, str] = field(default_factory=dict)
    """The Secret's resource version with which a profile's part came to be as it is, where we wrote it."""
    rivals: dict[Target, float] = field(default_factory=dict)
    """Where another operator's name stood in the Secret: since when it does not any more (monotonic seconds), infinity while it does."""
    waiting: dict[Target, tuple[str, float]] = field(default_factory=dict)
    """The content of a shard's fragment that was not taken up yet, and since when that is waited for (monotonic seconds)."""
    strays: dict[Target, dict[ProfileKey, float]] = field(default_factory=dict)
    """Profiles whose parts stay though nobody brings them, and when it was found out that they exist (monotonic seconds)."""
    failed: dict[Target, tuple[str, str]] = field(default_factory=dict)
    """Reason and message where the Secret could not be written."""
    refused: dict[Target, dict[ProfileKey, str]] = field(default_factory=dict)
    """Parts that cannot be merged, and why; what was merged of them before stays."""
    bases: dict[Target, Base] = field(default_factory=dict)
    """The last good base configurations."""
    base_problems: dict[Target, str] = field(default_factory=dict)
    """What was last said against a base; empty if it is good."""

    def put(self, key: ProfileKey, part: Part | None) -> set[Target]:
        """Replaces a profile's contribution (None: it has none); returns the Alertmanagers that it concerns."""
        self.heard.add(key)
        before = self.parts.get(key)
        concerned = {p.target for p in (before, part, self.leaving.get(key)) if p is not None and p.target is not None}
        if part is None:
            self.parts.pop(key, None)
            self.leaving.pop(key, None)
        else:
            # The same part is as old as it was.
            self.parts[key] = before if before == part else part
            if before is not None and before.target is not None and before.fragment is not None and before.target != part.target:
                self.leaving[key] = before
        if before == part:
            return set()
        # Nobody knows where the part of a profile was that could not be read since the start.
        return concerned | set(self.written) if before is not None and before.target is None else concerned

    def arrived(self, target: Target) -> set[Target]:
        """`target` holds its parts: those that moved there may go where they were; returns these Alertmanagers."""
        moved = [k for k in self.leaving if self.parts[k].target == target and k in self.written[target]]
        return {before.target for k in moved if (before := self.leaving.pop(k)).target is not None}

    def fragments(self, target: Target) -> dict[ProfileKey, Fragment]:
        """The parts that belong into the target's configuration, those on their way to another one included."""
        found = {k: p.fragment for k, p in (*self.leaving.items(), *self.parts.items()) if p.target == target and p.fragment is not None}
        kept = (k for k, p in self.parts.items() if p.fragment is None)
        return found | {k: self.written[target][k] for k in kept if k in self.written.get(target, {})}

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
        self.versions.pop(key, None)
        return concerned

    def holds(self, key: ProfileKey) -> bool:
        """Whether the Secret that the profile's part belongs into has one of it."""
        part = self.parts.get(key)
        return part is not None and part.target is not None and key in self.written.get(part.target, {})

    def state(self, key: ProfileKey) -> RouteState | None:
        """What became of the profile's part; None while it is not decided."""
        part = self.parts.get(key)
        if part is None or part.target is None or part.fragment is None:
            return None
        if part.target in self.failed:
            reason, message = self.failed[part.target]
            return RouteState(False, reason, message)
        if why := self.refused.get(part.target, {}).get(key):
            return RouteState(False, Reason.REJECTED, f"The notifications cannot be merged: {why}. What was merged before stays.")
        if self.written.get(part.target, {}).get(key) != part.fragment:
            return None
        return _written(part.target, part.fragment)


def _written(target: Target, fragment: Fragment) -> RouteState:
    where = f"Secret {target.namespace}/{target.secret}"
    if fragment.missing:
        return missing_credentials(fragment.missing)
    return RouteState(None, Reason.NOT_VERIFIED, f"Written to {where}; whether Alertmanager has loaded it is not verified.")


def missing_credentials(missing: Iterable[tuple[str, str]]) -> RouteState:
    """What is said where (Secret, key) pairs are not there."""
    absent = ", ".join(f"key {key} of Secret {secret}" for secret, key in missing)
    return RouteState(False, Reason.SECRET_MISSING, f"Receivers are left out because there is no {absent}.")
