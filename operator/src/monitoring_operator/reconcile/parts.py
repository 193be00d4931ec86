"""Which part of each profile belongs into a configuration, and what is said to the profiles once that is decided."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from monitoring_operator.alertmanager.accepted import Readers
from monitoring_operator.alertmanager.assertions import failed_beside
from monitoring_operator.alertmanager.base import Base
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import clashes
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.alertmanager.validate import problems
from monitoring_operator.reconcile.world import World
from monitoring_operator.store import ProfileKey

SHOWN = 3
"""Problems that a message names."""

Memory = Callable[[ProfileKey], Fragment | None]
"""The part of a profile that was good when it was written, by this process or another."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is merged of each profile, and why it is not what the profile asks for now."""

    fragments: dict[ProfileKey, Fragment]
    refused: dict[ProfileKey, str]


@dataclass(frozen=True, slots=True)
class Judge:
    """Who reads a configuration, and what it is merged with: by that each part is judged, alone."""

    readers: Readers
    base: Base | None = None

    def against(self, part: Fragment, *, good: Fragment | None = None) -> str:
        """Why the part cannot be merged; empty if it can. What is live already was looked at before; only the base may have changed."""
        found = problems(part, self.readers) if part is not good else ()
        if self.base is not None:
            # By itself, the part was asked already.
            found += failed_beside(part, self.base)
        return "; ".join(map(str, found[:SHOWN])) or (clashes(part, self.base) if self.base is not None else "")

    def refused(self, wanted: Mapping[ProfileKey, Fragment], written: Mapping[ProfileKey, Fragment]) -> dict[ProfileKey, str]:
        """The parts that cannot be merged, and why. Those that are `written` were looked at before."""
        return {key: why for key, part in wanted.items() if (why := self.against(part, good=written.get(key)))}

    def choose(
        self, wanted: Mapping[ProfileKey, Fragment], refused: dict[ProfileKey, str], kept: Iterable[ProfileKey], last: Memory
    ) -> Chosen:
        """The parts that are wanted and not refused; of those that are, and of those `kept`, the last good one."""
        fragments = {key: part for key, part in wanted.items() if key not in refused}
        for key in {*kept, *refused}:
            good = last(key)
            if good is not None and not self.against(good):
                fragments[key] = good
        return Chosen(fragments, refused)


def unreadable(world: World, wanted: Mapping[ProfileKey, Fragment]) -> set[ProfileKey]:
    """Profiles of ours that cannot be taken as they are: of them, whatever is live stays."""
    return {key for key, part in world.routes.parts.items() if part.fragment is None and key not in wanted}


def decide(world: World, target: Target, chosen: Chosen | None, reason: str = "", message: str = "") -> None:
    """Notes what became of the parts, and wakes every profile for which that is news."""
    board = world.routes
    concerned = [k for k, p in board.parts.items() if p.target == target]
    before = {k: board.state(k) for k in concerned}
    if chosen is None:
        board.failed[target] = (reason, message)
    else:
        board.failed.pop(target, None)
        board.written[target] = chosen.fragments
        board.refused[target] = chosen.refused
        for left in board.arrived(target):
            world.queue.add(left)
    for key in concerned:
        if board.state(key) != before[key]:
            world.queue.add(key)
