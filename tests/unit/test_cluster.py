"""The client's manners: which answers are tried again, what errors mean, and that lists come whole."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from monitoring_operator.api.cluster import ApiError, Conflict, Fenced, Forbidden, NotFound, NotServed, Rejected, Unavailable
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.resources import ACCESS_REVIEW, CONFIG_MAP, EVENT, SERVICE_MONITOR
from monitoring_operator.cluster import Connection, KubernetesCluster
from monitoring_operator.cluster import client as module

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAP = Ref(CONFIG_MAP, "shop", "a")
MANIFEST = Manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}, "data": {"k": "v"}})


def answer(status: int, body: dict[str, Any] | None = None, **headers: str) -> web.Response:
    """A JSON answer."""
    return web.Response(status=status, text=json.dumps(body or {}), content_type="application/json", headers=headers)


def failure(status: int, message: str = "no", **details: str) -> web.Response:
    """A Status object as the API server gives it."""
    return answer(status, {"kind": "Status", "message": message, "details": details})


async def listed(objects: AsyncIterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything that a list gives."""
    return [o async for o in objects]


def talk(handler: Handler, scene: Callable[[KubernetesCluster], Awaitable[Any]], namespaces: tuple[str, ...] = (), **options: Any) -> Any:
    """What `scene` gives on a cluster whose server is `handler`."""

    async def play() -> Any:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        cluster = KubernetesCluster(Connection(f"http://{host}:{port}"), namespaces, **options)
        try:
            return await scene(cluster)
        finally:
            await cluster.close()
            await runner.cleanup()

    return asyncio.run(play())


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without the waiting."""
    monkeypatch.setattr(module, "FIRST_DELAY", 0.001)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (failure(403), Forbidden),
        (failure(409), Conflict),
        (failure(422), Rejected),
        (failure(400), Rejected),
        (failure(413), Rejected),
        (failure(404, name="shop", kind="namespaces"), NotFound),
        (failure(404, "the server could not find the requested resource"), NotServed),
        (failure(401), Unavailable),
        (failure(500), Unavailable),
    ],
)
def test_answers_mean_what_they_say(response: web.Response, expected: type[ApiError]) -> None:
    """Each refusal has its own kind, with the server's words."""

    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(status=response.status, body=response.body, content_type="application/json")

    with pytest.raises(expected) as caught:
        talk(handler, lambda c: c.apply(MANIFEST))
    assert expected is type(caught.value)
    assert response.status == caught.value.status


def test_causes_that_the_message_leaves_out_are_said() -> None:
    """prometheus-operator's webhook gives the parser's words as causes alone; the API server's own causes repeat its message."""
    causes = [
        {"message": 'group "g", rule 0, "Odd": 1:5: parse error: no'},
        {"message": "Invalid value: 5"},
        {"reason": "FieldValueInvalid"},
    ]
    body = {"kind": "Status", "message": "Rules are not valid, Invalid value: 5", "details": {"causes": causes}}

    async def handler(_: web.Request) -> web.StreamResponse:
        return answer(422, body)

    with pytest.raises(Rejected) as caught:
        talk(handler, lambda c: c.apply(MANIFEST))
    assert 'Rules are not valid, Invalid value: 5: group "g", rule 0, "Odd": 1:5: parse error: no' == caught.value.message


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_an_overloaded_server_is_asked_again(status: int) -> None:
    """Two refusals, then the answer: the caller sees the answer only."""
    refusals = iter([failure(status), answer(status, {}, **{"Retry-After": "0"})])

    async def handler(_: web.Request) -> web.StreamResponse:
        return next(refusals, None) or answer(200, {"ok": True})

    assert {"ok": True} == talk(handler, lambda c: c.get(MAP))


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last attempt the caller hears of it, and how often was tried is bounded."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.method)
        return failure(503)

    with pytest.raises(Unavailable):
        talk(handler, lambda c: c.get(MAP))
    assert module.ATTEMPTS == len(seen)


