"""The rules of every replica, read again when they may have changed: a page of a thousand profiles is 27 MB.

Rules come and go with the configuration, of which Prometheus says in a few bytes when it was read. What else may change is whether they
can be evaluated; for that alone a costly page is read now and then.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from monitoring_operator.adoption import rules, runtime
from monitoring_operator.adoption.pages import Page
from monitoring_operator.adoption.replicas import Replica
from monitoring_operator.api.resources import PROMETHEUS

CHEAP = 0.01
"""Seconds of processor time: what costs no more is read every time. About a hundred profiles."""
SHARE = 1000
"""A costly page of rules that are all well is read again after this many times the processor time that reading it took."""
LONGEST = 120.0
"""Seconds after which it is read again in any case."""
SETTLED = 5.0
"""Seconds for which a configuration must have run before a page belongs to it for certain: it is known by the second only."""


class Ask(Protocol):
    """Asks a replica for a path: what a parser made of the answer, and the processor time that took, in seconds."""

    def __call__(self, pod: Replica, path: str, parse: Callable[[bytes], Any], /) -> Awaitable[tuple[Page[Any], float]]: ...


@dataclass(slots=True)
class _Known:
    """The last page of a replica, the configuration that it has run since, and when both were seen (monotonic seconds)."""

    page: Page[dict[str, rules.File]]
    uids: frozenset[str]
    cost: float
    read: float
    configuration: runtime.Configuration | None = None
    since: float = 0.0

    @property
    def well(self) -> bool:
        """Whether every rule can be evaluated."""
        return self.page.content is not None and not any(file.failing for file in self.page.content.values())

    def holds(self, uids: frozenset[str], now: float) -> bool:
        """Whether the page says what another one would."""
        return (
            self.well
            and self.configuration is not None
            and self.read - self.since >= SETTLED
            and now - self.read < min(LONGEST, SHARE * self.cost)
            and uids <= self.uids
        )


class RulePages:
    """Remembers what each replica said."""

    def __init__(self, ask: Ask, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._reader = rules.Reader()
        self._known: dict[Replica, _Known] = {}

    async def page(self, pod: Replica, uids: frozenset[str]) -> Page[dict[str, rules.File]]:
        """The loaded files of PrometheusRules with these UIDs; of others they may be there too."""
        known, configuration, since = self._known.get(pod), None, self._clock()
        # A ThanosRuler has no such information.
        if known is not None and known.cost > CHEAP and pod.of.resource == PROMETHEUS:
            told, _ = await self._ask(pod, runtime.PATH, runtime.parse)
            configuration = told.content
            if configuration == known.configuration:
                since = known.since
            known.configuration, known.since = configuration, since
            if known.holds(uids, self._clock()):
                return known.page
        began = self._clock()
        page, cost = await self._ask(pod, rules.PATH, lambda body: self._reader.read(body, uids))
        if page.content is None:
            self._known.pop(pod, None)
        else:
            self._known[pod] = _Known(page, uids, cost, began, configuration, since)
        return page

    def keep(self, pods: frozenset[Replica]) -> None:
        """Forgets every other replica."""
        for gone in self._known.keys() - pods:
            del self._known[gone]
