"""Several operators and one Alertmanager: the same routes as of one operator, and never a route less on the way."""

import asyncio
import base64
from typing import Any

import pytest

from harness import live_world
from harness.fake_cluster import Body, profile_body
from harness.profiles import alertmanager, notifications
from harness.several import Actor, Recording, decoded, settle
from harness.shared_routes import credentials, receivers
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import CONFIG_MAP, PROFILE, SERVICE_MONITOR
from monitoring_operator.reconcile.bringing import PATIENCE
from monitoring_operator.reconcile.claims import ANSWER
from monitoring_operator.reconcile.scope import Scope
from monitoring_operator.store import secret_ref

ALL = Scope("operators/all")
ASSEMBLER = Scope("operators/all", assembles=True)
BOARDS = {"dashboards": {"include": ["system-overview"], "namespace": "grafana"}}


def shard(name: str, selector: str = "") -> Scope:
    """A shard that selects profiles by its team, unless told otherwise."""
    return Scope(f"operators/{name}", selector=selector or f"team={name}", shard=name)


def of_team(team: str, namespace: str, **spec: Any) -> Body:
    """A profile with notifications and a dashboard elsewhere, that carries the label of a team."""
    body = profile_body(namespace, **{"notifications": notifications("monitoring"), **BOARDS, **spec})
    return {**body, "metadata": {**body["metadata"], "labels": {"team": team}}}


def relabel(cluster: Recording, namespace: str, team: str) -> None:
    """The profile goes to another team."""
    body = cluster.objects[Ref(PROFILE, namespace, "web")]
    cluster.put({**body, "metadata": {**body["metadata"], "labels": {"team": team}}})


def begin(*profiles: Body) -> Recording:
    """A cluster with an Alertmanager, these profiles and their credentials."""
    return Recording(alertmanager("monitoring"), *profiles, *(credentials(p["metadata"]["namespace"]) for p in profiles))


def fragment(name: str) -> Ref:
    """A shard's fragment."""
    return secret_ref("monitoring", f"routes.shard.{name}")


def role(cluster: Recording, kind: Any, namespace: str, name: str = "web") -> str:
    """The role of a child."""
    return str(cluster.objects[Ref(kind, namespace, name)]["metadata"]["labels"]["monitoring-operator.dev/role"])


def encoded(text: str) -> str:
    """Text as a Secret holds it."""
    return base64.b64encode(text.encode()).decode()


def routed_in(version: Body) -> set[str]:
    """Namespaces of the profiles that a version of the shared Secret has receivers of."""
    lines = decoded(version)["alertmanager.yaml"].splitlines()
    return {line.split("/")[0].removeprefix("- name: ").strip() for line in lines if "- name: " in line and "/" in line}


def test_two_shards_and_an_assembler_write_what_one_operator_writes() -> None:
    """The same bytes; each shard wakes nobody else, and in the end nobody has anything to do."""
    profiles = (of_team("a", "a1"), of_team("a", "a2"), of_team("b", "b1"))
    alone, together = begin(*profiles), begin(*profiles)
    settle(alone, Actor(alone, ALL))
    settle(together, *(Actor(together, s) for s in (ASSEMBLER, shard("a"), shard("b"))))

    assert alone.routes() == together.routes()
    assert {together.condition(n)[0] for n in ("a1", "a2", "b1")} == {"NotVerified"}
    assert {"a": "team=a", "b": "team=b"} == {
        (said := together.objects[Ref(PROFILE, n, "web")]["status"]["shard"])["name"]: said["selector"] for n in ("a1", "b1")
    }
    assert ("child.a", "child.b") == (role(together, SERVICE_MONITOR, "a1"), role(together, SERVICE_MONITOR, "b1"))


def test_a_restart_of_any_of_them_writes_nothing() -> None:
    """Neither the fragment nor the Secret nor a status."""
    cluster = begin(of_team("a", "a1"), of_team("b", "b1"))
    actors = [Actor(cluster, s) for s in (ASSEMBLER, shard("a"), shard("b"))]
    settle(cluster, *actors)
    for actor in actors:
        actor.restart()
        cluster.calls.clear()
        actor.work()
        assert [] == cluster.writes()


def test_an_operator_of_its_own_assembles_too() -> None:
    """Without --assemble it has profiles and merges fragments; both are in the Secret."""
    cluster = begin(of_team("a", "a1"), of_team("rest", "r1"))
    settle(cluster, Actor(cluster, Scope("operators/all", selector="team notin (a)")), Actor(cluster, shard("a")))

    assert receivers(cluster) == {"a1/web", "r1/web"}
    assert ("child.a", "child") == (role(cluster, SERVICE_MONITOR, "a1"), role(cluster, SERVICE_MONITOR, "r1"))


