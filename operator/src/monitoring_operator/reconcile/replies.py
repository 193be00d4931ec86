"""What replicas of Prometheus and Alertmanager, and Grafana, answer: each asked once for all profiles."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from monitoring_operator.adoption import dashboards, metrics_present, routes, targets
from monitoring_operator.adoption.pages import NotAsExpected, Page
from monitoring_operator.adoption.replicas import Asker, Replica, replicas
from monitoring_operator.adoption.verdict import EVALUATES, SCRAPES
from monitoring_operator.alertmanager.target import target_of
from monitoring_operator.api.cluster import ApiError, Http, NoAnswer
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROMETHEUS, PROMETHEUS_RULE
from monitoring_operator.reconcile.rule_pages import RulePages
from monitoring_operator.reconcile.world import World
from monitoring_operator.store import ref_of, secret_ref

REMEMBERED = 20
"""Configurations of an Alertmanager: as many as may be made while a kubelet brings one to the pod."""

T = TypeVar("T")
Object = Mapping[str, Any]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Configurations:
    """The configurations that prometheus-operator has made for an Alertmanager, the last few of them by hash."""

    version: str = ""
    current: routes.Generated | None = None
    by_hash: dict[float, routes.Generated] = field(default_factory=dict)

    def take(self, version: str, made: routes.Generated | None) -> None:
        self.version, self.current = version, made
        if made is not None:
            self.by_hash.pop(made.hash, None)
            self.by_hash[made.hash] = made
        while len(self.by_hash) > REMEMBERED:
            del self.by_hash[next(iter(self.by_hash))]


class Replies:
    """Asks, and puts what it hears into the World's sightings."""

    def __init__(self, world: World, http: Http) -> None:
        self._world = world
        self._http = http
        self._asker = Asker(world.cluster, http, world.verification.way)
        self._known: dict[Ref, _Configurations] = {}
        self._rules = RulePages(self._page, world.clock)
        self._silent: set[Replica] = set()
        self._turn = asyncio.Lock()
        self.cost = 0.0
        """Seconds of processor time that it took to read the answers of the last `ask`."""

    async def ask(self, *, seldom: bool) -> None:
        """Asks everybody at once. `seldom` also asks for what changes slowly."""
        world, self.cost = self._world, 0.0
        takers = {ref_of(body): body for body in world.store.takers()}
        notifying = {*world.routes.written, *(w.config.target for w in world.watched.values() if w.config is not None)}
        alertmanagers = {ref_of(a): a for a in world.store.alertmanagers() if target_of(a) in notifying}
        async with asyncio.TaskGroup() as group:
            for ref, body in takers.items():
                group.create_task(self._ask_taker(ref, body, seldom=seldom))
            for ref, body in alertmanagers.items():
                group.create_task(self._ask_alertmanager(ref, body))
            if world.verification.grafana_token:
                group.create_task(self._ask_grafana())
        self._rules.keep(frozenset(pod for body in takers.values() for pod in replicas(body)))
        seen = world.sightings
        seen.asked = frozenset(takers)
        for known, there in ((seen.rules, takers), (seen.targets, takers), (seen.metrics, takers), (seen.alertmanagers, alertmanagers)):
            for gone in known.keys() - there.keys():
                del known[gone]

    async def _ask_taker(self, ref: Ref, body: Object, *, seldom: bool) -> None:
        seen, pods = self._world.sightings, replicas(body)
        if ref.resource in EVALUATES:
            uids = frozenset(c.uid for r, c in self._world.store.children.items() if r.resource == PROMETHEUS_RULE)
            seen.rules[ref] = list(await asyncio.gather(*(self._rules.page(pod, uids) for pod in pods)))
        if ref.resource in SCRAPES:
            seen.targets[ref] = await self._pages(pods, targets.PATH, targets.parse)
        wanted = frozenset(m for w in self._world.watched.values() for metrics in w.expected.needs.values() for m in metrics)
        # A ThanosRuler has no series of its own.
        if wanted and ref.resource == PROMETHEUS and (seldom or ref not in seen.metrics):
            for page in await self._pages(pods, metrics_present.path(wanted), metrics_present.parse):
                if page.content is not None:
                    # What was there once is known by Prometheus, even if there is none of it at the moment.
                    before = seen.metrics.get(ref, {})
                    seen.metrics[ref] = {**before, **{k: v | before.get(k, frozenset()) for k, v in page.content.items()}}

    async def _ask_alertmanager(self, ref: Ref, body: Object) -> None:
        world, made = self._world, secret_ref(ref.namespace, f"alertmanager-{ref.name}-generated")
        try:
            live = await world.cluster.get(made)
        except ApiError as error:
            logger.info("%s cannot be read: %s", made, error.message)
            live = None
        known = self._known.setdefault(ref, _Configurations())
        if live is not None and live["metadata"]["resourceVersion"] != known.version:
            known.take(live["metadata"]["resourceVersion"], routes.generated(live))
        pages = await self._pages(replicas(body), routes.PATH, routes.parse)
        world.sightings.alertmanagers[ref] = routes.Sight(
            str(ref), routes.refusal(body), known.current if live is not None else None, dict(known.by_hash), tuple(pages)
        )

    async def _ask_grafana(self) -> None:
        settings = self._world.verification
        try:
            body = await self._http.get(f"{settings.grafana_url.rstrip('/')}{dashboards.SEARCH}", token=settings.grafana_token)
            shown = dashboards.Shown(dashboards.uids(body))
        except (NoAnswer, NotAsExpected) as failure:
            shown = dashboards.Shown(None, str(failure))
        self._world.sightings.grafana = shown
        self._world.journal.asked("Grafana", answered=shown.uids is not None)

    async def _pages(self, pods: Iterable[Replica], path: str, parse: Callable[[bytes], T]) -> list[Page[T]]:
        return [page for page, _ in await asyncio.gather(*(self._page(pod, path, parse) for pod in pods))]

    async def _page(self, pod: Replica, path: str, parse: Callable[[bytes], T]) -> tuple[Page[T], float]:
        # One page after the other, since a page may be 27 MB; whoever did not answer before keeps nobody waiting.
        async with nullcontext() if pod in self._silent else self._turn:
            try:
                content, cost = await self._read(pod, path, parse)
            except (NoAnswer, NotAsExpected) as failure:
                self._world.journal.asked(pod.of.resource.kind, answered=False)
                self._silent.add(pod)
                return Page(pod, failure=str(failure)), 0.0
        self._world.journal.asked(pod.of.resource.kind, answered=True)
        self._silent.discard(pod)
        self.cost += cost
        return Page(pod, content), cost

    async def _read(self, pod: Replica, path: str, parse: Callable[[bytes], T]) -> tuple[T, float]:
        body = await self._asker.get(pod, path)
        return await asyncio.to_thread(_timed, parse, body)


def _timed(parse: Callable[[bytes], T], body: bytes) -> tuple[T, float]:
    """What is read in a page, and the processor time of this thread for it in seconds: others may be busy meanwhile."""
    started = time.thread_time()
    return parse(body), time.thread_time() - started
