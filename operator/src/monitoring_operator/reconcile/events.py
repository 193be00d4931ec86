"""Kubernetes Events: one when a profile's readiness or an Alertmanager's base changes, and few where it changes all the time.

A profile that is ready at first sight is no news: its status says so, and a thousand new profiles cost no thousand Events.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitoring_operator.api import names
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.api.names import Reason
from monitoring_operator.api.resources import EVENT

if TYPE_CHECKING:
    from monitoring_operator.reconcile.world import World

LONGEST_NOTE = 1024
"""The API server refuses longer messages."""
WINDOW = 600.0
"""Seconds in which an object gets at most one Event for a reason."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often something has happened since its last Event, and when first (RFC 3339)."""

    count: int
    first: str


@dataclass(slots=True)
class _Window:
    opened: float
    count: int = 0
    first: str = ""


class Announcements:
    """Which Events were recorded lately. What happens again too soon is counted, and told by the next Event for the same reason."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}

    def admit(self, uid: str, reason: str, now: str) -> Occurrences | None:
        """What an Event has to say that is recorded now; None if none is to be recorded."""
        moment = self._clock()
        window = self._windows.get((uid, reason))
        if window is not None and moment - window.opened < WINDOW:
            window.count += 1
            window.first = window.first or now
            return None
        told = Occurrences(1 + window.count, window.first or now) if window is not None else Occurrences(1, now)
        # A window that ended more than one length ago has nothing to tell any more.
        self._windows = {k: w for k, w in self._windows.items() if moment - w.opened < 2 * WINDOW}
        self._windows[uid, reason] = _Window(moment)
        return told


async def announce(world: "World", profile: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Records the change of the Ready condition on the profile, if it is one."""
    if (before.get("status"), before.get("reason")) == (after.get("status"), after.get("reason")) or (
        not before and after["status"] == "True"
    ):
        return
    good = after["status"] == "True"
    # Waiting for others to take something up is no reason to warn anybody.
    type_ = "Normal" if good or after["reason"] == Reason.PENDING else "Warning"
    await record(world, profile, type_, "Ready" if good else after["reason"], after["message"])


async def record(world: "World", about: Mapping[str, Any], type_: str, reason: str, message: str) -> None:
    """Records an Event about an object (as JSON), unless there was one for the reason lately. One that is lost costs nothing."""
    metadata, now = about["metadata"], world.now()
    told = world.announcements.admit(metadata["uid"], reason, now)
    if told is None:
        return
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": about.get("apiVersion", names.API_VERSION),
            "kind": about.get("kind", names.KIND),
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": type_,
        "reason": reason,
        "message": message[:LONGEST_NOTE],
        "action": "Reconcile",
        "firstTimestamp": told.first,
        "lastTimestamp": now,
        "count": told.count,
        "reportingComponent": names.FIELD_MANAGER,
        "reportingInstance": names.FIELD_MANAGER,
        "source": {"component": names.FIELD_MANAGER},
    }
    try:
        await world.cluster.create(EVENT, body)
    except ApiError as error:
        logger.info("event for %s/%s not recorded: %s", metadata["namespace"], metadata["name"], error.message)
