"""Watches of what we write: nothing that happens is missed, whatever the API server or the network does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from harness.fake_cluster import FakeCluster
from harness.fake_world import FakeWorld, world_of
from monitoring_operator.api import names
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import CONFIG_MAP, PROMETHEUS_RULE, Resource
from monitoring_operator.cluster import Connection
from monitoring_operator.cluster.watch import Place, Watches
from monitoring_operator.handlers import children as module
from monitoring_operator.handlers.children import Children
from monitoring_operator.handlers.watchdog import Watchdog

LABELS = {names.LABEL_ROLE: names.ROLE_CHILD, names.LABEL_PROFILE: "web", names.LABEL_PROFILE_NAMESPACE: "shop"}
SELECTOR = f"{names.LABEL_ROLE}={names.ROLE_CHILD}"
MAPS = Place(CONFIG_MAP, "/api/v1/configmaps", SELECTOR)
DEADLINE = 10.0

Turn = Callable[[web.Request], Awaitable[web.StreamResponse]]


def event(kind: str, name: str, version: int, **more: Any) -> bytes:
    """A line of a watch, about an object with our labels."""
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": str(version), "labels": LABELS}
    return json.dumps({"type": kind, "object": {"metadata": metadata, **more}}).encode() + b"\n"


def bookmark(version: int) -> bytes:
    """A line that says that nothing else has happened."""
    return json.dumps({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version)}}}).encode() + b"\n"


def says(*lines: bytes, status: int = 200, stays: bool = False) -> Turn:
    """A watch that says these lines and ends, or stays open."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        for line in lines:
            await response.write(line)
        if stays:
            await asyncio.sleep(DEADLINE)
        return response

    return answer


class Server:
    """Answers each watch with the next of `turns`, and a question for the version with the next of `versions`."""

    def __init__(self, *turns: Turn, versions: tuple[int, ...] = (10,)) -> None:
        self._turns = iter(turns)
        self._versions = iter(versions)
        self.asked: list[dict[str, str]] = []
        self.verified: list[Resource] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        if "watch" not in request.query:
            return web.json_response({"items": None, "metadata": {"resourceVersion": str(next(self._versions))}})
        turn = next(self._turns, says(stays=True))
        return await turn(request)

    @property
    def watched_from(self) -> list[str]:
        """The versions at which the watches began, in order."""
        return [q["resourceVersion"] for q in self.asked if "watch" in q]

    async def verify(self, resource: Resource) -> int:
        """What lists a kind."""
        self.verified.append(resource)
        return 0


def play(server: Server, done: Callable[[FakeWorld], bool], place: Place = MAPS, *, mark: bool = True, silence: float = 5.0) -> FakeWorld:
    """The world once `done` says so. Raises TimeoutError."""
    world = world_of(FakeCluster())
    world.served[PROMETHEUS_RULE.group, PROMETHEUS_RULE.version] = frozenset({PROMETHEUS_RULE.plural})

    async def scene() -> None:
        app = web.Application()
        app.router.add_get("/{tail:.*}", server.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.01)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        watches = Watches(Connection(f"http://{host}:{port}"), silence)
        children = Children(watches, [place], (0.01, 0.02), world=world, watchdog=Watchdog(90.0), verify=server.verify)
        if mark:
            await children.mark()
        running = asyncio.create_task(children.run())
        try:
            async with asyncio.timeout(DEADLINE):
                while not done(world):
                    assert not running.done(), running.exception()
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await watches.close()
            await runner.cleanup()

    asyncio.run(scene())
    return world


def has(*names_: str) -> Callable[[FakeWorld], bool]:
    """Whether the store knows exactly these ConfigMaps."""
    return lambda world: {ref.name for ref in world.store.children} == set(names_)


def test_it_begins_where_the_listing_began() -> None:
    """Nothing is listed a second time, and what happened since the mark is told; content is not asked for."""
    server = Server(says(event("ADDED", "a", 11), event("ADDED", "b", 12), event("DELETED", "a", 13), stays=True), versions=(10,))

    play(server, has("b"))

    assert ["10"] == server.watched_from
    assert [] == server.verified
    assert all(SELECTOR == q["labelSelector"] for q in server.asked)


def test_it_goes_on_where_it_was() -> None:
    """After an end, in good order or in the middle of a line, with a bookmark as the last word or without."""
    torn = event("ADDED", "c", 30)[:40]
    server = Server(
        says(event("ADDED", "a", 11), bookmark(20)), says(event("ADDED", "b", 25), torn), says(event("ADDED", "c", 30), stays=True)
    )

    play(server, has("a", "b", "c"))

    assert ["10", "20", "25"] == server.watched_from
    assert [] == server.verified


GONE = json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}}).encode() + b"\n"


@pytest.mark.parametrize("refusal", [says(GONE), says(b"{}", status=410)], ids=["as an event", "as an answer"])
def test_what_is_no_longer_known_is_listed(refusal: Turn) -> None:
    """From the version at which the listing began, so that nothing falls between the two."""
    server = Server(says(event("ADDED", "a", 11)), refusal, says(event("ADDED", "b", 51), stays=True), versions=(10, 50))

    play(server, has("a", "b"))

    assert ["10", "11", "50"] == server.watched_from
    assert [CONFIG_MAP] == server.verified


@pytest.mark.parametrize(
    "trouble",
    [
        says(b'{"kind": "Status", "message": "no"}', status=403),
        says(b"", status=500),
        says(b"<html>\n"),
        says(b'{"type": "ERROR", "object": {"code": 500, "message": "etcd"}}\n'),
        says(b'{"type": "MODIFIED"}\n'),
    ],
    ids=["403", "500", "a page of a proxy", "an error event", "half an event"],
)
def test_trouble_is_waited_out(trouble: Turn) -> None:
    """And then it goes on where it was."""
    server = Server(says(event("ADDED", "a", 11)), trouble, trouble, says(event("ADDED", "b", 12), stays=True))

    play(server, has("a", "b"))

    assert ["10", "11", "11", "11"] == server.watched_from


def test_a_watch_that_says_nothing_is_given_up() -> None:
    """A connection that hangs would otherwise be waited on for five minutes."""
    server = Server(says(stays=True), says(event("ADDED", "a", 11), stays=True))

    play(server, has("a"), silence=0.2)

    assert ["10", "10"] == server.watched_from


def test_an_object_may_be_large() -> None:
    """1.5 MiB is what an API server takes; it comes in many pieces, and between them half a character."""
    place = Place(PROMETHEUS_RULE, "/apis/monitoring.coreos.com/v1/prometheusrules", SELECTOR)
    server = Server(says(event("ADDED", "a", 11, spec={"groups": [{"name": "ü" * 700_000}]}), event("ADDED", "b", 12), stays=True))

    world = play(server, has("a", "b"), place)

    assert "11" == world.store.children[Ref(PROMETHEUS_RULE, "shop", "a")].resource_version


def test_a_kind_that_comes_later_is_listed_first() -> None:
    """Its definition was not there when everything was listed."""
    server = Server(says(event("ADDED", "a", 11), stays=True))

    play(server, has("a"), mark=False)

    assert ["10"] == server.watched_from
    assert [CONFIG_MAP] == server.verified


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Openings without a second between them."""
    monkeypatch.setattr("monitoring_operator.handlers.watchdog.PAUSE", 0.0)
    monkeypatch.setattr(module, "NOT_SERVED", 0.01)
