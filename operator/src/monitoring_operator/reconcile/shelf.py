"""All dashboards of the cluster by what must be unique among them, so that a collision is found before it is written."""

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
    """Dashboards of profiles, each with its place in line (who was there first keeps the name), and those of others."""

    _of: dict[ProfileKey, tuple[tuple[str, ProfileKey], tuple[Board, ...]]] = field(default_factory=dict)
    _having: defaultdict[Identity, set[ProfileKey]] = field(default_factory=lambda: defaultdict(set))
    _foreign: dict[str, tuple[Board, ...]] = field(default_factory=dict)
    listed: dict[str, float] = field(default_factory=dict)
    """When the dashboards of others were listed, by the label key by which a sidecar finds them (monotonic seconds)."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def put(self, key: ProfileKey, created: str, boards: tuple[Board, ...]) -> frozenset[ProfileKey]:
        """Takes a profile's dashboards instead of those before; returns the other profiles for which that is news."""
        before = self._of.get(key)
        if before == ((created, key), boards):
            return frozenset()
        concerned = self._remove(key)
        if boards:
            self._of[key] = (created, key), boards
        for identity in _identities(boards):
            concerned |= self._having[identity]
            self._having[identity].add(key)
        return frozenset(concerned - {key})

    def put_foreign(self, label: str, boards: Iterable[Board]) -> frozenset[ProfileKey]:
        """Takes the dashboards of others that carry a label; returns the profiles for which that is news."""
        before, now = self._foreign.get(label, ()), tuple(boards)
        self._foreign[label] = now
        changed = set(_identities(before)) ^ set(_identities(now))
        return frozenset(key for identity in changed for key in self._having.get(identity, ()))

    def collisions(self, key: ProfileKey) -> dict[Ref, str]:
        """Those of the profile's dashboards that must not be written, and why, as the end of a sentence."""
        if key not in self._of:
            return {}
        place, boards = self._of[key]
        found = {}
        for board in boards:
            rivals = {k for identity in _identities((board,)) for k in self._having[identity]}
            earlier = [b for k in rivals if k != key and self._of[k][0] < place for b in self._of[k][1]]
            foreign = [b for others in self._foreign.values() for b in others]
            why = collision(board, [*foreign, *earlier])
            if why:
                found[board.ref] = why
        return found

    def _remove(self, key: ProfileKey) -> set[ProfileKey]:
        _, boards = self._of.pop(key, (None, ()))
        concerned: set[ProfileKey] = set()
        for identity in _identities(boards):
            having = self._having[identity]
            having.discard(key)
            concerned |= having
            if not having:
                del self._having[identity]
        return concerned

    def drop(self, key: ProfileKey) -> frozenset[ProfileKey]:
        """The profile is gone; returns the profiles for which that is news."""
        return frozenset(self._remove(key))


def _identities(boards: Iterable[Board]) -> Iterable[Identity]:
    for board in boards:
        if board.uid:
            yield "uid", board.uid, ""
        yield "title", board.folder, board.title
