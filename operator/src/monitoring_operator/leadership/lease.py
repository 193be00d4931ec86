"""The rules by which a Lease is taken, kept and lost, without any input or output.

Times are readings of one local clock that never jumps. What another process wrote into the Lease as a time is only ever compared
with what it wrote before: whether it still renews is told by our own clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. Others may take the Lease `duration` after a renewal; we stop writing `fence` after it, which is earlier.

    A request takes at most `request` and is made every `retry`, so that several renewals may fail before the fence falls.
    """

    duration: float = 12.0
    fence: float = 8.0
    retry: float = 1.5
    request: float = 1.2

    def __post_init__(self) -> None:
        if not 0 < self.request < self.retry < self.fence < self.duration:
            raise ValueError("a lease's times must rise: request, retry, fence, duration")

    @property
    def late(self) -> float:
        """How long a write that was given up may still be on its way, before anybody else begins to write."""
        return self.duration - self.fence


class Step(Enum):
    """What to do next."""

    CREATE = "create"
    UPDATE = "update"
    WAIT = "wait"


@dataclass(slots=True)
class Candidate:
    """One process that wants the Lease."""

    identity: str
    timing: Timing
    seen: Object | None = None
    """The Lease as it was last seen; None if there is none."""
    _mark: tuple[Any, ...] = field(default=(), init=False)
    _since: float = field(default=float("-inf"), init=False)
    _renewed: float = field(default=float("-inf"), init=False)
    _was_held: bool = field(default=False, init=False)

    def observe(self, lease: Object | None, now: float) -> None:
        """Takes the Lease as it was read. `now` must not be before the answer came."""
        self.seen = lease
        spec = (lease or {}).get("spec") or {}
        mark = (spec.get("holderIdentity"), spec.get("renewTime"), spec.get("leaseTransitions"))
        if mark != self._mark:
            self._mark, self._since = mark, now
        self._was_held |= self.holder not in ("", self.identity)
        if self.holder != self.identity:
            self._renewed = float("-inf")

    def renewed(self, lease: Object, sent: float) -> None:
        """A write of ours has been accepted. `sent` is when it was sent: others count from when they see it, which is later."""
        self.observe(lease, sent)
        self._renewed = sent

    @property
    def holder(self) -> str:
        """Who holds the Lease, as far as we know; empty if nobody does."""
        return ((self.seen or {}).get("spec") or {}).get("holderIdentity") or ""

    def remaining(self, now: float) -> float:
        """Seconds for which we may still write; 0 or less if we may not."""
        return self._renewed + self.timing.fence - now

    def next(self, now: float) -> Step:
        """What to do about the Lease: whoever holds it renews it, and others take it once it is given up or has run out."""
        if self.seen is None:
            # Somebody has deleted it, and its holder may not know yet.
            return Step.WAIT if self._was_held and now - self._since <= self.timing.duration else Step.CREATE
        if self.holder in ("", self.identity):
            return Step.UPDATE
        spec = self.seen["spec"]
        # A holder with other settings than ours has been promised its own duration.
        duration = max(self.timing.duration, float(spec.get("leaseDurationSeconds") or 0))
        return Step.UPDATE if now - self._since > duration else Step.WAIT

    def claim(self, wall_time: str) -> dict[str, Any]:
        """The spec with which we take or renew the Lease. `wall_time` (RFC 3339) is for readers; nobody decides by it."""
        before = (self.seen or {}).get("spec") or {}
        held = self.holder == self.identity
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": round(self.timing.duration),
            "acquireTime": before["acquireTime"] if held and "acquireTime" in before else wall_time,
            "renewTime": wall_time,
            "leaseTransitions": int(before.get("leaseTransitions") or 0) + (not held),
        }
