"""How long it takes from a change of a profile until everything that it asks for is live."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.names import Condition

Key = tuple[str, str]
"""Namespace and name of a profile."""


@dataclass(slots=True)
class _Change:
    """A generation of a profile, and when it was heard of (seconds); None if it counts no more, or never did."""

    uid: str
    generation: int
    heard: float | None


class Adoption:
    """Stops the time for each generation of each profile once. `observe` takes the seconds."""

    def __init__(self, observe: Callable[[float], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._observe = observe
        self._clock = clock
        self._changes: dict[Key, _Change] = {}

    def heard(self, profile: Mapping[str, Any]) -> None:
        """A profile (as JSON) is as it is now. What was taken up before this process began is none of its changes."""
        metadata = profile["metadata"]
        key, uid, generation = (metadata["namespace"], metadata["name"]), metadata["uid"], metadata.get("generation", 1)
        known = self._changes.get(key)
        if known is not None and (known.uid, known.generation) == (uid, generation):
            return
        old = (profile.get("status") or {}).get("observedGeneration") == generation
        self._changes[key] = _Change(uid, generation, None if old else self._clock())

    def judged(self, profile: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """A profile is found to have this status."""
        metadata = profile["metadata"]
        known = self._changes.get((metadata["namespace"], metadata["name"]))
        if known is None or known.heard is None or (known.uid, known.generation) != (metadata["uid"], status.get("observedGeneration")):
            return
        if any(c["type"] == Condition.READY and c["status"] == "True" for c in status.get("conditions") or ()):
            self._observe(self._clock() - known.heard)
            known.heard = None

    def forget(self, key: Key) -> None:
        """The profile is gone."""
        self._changes.pop(key, None)
