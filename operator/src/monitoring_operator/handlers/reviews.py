"""The webhook's threads ask the event loop, to which memory belongs; a loop that is too busy to answer stands in nobody's way."""

import asyncio
import logging
import threading
from collections.abc import Callable

from monitoring_operator.admission.review import Foresee
from monitoring_operator.api.foreseen import Foreseen
from monitoring_operator.api.profile import Profile
from monitoring_operator.reconcile.foresight import foresee
from monitoring_operator.reconcile.world import World

LONGEST = 1.5
"""Seconds for which a review waits for the loop: the API server itself gives up after five."""

MOST_READING = 4
"""Reviews that read objects at a time: of a crowd of new profiles the rest is answered from memory, so that reconciling is not held up."""

logger = logging.getLogger(__name__)


def foresight(world: World, *, synced: Callable[[], bool]) -> Foresee:
    """For threads: what stands in the way of a profile, asked of the running loop. Nothing, as long as the cluster is not known here."""
    loop, readers = asyncio.get_running_loop(), threading.Semaphore(MOST_READING)

    def ask(profile: Profile, before: Profile | None) -> Foreseen:
        if not synced():
            return Foreseen()
        read = readers.acquire(blocking=False)
        asking = asyncio.run_coroutine_threadsafe(foresee(world, profile, before, read=read), loop)
        try:
            return asking.result(LONGEST)
        except TimeoutError:
            asking.cancel()
            logger.info("profile %s/%s: no time to look at what stands in its way", profile.namespace, profile.name)
        except Exception:
            # The profile is good by itself, and whatever is wrong here is no reason to refuse it.
            logger.exception("profile %s/%s: what stands in its way could not be looked at", profile.namespace, profile.name)
        finally:
            if read:
                readers.release()
        return Foreseen()

    return ask