def test_a_server_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request has a deadline."""
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 0.05)

    async def handler(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return answer(200)

    with pytest.raises(Unavailable, match="no answer"):
        talk(handler, lambda c: c.get(MAP))


def test_a_broken_connection_is_unavailable() -> None:
    """The server goes away in the middle of an answer."""

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return answer(200)

    with pytest.raises(Unavailable):
        talk(handler, lambda c: c.get(MAP))


def test_an_event_is_posted_once() -> None:
    """A POST is not repeated: an Event that was recorded although the answer was lost must not be there twice."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.method)
        return failure(503)

    with pytest.raises(Unavailable):
        talk(handler, lambda c: c.create(EVENT, {"metadata": {"namespace": "shop"}}))
    assert ["POST"] == seen


def test_lists_come_whole_and_with_their_kind() -> None:
    """Pages are followed to the end; the items get the apiVersion and kind that a list leaves out."""

    async def handler(request: web.Request) -> web.StreamResponse:
        assert "monitoring-operator.dev/role=child" == request.query["labelSelector"]
        second = request.query.get("continue") == "more"
        return answer(200, {"metadata": {} if second else {"continue": "more"}, "items": [{"metadata": {"name": "b" if second else "a"}}]})

    found = talk(handler, lambda c: listed(c.list(CONFIG_MAP, labels="monitoring-operator.dev/role=child")))
    assert [("ConfigMap", "a"), ("ConfigMap", "b")] == [(o["kind"], o["metadata"]["name"]) for o in found]


