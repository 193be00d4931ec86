"""Several operators and one Alertmanager: the same routes as of one operator, and said to be live when they are."""

import asyncio

from harness import live_world
from harness.profiles import notifications
from harness.several import Actor, settle
from harness.shards import ALL, ASSEMBLER, begin, encoded, fragment, of_team, role, shard
from harness.shared_routes import credentials, receivers
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import CONFIG_MAP, PROFILE, SERVICE_MONITOR
from monitoring_operator.reconcile.bringing import PATIENCE
from monitoring_operator.reconcile.scope import Scope


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


def test_a_profile_that_is_deleted_while_its_shard_is_down_is_cleared_away() -> None:
    """Its routes and its dashboards in another namespace go once the shard is back."""
    cluster = begin(of_team("a", "a1"), of_team("a", "a2"))
    assembler, a = Actor(cluster, ASSEMBLER), Actor(cluster, shard("a"))
    settle(cluster, assembler, a)
    del cluster.objects[Ref(PROFILE, "a1", "web")]
    a.restart()
    settle(cluster, assembler, a)
    a.work()

    assert receivers(cluster) == {"a2/web"}
    assert {"a2"} == {
        o["metadata"]["labels"]["monitoring-operator.dev/profile-namespace"] for r, o in cluster.objects.items() if r.resource == CONFIG_MAP
    }


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
