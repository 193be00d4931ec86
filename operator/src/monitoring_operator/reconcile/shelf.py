"""Dashboards of profiles and of others by what must be unique among them, so that a collision is found before it is written.

Two profiles never collide: the titles of their dashboards end with the profile's namespace and name, and the uids are made from these.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from monitoring_operator.adoption.dashboards import Board, collision
from monitoring_operator.api.manifest import Ref
from monitoring_operator.store import ProfileKey

Identity = tuple[str, str, str]
"""`uid` and the uid, or `title`, the folder and the title."""


@dataclass(slots=True)
class Shelf:
    """Dashboards of profiles, and those of others, which were there first."""

    _of: dict[ProfileKey, tuple[Board, ...]] = field(default_factory=dict)
    _having: defaultdict[Identity, set[ProfileKey]] = field(default_factory=lambda: defaultdict(set))
    _foreign: dict[str, tuple[Board, ...]] = field(default_factory=dict)
    listed: dict[str, float] = field(default_factory=dict)
    """When the dashboards of others were listed, by the label key by which a sidecar finds them (monotonic seconds)."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def put(self, key: ProfileKey, boards: tuple[Board, ...]) -> None:
        """Takes a profile's dashboards instead of those before."""
        if self._of.get(key, ()) == boards:
            return
        self.drop(key)
        if boards:
            self._of[key] = boards
        for identity in _identities(boards):
            self._having[identity].add(key)

    def put_foreign(self, source: str, boards: Iterable[Board]) -> frozenset[ProfileKey]:
        """Takes the dashboards of others from one source instead of those before; returns the profiles for which that is news."""
        before, now = self._foreign.get(source, ()), tuple(boards)
        self._foreign[source] = now
        changed = set(_identities(before)) ^ set(_identities(now))
        return frozenset(key for identity in changed for key in self._having.get(identity, ()))

    def collisions(self, key: ProfileKey) -> dict[Ref, str]:
        """Those of the profile's dashboards that must not be written, and why, as the end of a sentence."""
        return self.in_the_way(self._of.get(key, ()))

    def in_the_way(self, boards: Iterable[Board]) -> dict[Ref, str]:
        """Those of `boards` that collide with one of somebody else's, and why."""
        foreign = [b for others in self._foreign.values() for b in others]
        return {board.ref: why for board in boards if (why := collision(board, foreign))}

    def drop(self, key: ProfileKey) -> None:
        """The profile is gone."""
        for identity in _identities(self._of.pop(key, ())):
            having = self._having[identity]
            having.discard(key)
            if not having:
                del self._having[identity]


def _identities(boards: Iterable[Board]) -> Iterable[Identity]:
    for board in boards:
        if board.uid:
            yield "uid", board.uid, ""
        yield "title", board.folder, board.title