def test_a_shard_says_its_routes_are_live_only_once_they_were_taken_up() -> None:
    """Written as a fragment is not enough: without an assembler the condition says so, and with one it is right at once."""
    cluster = begin(of_team("a", "a1"))
    actor = Actor(cluster, shard("a"))
    actor.work()
    assert cluster.condition("a1") == ("", "")
    actor.work(after=PATIENCE)
    reason, message = cluster.condition("a1")
    assert reason == "NotAssembled"
    assert "Secret monitoring/routes.shard.a" in message
    settle(cluster, Actor(cluster, ASSEMBLER), actor)

    assert cluster.condition("a1")[0] == "NotVerified"


def test_what_the_assembler_refuses_is_said_to_the_profile() -> None:
    """A name that the base configuration has already: the part is left out, its shard hears why, and nobody else is concerned."""
    cluster = begin(of_team("a", "a1"), of_team("b", "b1"))
    base = "route: {receiver: a1/web/critical}\nreceivers: [{name: a1/web/critical}]\n"
    cluster.put(
        {**credentials("monitoring"), "metadata": {"namespace": "monitoring", "name": "base"}, "data": {"alertmanager.yaml": encoded(base)}}
    )
    assembler = Actor(cluster, ASSEMBLER)
    assembler.world.defaults = type(assembler.world.defaults)(bases={("monitoring", "main"): "base"})
    settle(cluster, assembler, Actor(cluster, shard("a")), Actor(cluster, shard("b")))

    reason, message = cluster.condition("a1")
    assert reason == "Rejected"
    assert "receivers of the base configuration has a1/web/critical already" in message
    assert cluster.condition("b1")[0] == "NotVerified"


def test_a_shard_that_is_down_or_gone_keeps_its_routes() -> None:
    """Its fragment stays until somebody deletes it; and even then a profile that is there keeps its routes."""
    cluster = begin(of_team("a", "a1"), of_team("b", "b1"))
    assembler, a, b = (Actor(cluster, s) for s in (ASSEMBLER, shard("a"), shard("b")))
    settle(cluster, assembler, a, b)
    assembler.restart()
    settle(cluster, assembler, b)
    assert receivers(cluster) == {"a1/web", "b1/web"}
    del cluster.objects[fragment("a")]
    settle(cluster, assembler, b)
    assert receivers(cluster) == {"a1/web", "b1/web"}
    assembler.restart()
    settle(cluster, assembler, b)
    assert receivers(cluster) == {"a1/web", "b1/web"}
    del cluster.objects[Ref(PROFILE, "a1", "web")]
    assembler.work(after=3600)

    assert receivers(cluster) == {"b1/web"}


