"""Takes the Lease, keeps it, and gives it back: bounded requests, and a fence that falls before anybody else may take over."""

import asyncio
import datetime
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from monitoring_operator.api.cluster import ApiError, Conflict, NotFound, Object
from monitoring_operator.api.manifest import Ref
from monitoring_operator.leadership.lease import Candidate, Step, Timing

logger = logging.getLogger(__name__)


class LeadershipLost(Exception):
    """The Lease could not be renewed in time, or somebody else has it: nothing may be written any more."""


class LeaseClient(Protocol):
    """Single attempts, without any repetition. Every method raises ApiError."""

    async def get(self, ref: Ref) -> Object | None:
        """The Lease, or None if there is none."""

    async def create(self, ref: Ref, body: Mapping[str, Any]) -> Object:
        """Makes it."""

    async def replace(self, ref: Ref, body: Mapping[str, Any]) -> Object:
        """Replaces it, if it still has the resource version that `body` names."""

    async def close(self) -> None:
        """No more is asked for."""


def steady() -> float:
    """Seconds on a clock that cannot be set and that goes on while the machine sleeps, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class Elector:
    """One process's part in the election. `answered` is called whenever the API server has answered."""

    def __init__(
        self,
        client: LeaseClient,
        ref: Ref,
        identity: str,
        *,
        timing: Timing | None = None,
        answered: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = steady,
    ) -> None:
        self._client = client
        self._ref = ref
        self.timing = timing or Timing()
        self._candidate = Candidate(identity, self.timing)
        self._answered = answered
        self._clock = clock
        self._stopped = False

    def remaining(self) -> float:
        """Seconds for which writes are allowed: the fence that every write has to ask."""
        return 0.0 if self._stopped else self._candidate.remaining(self._clock())

    async def acquire(self) -> None:
        """Returns once we lead."""
        while self.remaining() <= 0:
            await self._round()
            if self.remaining() <= 0:
                await self._pause()
        logger.info("leading, by Lease %s/%s as %s", self._ref.namespace, self._ref.name, self._candidate.identity)

    async def keep(self) -> None:
        """Renews the Lease as long as we lead. Raises LeadershipLost."""
        while True:
            await self._pause()
            await self._round()
            if self._candidate.holder != self._candidate.identity:
                raise LeadershipLost(f"Lease {self._ref.namespace}/{self._ref.name} is held by {self._candidate.holder or 'nobody'}")
            if self.remaining() <= 0:
                raise LeadershipLost(f"Lease {self._ref.namespace}/{self._ref.name} could not be renewed in time")

    def stop(self) -> None:
        """Nothing may be written any more, although we still hold the Lease."""
        self._stopped = True

    async def close(self, *, release: bool) -> None:
        """Ends our part. `release` lets the next one in at once: only if no write of ours is on its way any more."""
        self.stop()
        if release:
            try:
                async with asyncio.timeout(self.timing.request):
                    await self._release()
            except (ApiError, TimeoutError) as error:
                # The others only have to wait for it to run out.
                logger.warning("the Lease could not be given back: %s", _words(error))
        await self._client.close()

    async def _release(self) -> None:
        # A renewal may have been cut off on its way: what is there is read, and not remembered.
        await self._read()
        seen = self._candidate.seen
        if seen is not None and self._candidate.holder == self._candidate.identity:
            await self._client.replace(self._ref, {**seen, "spec": {**seen["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}})

    async def _round(self) -> None:
        """One look at the Lease, and one write if there is something to do about it."""
        try:
            async with asyncio.timeout(self.timing.request):
                if self._candidate.remaining(self._clock()) <= 0:
                    await self._read()
                await self._write(self._candidate.next(self._clock()))
        except Conflict:
            # Somebody else, or a write of ours of which we had no answer: the next round reads before it writes.
            await self._look_again()
        except (ApiError, TimeoutError) as error:
            logger.warning("Lease %s/%s: %s", self._ref.namespace, self._ref.name, _words(error))

    async def _look_again(self) -> None:
        try:
            async with asyncio.timeout(self.timing.request):
                await self._read()
        except (ApiError, TimeoutError) as error:
            logger.warning("Lease %s/%s: %s", self._ref.namespace, self._ref.name, _words(error))

    async def _read(self) -> None:
        lease = await self._client.get(self._ref)
        self._answered()
        self._candidate.observe(lease, self._clock())

    async def _write(self, step: Step) -> None:
        if step == Step.WAIT:
            return
        seen = self._candidate.seen or {
            "apiVersion": self._ref.resource.api_version,
            "kind": self._ref.resource.kind,
            "metadata": {"name": self._ref.name, "namespace": self._ref.namespace},
        }
        body = {**seen, "spec": self._candidate.claim(_wall_time())}
        sent = self._clock()
        write = self._client.create if step == Step.CREATE else self._client.replace
        try:
            lease = await write(self._ref, body)
        except NotFound:
            self._candidate.observe(None, self._clock())
            raise
        self._answered()
        self._candidate.renewed(lease, sent)

    async def _pause(self) -> None:
        await asyncio.sleep(self.timing.retry * random.uniform(0.8, 1.0))  # noqa: S311 -- jitter


def _words(error: ApiError | TimeoutError) -> str:
    return error.message if isinstance(error, ApiError) else "no answer in time"


def _wall_time() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
