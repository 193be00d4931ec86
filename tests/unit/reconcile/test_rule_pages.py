"""Large pages of rules are read when they may have changed, and what is believed in between is what a page would say."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.live_world import Clock
from monitoring_operator.adoption import rules, runtime
from monitoring_operator.adoption.pages import Page
from monitoring_operator.adoption.replicas import Replica
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROMETHEUS, THANOS_RULER, Resource
from monitoring_operator.reconcile.rule_pages import LONGEST, SETTLED, RulePages

UIDS = tuple(f"{n:08x}-89ab-4def-8123-456789abcdef" for n in range(4))
COSTLY = 0.2


def replica(of: Resource = PROMETHEUS) -> Replica:
    """The only pod."""
    return Replica(Ref(of, "monitoring", "k8s"), "prometheus-k8s-0", 0, "prometheus-k8s-0.example", 9090, "http", "")


@dataclass
class Server:
    """What one replica would answer. `written` is what its next reload takes up: an expression for each UID."""

    clock: Clock = field(default_factory=Clock)
    cost: float = COSTLY
    written: dict[str, str] = field(default_factory=lambda: {UIDS[0]: "up == 0"})
    loaded: dict[str, str] = field(default_factory=lambda: {UIDS[0]: "up == 0"})
    failing: bool = False
    accepted: bool = True
    started: float = 0.0
    configured: float = 0.0
    paths: list[str] = field(default_factory=list)

    def reload(self, *, accepted: bool = True) -> None:
        """Rules are taken up before the configuration as a whole is accepted; one that is not leaves the time as it was."""
        self.loaded, self.accepted = dict(self.written), accepted
        if accepted:
            self.configured = self.clock.now

    def restart(self) -> None:
        """Another process, with what there is."""
        self.started = self.clock.now
        self.reload()

    def answer(self, path: str) -> bytes:
        """As Prometheus writes it: the time of the configuration by the second."""
        if path == runtime.PATH:
            told = {"startTime": f"{self.started}", "lastConfigTime": f"{int(self.configured)}", "reloadConfigSuccess": self.accepted}
            return json.dumps({"status": "success", "data": told}).encode()
        groups = [
            {"name": "g", "file": f"/rules/shop-web-{uid}.yaml", "rules": [self._rule(expr)]} for uid, expr in sorted(self.loaded.items())
        ]
        return json.dumps({"status": "success", "data": {"groups": groups}}, separators=(",", ":")).encode()

    def _rule(self, expr: str) -> dict[str, Any]:
        health = {"health": "err", "lastError": "many-to-many"} if self.failing else {"health": "ok"}
        return {"name": "Down", "query": expr, "labels": {}, "annotations": {}, **health}

    async def ask(self, pod: Replica, path: str, parse: Callable[[bytes], Any]) -> tuple[Page[Any], float]:
        """Reading a page of rules costs; nothing else does."""
        self.paths.append(path)
        return Page(pod, parse(self.answer(path))), self.cost if path == rules.PATH else 0.0

    def read(self) -> int:
        """How often the page of rules was read since this was asked last."""
        count = self.paths.count(rules.PATH)
        self.paths.clear()
        return count


async def look(pages: RulePages, server: Server, *, after: float = 20.0, of: Resource = PROMETHEUS) -> dict[str, rules.File]:
    """What is believed some seconds later of every UID."""
    server.clock.now += after
    page = await pages.page(replica(of), frozenset(UIDS))
    assert page.content is not None
    return page.content


def truth(server: Server) -> dict[str, rules.File]:
    """What a page says now."""
    return rules.parse(server.answer(rules.PATH), UIDS)


def test_a_large_page_is_not_read_again_while_the_configuration_is_the_same() -> None:
    """Each look asks the small question instead; after two minutes the page is read anyway."""

    async def play() -> None:
        server = Server()
        pages = RulePages(server.ask, server.clock)
        for _ in range(3):
            await look(pages, server)
        server.read()
        for _ in range(5):
            await look(pages, server)
        assert 0 == server.read()
        for _ in range(5):
            await look(pages, server)
        assert 1 == server.read()

    asyncio.run(play())


@pytest.mark.parametrize(("cost", "of"), [(0.001, PROMETHEUS), (COSTLY, THANOS_RULER)])
def test_what_is_cheap_or_tells_nothing_of_its_configuration_is_always_read(cost: float, of: Resource) -> None:
    """A hundred profiles, and a ThanosRuler."""

    async def play() -> None:
        server = Server(cost=cost)
        pages = RulePages(server.ask, server.clock)
        for _ in range(6):
            await look(pages, server, of=of)

        assert [rules.PATH] * 6 == server.paths

    asyncio.run(play())


def test_a_rule_that_cannot_be_evaluated_is_seen_in_time_and_then_watched() -> None:
    """After two minutes at most; that it can be again is seen at the next look."""

    async def play() -> None:
        server = Server()
        pages = RulePages(server.ask, server.clock)
        for _ in range(4):
            await look(pages, server)
        server.failing = True
        began = server.clock.now
        while not (await look(pages, server, after=10))[UIDS[0]].failing:
            assert server.clock.now - began <= LONGEST
        server.failing = False

        assert not (await look(pages, server, after=10))[UIDS[0]].failing

    asyncio.run(play())


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.3, 0.9, SETTLED + 1, 20.0, 70.0]),
            st.sampled_from(["reload", "refused", "restart", "nothing"]),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_what_is_believed_is_what_is_loaded(steps: list[tuple[float, str, bool]]) -> None:
    """Whatever is reloaded twice within a second, refused in part or restarted: a look sees the rules as they are."""

    async def play() -> None:
        server = Server()
        pages = RulePages(server.ask, server.clock)
        for _ in range(4):
            await look(pages, server)
        for edition, (seconds, act, looked_at) in enumerate(steps):
            server.clock.now += seconds
            if act != "nothing":
                server.written = {UIDS[edition % 4]: f"up == {edition}", UIDS[0]: f"up > {edition}"}
            match act:
                case "reload":
                    server.reload()
                case "refused":
                    server.reload(accepted=False)
                case "restart":
                    server.restart()
            if looked_at:
                assert truth(server) == await look(pages, server, after=0.0)

    asyncio.run(play())


def test_objects_that_are_ours_since_are_looked_for() -> None:
    """A page that was read for fewer UIDs says nothing of the others."""

    async def play() -> None:
        server = Server(loaded=dict.fromkeys(UIDS, "up == 0"))
        pages = RulePages(server.ask, server.clock)
        for uids in ([UIDS[0]],) * 4 + (UIDS,):
            server.clock.now += 20
            page = await pages.page(replica(), frozenset(uids))
            assert page.content is not None
            assert set(uids) == set(page.content)

    asyncio.run(play())


def test_who_is_silent_has_said_nothing() -> None:
    """What was read before is not believed of a replica that does not answer."""

    async def play() -> None:
        server = Server()
        silent = False

        async def ask(pod: Replica, path: str, parse: Callable[[bytes], Any]) -> tuple[Page[Any], float]:
            return (Page(pod, failure="no connection"), 0.0) if silent else await server.ask(pod, path, parse)

        pages = RulePages(ask, server.clock)
        for _ in range(5):
            await look(pages, server)
        silent = True
        page = await pages.page(replica(), frozenset(UIDS))

        assert (None, "no connection") == (page.content, page.failure)

    asyncio.run(play())
