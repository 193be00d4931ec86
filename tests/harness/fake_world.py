"""A World on a fake cluster, with a queue that is worked off by hand: every order of events can be played through."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.fake_cluster import FakeCluster
from monitoring_operator.api.resources import Resource
from monitoring_operator.queue import Retry
from monitoring_operator.reconcile.alertmanager import reconcile_alertmanager
from monitoring_operator.reconcile.profile import reconcile_profile
from monitoring_operator.reconcile.world import Key, World
from monitoring_operator.store import ProfileKey, Store


class ManualQueue:
    """Keys in the order in which they were added, each once; delays are not waited for but put behind everything else."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.later: list[Key] = []

    def add(self, key: Key) -> None:
        """Wanted now."""
        if key not in self.keys:
            self.keys.append(key)

    def add_after(self, key: Key, seconds: float) -> None:  # noqa: ARG002 -- the protocol's
        """Wanted once nothing is wanted now."""
        if key not in self.later:
            self.later.append(key)

    def pop(self) -> Key | None:
        """The next key."""
        if not self.keys:
            self.keys, self.later = self.later, []
        return self.keys.pop(0) if self.keys else None


@dataclass
class FakeJournal:
    """Remembers repairs, what was looked at by result, and what was heard and judged of profiles."""

    repairs: list[str] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)
    progress: list[str] = field(default_factory=list)
    bases: dict[str, bool] = field(default_factory=dict)

    def wrote(self, resource: Resource, verb: str) -> None:
        """A write."""

    def base(self, namespace: str, alertmanager: str, *, good: bool) -> None:
        """Remembers whether a base configuration is good."""
        self.bases[f"{namespace}/{alertmanager}"] = good

    def repaired(self, resource: Resource) -> None:
        """A repair."""
        self.repairs.append(resource.plural)

    def asked(self, whom: str, *, answered: bool) -> None:
        """A question to somebody who takes our objects up."""
        self.results[f"{whom} {'answered' if answered else 'failed'}"] += 1

    def checked(self, resources: Iterable[Resource], result: str) -> None:
        """Objects that were looked at."""
        self.results[result] += len(list(resources))

    def heard(self, profile: Mapping[str, Any]) -> None:
        """A profile as it is now."""
        self.progress.append(f"heard {profile['metadata']['name']} {profile['metadata']['generation']}")

    def judged(self, profile: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """A profile's new status."""
        self.progress.append(f"judged {profile['metadata']['name']} {status['observedGeneration']}")

    def forgot(self, namespace: str, name: str) -> None:
        """A profile that is gone."""
        self.progress.append(f"forgot {namespace}/{name}")


@dataclass
class Drained:
    """What could not be finished."""

    keys: list[Key] = field(default_factory=list)
    retries: list[Exception] = field(default_factory=list)


class FakeWorld(World):
    """A World whose queue and journal are the fakes."""

    queue: ManualQueue
    journal: FakeJournal


def world_of(cluster: FakeCluster) -> FakeWorld:
    """A World that has seen nothing yet."""
    return FakeWorld(cluster=cluster, store=Store(), queue=ManualQueue(), journal=FakeJournal(), now=lambda: "2026-01-01T00:00:00Z")


async def drain(world: FakeWorld, *, without: list[Key] | None = None, again: Drained | None = None) -> Drained:
    """Works off the queue until nothing is wanted; what fails is returned and not tried again. `without` keys stay in the queue.

    Keys that only wait for something, and so want to be looked at again and again, are left waiting.
    """
    held: list[Key] = []
    result = Drained()
    for failed in again.keys if again else ():
        world.queue.add(failed)
    waiting: list[Key] = []
    for _ in range(10_000):
        if not world.queue.keys and world.queue.later in ([], waiting):
            break
        if not world.queue.keys:
            waiting = list(world.queue.later)
        key = world.queue.pop()
        assert key is not None
        if without and key in without:
            held.append(key)
            continue
        try:
            if isinstance(key, ProfileKey):
                await reconcile_profile(world, key)
            else:
                await reconcile_alertmanager(world, key)
        except (Retry, ArithmeticError, ExceptionGroup) as error:
            result.keys.append(key)
            result.retries.append(error)
    else:
        raise AssertionError("the queue never becomes empty: something wakes itself")
    for kept in held:
        world.queue.add(kept)
    return result