def test_a_fragment_that_somebody_edited_counts_as_it_was() -> None:
    """The assembler keeps what it last read; its shard, once it is back, writes it anew."""
    cluster = begin(of_team("a", "a1"))
    assembler, a = Actor(cluster, ASSEMBLER), Actor(cluster, shard("a"))
    settle(cluster, assembler, a)
    body = cluster.objects[fragment("a")]
    cluster.put({**body, "data": {"parts.json.gz": encoded("mine")}})
    assembler.work()
    assert receivers(cluster) == {"a1/web"}
    assembler.restart()
    assembler.work()
    assert receivers(cluster) == {"a1/web"}
    settle(cluster, a, assembler)

    assert cluster.objects[fragment("a")]["data"] == body["data"]


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_profile_that_moves_is_never_without_its_routes_and_children(first: str) -> None:
    """Whichever shard hears of it first: every version of the Secret has its route, no child is deleted, all are the new shard's."""
    cluster = begin(of_team("a", "a1"), of_team("b", "b1"))
    assembler, a, b = (Actor(cluster, s) for s in (ASSEMBLER, shard("a"), shard("b")))
    settle(cluster, assembler, a, b)
    seen, monitors = len(cluster.versions), Ref(SERVICE_MONITOR, "a1", "web")
    uid = cluster.objects[monitors]["metadata"]["uid"]
    relabel(cluster, "a1", "b")
    order = (a, assembler, b, assembler) if first == "a" else (b, assembler, a, assembler)
    deletes: list[str] = []
    for actor in (*order, *order):
        cluster.calls.clear()
        actor.work()
        deletes += [c for c in cluster.calls if c.startswith("delete")]
    settle(cluster, assembler, a, b)

    assert [] == deletes
    assert uid == cluster.objects[monitors]["metadata"]["uid"]
    assert "child.b" == role(cluster, SERVICE_MONITOR, "a1")
    assert {"child.b"} == {role(cluster, CONFIG_MAP, r.namespace, r.name) for r in cluster.objects if r.resource == CONFIG_MAP}
    assert all(routed_in(v) == {"a1", "b1"} for v in cluster.versions[seen:])
    assert ("b", "NotVerified") == (cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"]["name"], cluster.condition("a1")[0])


def test_what_changes_together_with_the_move_is_pruned_by_the_new_shard() -> None:
    """The old one did not see the change any more: a child that is no longer wanted goes all the same."""
    cluster = begin(of_team("a", "a1"))
    actors = [Actor(cluster, s) for s in (ASSEMBLER, shard("a"), shard("b"))]
    settle(cluster, *actors)
    body = of_team("b", "a1", dashboards={"enabled": False})
    before = cluster.objects[Ref(PROFILE, "a1", "web")]
    cluster.put({**body, "metadata": {**body["metadata"], "generation": 2}, "status": before["status"]})
    settle(cluster, *actors)

    assert [] == [r for r in cluster.objects if r.resource == CONFIG_MAP]


def test_a_profile_that_nobody_selects_keeps_what_it_has() -> None:
    """It is nobody's to take away; once it is deleted its routes go."""
    cluster = begin(of_team("a", "a1"))
    assembler, a = Actor(cluster, ASSEMBLER), Actor(cluster, shard("a"))
    settle(cluster, assembler, a)
    relabel(cluster, "a1", "nobody")
    settle(cluster, assembler, a)
    assembler.restart()
    a.restart()
    settle(cluster, assembler, a)
    assert receivers(cluster) == {"a1/web"}
    assert Ref(SERVICE_MONITOR, "a1", "web") in cluster.objects
    assert [r for r in cluster.objects if r.resource == CONFIG_MAP]
    del cluster.objects[Ref(PROFILE, "a1", "web")]
    assembler.work(after=3600)
    a.work(after=3600)

    assert receivers(cluster) == set()
    assert [] == [r for r in cluster.objects if r.resource == CONFIG_MAP]


def test_the_second_of_two_shards_that_select_one_profile_stands_back() -> None:
    """It asks once, is answered, says so, and writes no more; the first one's children and routes stay as they are."""
    cluster = begin(of_team("a", "a1"))
    assembler, a = Actor(cluster, ASSEMBLER), Actor(cluster, shard("a"))
    settle(cluster, assembler, a)
    second = Actor(cluster, shard("x", "team in (a,x)"))
    before = cluster.routes()
    second.work()
    assert cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"]["contender"] == "x"
    assert "create Event ShardOverlap" in cluster.calls
    settle(cluster, a, second, assembler)
    second.work(after=ANSWER + 1)
    settle(cluster, a, second, assembler)

    assert {"name": "a", "selector": "team=a"} == cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"]
    assert "child.a" == role(cluster, SERVICE_MONITOR, "a1")
    assert before == cluster.routes()


def test_a_shard_that_is_gone_for_good_is_followed_by_whoever_selects_its_profiles() -> None:
    """It does not answer; routes and children are there at every moment."""
    cluster = begin(of_team("a", "a1"))
    assembler = Actor(cluster, ASSEMBLER)
    settle(cluster, assembler, Actor(cluster, shard("a")))
    heir, seen = Actor(cluster, shard("x", "team in (a,x)")), len(cluster.versions)
    heir.work()
    heir.work(after=ANSWER / 2)
    assert cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"]["name"] == "a"
    heir.work(after=ANSWER)
    settle(cluster, assembler, heir)

    assert {"name": "x", "selector": "team in (a,x)"} == cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"]
    assert "child.x" == role(cluster, SERVICE_MONITOR, "a1")
    assert all(routed_in(v) == {"a1"} for v in cluster.versions[seen:])


def test_of_two_fragments_with_one_profile_the_younger_counts() -> None:
    """The old shard died before it could take the profile out of its fragment: what the new one says is what is merged."""
    cluster = begin(of_team("a", "a1"))
    assembler = Actor(cluster, ASSEMBLER)
    settle(cluster, assembler, Actor(cluster, shard("a")))
    relabel(cluster, "a1", "b")
    b = Actor(cluster, shard("b"))
    settle(cluster, assembler, b)
    cluster.put({**credentials("a1"), "data": {k: encoded("ROTATED") for k in ("pagerduty", "slack")}})
    b.restart()
    settle(cluster, assembler, b)

    assert {"ROTATED"} == {v for k, v in cluster.routes().items() if k.startswith("a1.")}


def test_from_one_operator_to_shards_and_back() -> None:
    """At every step every version of the Secret has every route, and no child is deleted."""
    profiles = (of_team("a", "a1"), of_team("b", "b1"))
    cluster = begin(*profiles)
    one = Actor(cluster, ALL)
    settle(cluster, one)
    alone, seen = cluster.routes(), len(cluster.versions)
    uids = {r: o["metadata"]["uid"] for r, o in cluster.objects.items() if r.resource in (SERVICE_MONITOR, CONFIG_MAP)}
    assembler = Actor(cluster, ASSEMBLER)
    settle(cluster, assembler)
    assert alone == cluster.routes()
    a, b = Actor(cluster, shard("a")), Actor(cluster, shard("b"))
    settle(cluster, assembler, a)
    settle(cluster, assembler, a, b)
    assert alone == cluster.routes()
    assert "child.a" == role(cluster, SERVICE_MONITOR, "a1")

    back = Actor(cluster, ALL)
    settle(cluster, back)
    back.work(after=ANSWER + 1)
    settle(cluster, back)
    for name in ("a", "b"):
        del cluster.objects[fragment(name)]
    settle(cluster, back)
    back.restart()
    settle(cluster, back)

    assert alone == cluster.routes()
    assert "child" == role(cluster, SERVICE_MONITOR, "a1")
    assert "shard" not in cluster.objects[Ref(PROFILE, "a1", "web")]["status"]
    assert all(routed_in(v) == {"a1", "b1"} for v in cluster.versions[seen:])
    assert uids == {r: o["metadata"]["uid"] for r, o in cluster.objects.items() if r.resource in (SERVICE_MONITOR, CONFIG_MAP)}


def test_a_shard_keeps_the_last_good_part_of_a_broken_profile_over_a_restart() -> None:
    """Its fragment is the memory, as the Secret is for one operator alone."""
    cluster = begin(of_team("a", "a1"))
    assembler, a = Actor(cluster, ASSEMBLER), Actor(cluster, shard("a"))
    settle(cluster, assembler, a)
    before = cluster.routes()
    body = cluster.objects[Ref(PROFILE, "a1", "web")]
    broken = {**body["spec"], "notifications": {**notifications("monitoring"), "groupWait": "soon"}}
    cluster.put({**body, "metadata": {**body["metadata"], "generation": 2}, "spec": broken})
    settle(cluster, assembler, a)
    a.restart()
    settle(cluster, assembler, a)

    assert before == cluster.routes()
    assert cluster.condition("a1", "Ready")[0] == "InvalidSpec"


def test_two_installations_with_one_shards_name_do_not_share_a_fragment() -> None:
    """The second one says whose it is."""
    cluster = begin(of_team("a", "a1"), of_team("b", "b1"))
    assembler, first = Actor(cluster, ASSEMBLER), Actor(cluster, shard("a"))
    settle(cluster, assembler, first)
    second = Actor(cluster, Scope("operators/other", selector="team=b", shard="a"))
    second.work()
    assembler.work()

    assert receivers(cluster) == {"a1/web"}
    reason, message = cluster.condition("b1")
    assert reason == "AlertmanagerSecretTaken"
    assert "Secret monitoring/routes.shard.a is written by another operator, operators/a" in message


def test_routes_are_live_once_alertmanager_runs_what_was_assembled() -> None:
    """Taken up by the assembler is written; Live is what the replicas run, and a change of a part is not Live before they run that."""
    watched = live_world.scene()
    profile = watched.cluster.objects[live_world.PROFILE_REF]
    watched.cluster.put({**profile, "metadata": {**profile["metadata"], "labels": {"team": "a"}}})
    watched.world.scope = shard("a")
    assembler = Actor(watched.cluster, ASSEMBLER)

    async def live() -> None:
        await watched.settle()
        assert watched.condition("RoutesLive") == ("", "", "")
        await assembler.work_on()
        await watched.settle()
        assert ("Unknown", "Pending") == watched.condition("RoutesLive")[:2]
        watched.take_up()
        await watched.look(after=1)
        assert ("True", "RoutesLive") == watched.condition("RoutesLive")[:2]
        assert ("True", "Live") == watched.condition("Ready")[:2]
        changed = {**profile["spec"], "notifications": {"warning": [live_world.SLACK], "groupWait": "7m"}}
        body = watched.cluster.objects[live_world.PROFILE_REF]
        watched.cluster.put({**body, "metadata": {**body["metadata"], "generation": 2}, "spec": changed})
        for _ in range(2):
            await watched.settle()
            await assembler.work_on()
        await watched.settle()
        assert ("Unknown", "Pending") == watched.condition("RoutesLive")[:2]
        watched.take_up()
        await watched.look(after=1)
        assert ("True", "RoutesLive") == watched.condition("RoutesLive")[:2]

    asyncio.run(live())
