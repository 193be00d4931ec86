"""One test of a profile's notifications on a cluster: what will be told, the alert, what Alertmanager counts, and its end."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import yaml

from monitoring_operator.adoption.replicas import Replica
from monitoring_operator.alertmanager.routing import Decision, decide, parsed
from monitoring_operator.alertmanager.sent import Counts, counts
from monitoring_operator.alertmanager.told import Integration, integrations
from monitoring_operator.alertmanager.trial import trial_alert
from monitoring_operator.api import durations
from monitoring_operator.api.cluster import ApiError

POLL = 2.0
"""Seconds between two looks at what Alertmanager counts."""
MARGIN = 30.0
"""Seconds beyond its own waiting that Alertmanager is given."""
PEER_TIMEOUT = 15.0
"""Seconds that each further replica waits for those before it (Alertmanager's --cluster.peer-timeout)."""
ATTEMPTS = 3
"""Failed requests after which a notification counts as not going out, though Alertmanager will go on trying."""
NOTHING = "nothing has been sent"


class CannotTest(Exception):
    """The test could not be made; the message says why."""


class Pods(Protocol):
    """HTTP with pods, passed on by the API server. Raises ApiError."""

    async def get_from_pod(self, namespace: str, pod: str, path: str) -> bytes: ...

    async def post_to_pod(self, namespace: str, pod: str, path: str, body: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Way:
    """One integration that the test should reach, of which receiver, and how long Alertmanager waits with it (in seconds)."""

    receiver: str
    integration: Integration
    wait: float
    again: float

    def __str__(self) -> str:
        return f"{self.integration} of {self.receiver}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the notification on one way; `ok` None is still open."""

    way: Way
    ok: bool | None
    words: str


class Trial:
    """A test alert with these labels on the replicas of an Alertmanager. Every method raises CannotTest."""

    def __init__(self, pods: Pods, replicas: Sequence[Replica], labels: dict[str, str]) -> None:
        self._pods = pods
        self._replicas = replicas
        self._labels = labels
        self._begin = datetime.now(UTC)

    async def ways(self) -> list[Way]:
        """Whom the configuration that Alertmanager runs tells of the alert."""
        status = json.loads(await self._get(self._replicas[0], "/api/v2/status"))
        try:
            config = parsed(status["config"]["original"])
            decisions = decide(config, self._labels)
        except (yaml.YAMLError, LookupError, TypeError, ValueError) as error:
            raise CannotTest("the configuration that Alertmanager runs cannot be read") from error
        return [_way(d, i) for d in decisions for i in integrations(config, d.receiver)]

    async def run(self, ways: Sequence[Way], *, patience: float | None, progress: Callable[[str], None]) -> list[Outcome]:
        """Sends the alert, waits until it is seen to have gone out on all `ways` or not to, and ends it.

        `patience` is in seconds; None is what Alertmanager needs at most.
        """
        slowest = max(way.wait + way.again for way in ways)
        limit = slowest + MARGIN + PEER_TIMEOUT * (len(self._replicas) - 1) if patience is None else patience
        before = await self._counts(ways)
        began = time.monotonic()
        try:
            await self._post(lasts=timedelta(seconds=limit + MARGIN))
            while True:
                elapsed = time.monotonic() - began
                outcomes = self._judge(ways, before, await self._counts(ways), elapsed, over=elapsed >= limit)
                if all(outcome.ok is not None for outcome in outcomes):
                    return await self._with_reasons(outcomes)
                progress(f"waiting for {_listed(o.way for o in outcomes if o.ok is None)}: {elapsed:.0f}s of at most {limit:.0f}s")
                await asyncio.sleep(min(POLL, max(limit - elapsed, 0.1)))
        finally:
            # An alert that nobody has been told of ends unheard. A replica that does not answer any more lets it end by itself.
            with contextlib.suppress(CannotTest):
                await self._post(lasts=datetime.now(UTC) - self._begin)

    def _judge(
        self, ways: Sequence[Way], before: list[list[Counts]], after: list[list[Counts]], elapsed: float, *, over: bool
    ) -> list[Outcome]:
        outcomes = []
        for index, way in enumerate(ways):
            news = [(r, after[n][index].since(before[n][index])) for n, r in enumerate(self._replicas)]
            # Ways of one kind are counted together, at best by receiver: all of them are through, or it is not known which one is not.
            by_receiver = any(new.by_receiver for _, new in news)
            expected = sum(
                w.integration.section == way.integration.section and (w.receiver == way.receiver or not by_receiver) for w in ways
            )
            delivered, failed = sum(new.delivered for _, new in news), sum(new.failed for _, new in news)
            refused = [reason or "no reason given" for _, new in news for reason in new.refused]
            if delivered >= expected:
                pods = ", ".join(replica.pod for replica, new in news if new.delivered >= 1)
                outcomes.append(Outcome(way, True, f"sent by {pods} within {elapsed:.0f}s"))
            elif refused:
                outcomes.append(Outcome(way, False, f"given up ({', '.join(dict.fromkeys(refused))}); Alertmanager's log has the answer"))
            elif failed >= ATTEMPTS or (over and failed):
                outcomes.append(Outcome(way, False, f"{failed:.0f} attempts have failed; Alertmanager's log has the answer"))
            elif delivered:
                words = f"{delivered:.0f} of {expected} {way.integration.name} notifications have gone out in {elapsed:.0f}s"
                outcomes.append(Outcome(way, False if over else None, words))
            else:
                outcomes.append(Outcome(way, False if over else None, f"{NOTHING} in {elapsed:.0f}s"))
        return outcomes

    async def _with_reasons(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Adds to those for which nothing was tried what Alertmanager says of the alert."""
        why = await self._suppressed() if any(o.words.startswith(NOTHING) for o in outcomes) else ""
        return [Outcome(o.way, o.ok, f"{o.words}: {why}") if why and o.words.startswith(NOTHING) else o for o in outcomes]

    async def _suppressed(self) -> str:
        alerts: list[dict[str, Any]] = json.loads(await self._get(self._replicas[0], "/api/v2/alerts"))
        status: dict[str, Any] = next((a["status"] for a in alerts if a.get("labels") == self._labels), {})
        for field, words in (
            ("silencedBy", "a silence holds it back"),
            ("inhibitedBy", "another alert mutes it"),
            ("mutedBy", "its mute times hold it back"),
        ):
            if status.get(field):
                return f"{words} ({', '.join(status[field])})"
        return ""

    async def _counts(self, ways: Sequence[Way]) -> list[list[Counts]]:
        """By replica and way."""
        pages = [(await self._get(replica, "/metrics")).decode(errors="replace") for replica in self._replicas]
        return [[counts(page, way.integration.section, way.receiver) for way in ways] for page in pages]

    async def _post(self, *, lasts: timedelta) -> None:
        """To every replica, as Prometheus does."""
        body = json.dumps([trial_alert(self._labels, begin=self._begin, lasts=lasts)]).encode()
        for replica in self._replicas:
            try:
                await self._pods.post_to_pod(replica.of.namespace, _pod(replica), f"{replica.prefix}/api/v2/alerts", body)
            except ApiError as error:
                raise CannotTest(f"{replica} does not take the alert: {error.message}") from error

    async def _get(self, replica: Replica, path: str) -> bytes:
        try:
            return await self._pods.get_from_pod(replica.of.namespace, _pod(replica), f"{replica.prefix}{path}")
        except ApiError as error:
            raise CannotTest(f"{replica} does not answer: {error.message}") from error


def _way(decision: Decision, integration: Integration) -> Way:
    settings = decision.settings
    return Way(decision.receiver, integration, durations.seconds(settings.group_wait), durations.seconds(settings.group_interval))


def _pod(replica: Replica) -> str:
    return f"{'https:' if replica.scheme == 'https' else ''}{replica.pod}:{replica.port}"


def _listed(things: Iterable[object]) -> str:
    return ", ".join(map(str, things))