def test_lists_of_some_namespaces_ask_for_nothing_else() -> None:
    """With Roles only, a request for the whole cluster would be forbidden."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        return answer(200, {"metadata": {}, "items": []})

    talk(handler, lambda c: listed(c.list(SERVICE_MONITOR)), ("a", "b"))
    assert [f"/apis/monitoring.coreos.com/v1/namespaces/{n}/servicemonitors" for n in "ab"] == seen


def test_what_is_not_served_is_an_empty_list_and_no_object() -> None:
    """Reading a kind whose CRD is missing is not an error."""

    async def handler(_: web.Request) -> web.StreamResponse:
        return failure(404, "the server could not find the requested resource")

    assert ([], None, frozenset()) == (
        talk(handler, lambda c: listed(c.list(SERVICE_MONITOR))),
        talk(handler, lambda c: c.get(Ref(SERVICE_MONITOR, "shop", "a"))),
        talk(handler, lambda c: c.served("monitoring.coreos.com", "v1")),
    )


def test_an_apply_is_server_side_strict_and_in_our_name() -> None:
    """The request that everything rests on."""
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.update(request.query, method=request.method, type=request.content_type, path=request.path, body=await request.json())
        seen["accept"] = request.headers["Accept"]
        return answer(200, {"kind": "PartialObjectMetadata", "metadata": {"uid": "u"}})

    answered = talk(handler, lambda c: c.apply(MANIFEST))
    assert {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"uid": "u"}} == answered
    assert {
        "method": "PATCH",
        "path": "/api/v1/namespaces/shop/configmaps/a",
        "accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        "type": "application/apply-patch+yaml",
        "fieldManager": "monitoring-operator",
        "force": "true",
        "fieldValidation": "Strict",
        "body": MANIFEST.body,
    } == seen


@pytest.mark.parametrize(("only_at", "sent"), [(None, None), ("", "1"), ("7", "7")])
def test_an_apply_can_be_tied_to_a_version_or_to_absence(only_at: str | None, sent: str | None) -> None:
    """No object ever has version 1, so an apply that asks for it makes a new object or is refused."""
    seen: list[Any] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((await request.json())["metadata"].get("resourceVersion"))
        return answer(200)

    talk(handler, lambda c: c.apply(MANIFEST, only_at=only_at))
    assert [sent] == seen
    assert "resourceVersion" not in MANIFEST.body["metadata"]


def test_a_delete_is_fenced_and_a_lost_race_is_fine() -> None:
    """Exactly the version that was seen is deleted; one that is gone already is what was wanted."""
    bodies: list[dict[str, Any]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.json())
        return failure(404, name="a", kind="configmaps")

    talk(handler, lambda c: c.delete(MAP, uid="u", resource_version="7"))
    assert [{"uid": "u", "resourceVersion": "7"}] == [b["preconditions"] for b in bodies]


def test_nothing_is_written_behind_the_fence() -> None:
    """Reads go on; a write is not even sent."""
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.method)
        return answer(200, {"metadata": {}})

    async def scene(cluster: KubernetesCluster) -> None:
        cluster._fence = lambda: 0.0
        await cluster.get(MAP)
        with pytest.raises(Fenced):
            await cluster.apply(MANIFEST)

    talk(handler, scene)

    assert ["GET"] == seen


def test_a_write_is_not_waited_for_longer_than_the_fence_allows() -> None:
    """Once it has fallen, the connection is closed, and the write is not tried again."""
    began = []

    async def handler(request: web.Request) -> web.Response:
        began.append(request.method)
        await asyncio.sleep(5)
        return answer(200)

    async def scene(cluster: KubernetesCluster) -> None:
        deadline = asyncio.get_running_loop().time() + 0.2
        cluster._fence = lambda: deadline - asyncio.get_running_loop().time()
        with pytest.raises(Fenced):
            await cluster.apply(MANIFEST)
        assert await cluster.settle(0.1, late=0.0)

    talk(handler, scene)

    assert ["PATCH"] == began


def test_a_write_that_was_given_up_may_still_be_on_its_way() -> None:
    """It never had an answer: for as long as it may be late, nobody else is let in. One that was refused has been answered."""

    async def handler(request: web.Request) -> web.Response:
        if request.path.endswith("/refused"):
            return failure(403)
        await asyncio.sleep(1)
        return answer(200)

    async def scene(cluster: KubernetesCluster) -> None:
        refused = Manifest({**MANIFEST.body, "metadata": {"name": "refused", "namespace": "shop"}})
        with pytest.raises(Forbidden):
            await cluster.apply(refused)
        assert await cluster.settle(0.1, late=60.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await cluster.apply(MANIFEST)
        assert not await cluster.settle(0.1, late=60.0)
        assert await cluster.settle(60.0, late=0.2)

    talk(handler, scene)


def test_writes_on_their_way_are_waited_for() -> None:
    """Until they are answered, or for as long as is asked for."""
    arrived, due = asyncio.Event(), asyncio.Event()

    async def handler(_request: web.Request) -> web.Response:
        arrived.set()
        await due.wait()
        return answer(200, {"metadata": {}})

    async def scene(cluster: KubernetesCluster) -> None:
        assert await cluster.settle(0.1, late=60.0)
        write = asyncio.create_task(cluster.apply(MANIFEST))
        await arrived.wait()
        assert not await cluster.settle(0.05, late=0.0)
        asyncio.get_running_loop().call_later(0.05, due.set)
        assert await cluster.settle(60.0, late=0.0)
        await write

    talk(handler, scene)


def test_an_answer_that_was_cut_off_is_asked_for_again() -> None:
    """A body that ends early but politely is no answer."""
    bodies = ['{"metadata": {"na', '{"metadata": {"name": "a"}}']

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text=bodies.pop(0), content_type="application/json")

    found = talk(handler, lambda cluster: cluster.get(MAP))

    assert {"metadata": {"name": "a"}} == found


def test_every_request_is_counted_by_its_answer() -> None:
    """Those that are tried again too, and those without an answer; what goes through to a pod is the pod's affair."""
    counted: list[tuple[str, int]] = []
    answers = iter([failure(503), answer(200, {"ok": True})])

    async def handler(request: web.Request) -> web.StreamResponse:
        if "/proxy/" in request.path:
            return failure(502)
        found = next(answers, None)
        if found is None:
            assert request.transport is not None
            request.transport.abort()
        return found or answer(200)

    async def scene(cluster: KubernetesCluster) -> None:
        await cluster.apply(MANIFEST)
        with pytest.raises(Unavailable):
            await cluster.get_from_pod("shop", "a:80", "/metrics")
        with pytest.raises(Unavailable):
            await cluster.create(EVENT, {"metadata": {"namespace": "shop"}})

    talk(handler, scene, requested=lambda method, status, _: counted.append((method, status)))
    assert [("PATCH", 503), ("PATCH", 200), ("POST", 0)] == counted


def test_a_request_can_be_made_as_somebody_else() -> None:
    """By Kubernetes' impersonation; what belongs to no namespace is created in none."""
    seen: list[tuple[str, str]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request.path, request.headers.get("Impersonate-User", "")))
        return answer(200)

    talk(handler, lambda c: c.create(ACCESS_REVIEW, {"spec": {}}), user="system:serviceaccount:a:b")
    talk(handler, lambda c: c.version())
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert [(path, "system:serviceaccount:a:b"), ("/version", "")] == seen
