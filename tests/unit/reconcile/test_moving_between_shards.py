"""A profile that goes from one operator to another, or to nobody: never a route less on the way, and no child deleted."""

import contextlib

import pytest

from harness.several import Actor, settle
from harness.shards import ALL, ASSEMBLER, begin, encoded, fragment, of_team, relabel, role, routed_in, shard
from harness.shared_routes import credentials, receivers
from monitoring_operator.api.cluster import ApiError, Unavailable
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import CONFIG_MAP, PROFILE, SERVICE_MONITOR
from monitoring_operator.reconcile.claims import ANSWER, ASK_AGAIN
from monitoring_operator.reconcile.scope import Scope


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


def test_who_was_answered_asks_again_and_follows_a_shard_that_goes_later() -> None:
    """It stood back while the other one lived, and has the profile once that one is gone."""
    cluster = begin(of_team("a", "a1"))
    assembler, a, heir = Actor(cluster, ASSEMBLER), Actor(cluster, shard("a")), Actor(cluster, shard("x", "team in (a,x)"))
    settle(cluster, assembler, a)
    settle(cluster, heir, a)
    heir.work(after=ANSWER + 1)
    assert cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"] == {"name": "a", "selector": "team=a"}
    heir.work(after=ASK_AGAIN)
    assert cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"]["contender"] == "x"
    heir.work(after=ANSWER + 1)
    settle(cluster, assembler, heir)

    assert cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"]["name"] == "x"
    assert receivers(cluster) == {"a1/web"}


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


def test_shards_by_namespace_and_a_namespace_that_changes_hands() -> None:
    """The old one may not see it any more and does not answer; the new one takes it, and nothing is lost on the way."""
    cluster = begin(of_team("a", "n1"), of_team("a", "n2"), of_team("a", "n3"))

    def by_namespace(name: str, *namespaces: str) -> Actor:
        return Actor(cluster, Scope(f"operators/{name}", namespaces=(*namespaces, "grafana"), shard=name))

    assembler, a, b = Actor(cluster, ASSEMBLER), by_namespace("a", "n1", "n2"), by_namespace("b", "n3")
    settle(cluster, assembler, a, b)
    assert receivers(cluster) == {"n1/web", "n2/web", "n3/web"}
    seen = len(cluster.versions)
    a, b = by_namespace("a", "n1"), by_namespace("b", "n2", "n3")
    for _ in range(3):
        for actor in (a, assembler, b, assembler):
            actor.work(after=ANSWER)
    settle(cluster, assembler, a, b)

    assert ("child.a", "child.b") == (role(cluster, SERVICE_MONITOR, "n1"), role(cluster, SERVICE_MONITOR, "n2"))
    assert all(routed_in(v) == {"n1", "n2", "n3"} for v in cluster.versions[seen:])


def test_a_profile_moves_between_a_shard_and_the_operator_of_the_rest() -> None:
    """There and back: the one without a name takes what leaves a shard, and a shard takes what is nobody's."""
    cluster = begin(of_team("a", "a1"), of_team("rest", "r1"))
    rest, a = Actor(cluster, Scope("operators/all", selector="team notin (a)")), Actor(cluster, shard("a"))
    settle(cluster, rest, a)
    seen = len(cluster.versions)
    for namespace, team in (("a1", "rest"), ("r1", "a")):
        relabel(cluster, namespace, team)
        settle(cluster, rest, a)

    assert ("child", "child.a") == (role(cluster, SERVICE_MONITOR, "a1"), role(cluster, SERVICE_MONITOR, "r1"))
    assert "shard" not in cluster.objects[Ref(PROFILE, "a1", "web")]["status"]
    assert all(routed_in(v) == {"a1", "r1"} for v in cluster.versions[seen:])
    assert "create Event ShardOverlap" not in cluster.calls


def test_an_api_server_that_fails_in_between_costs_no_route() -> None:
    """Every other call of a move fails once, whoever makes it: in the end it is as without a failure, and on the way nothing was lost."""
    for nth in range(1, 60, 2):
        cluster = begin(of_team("a", "a1"), of_team("b", "b1"))
        actors = [Actor(cluster, s) for s in (ASSEMBLER, shard("a"), shard("b"))]
        settle(cluster, *actors)
        seen, count = len(cluster.versions), 0
        relabel(cluster, "a1", "b")

        def once(_verb: str, _target: str) -> ApiError | None:
            nonlocal count
            count += 1
            return Unavailable(503, "no") if count == nth else None  # noqa: B023 -- used in this round alone

        cluster.fault = once
        for actor in (actors[1], actors[0], actors[2], actors[0]):
            with contextlib.suppress(ApiError):
                actor.work()
        settle(cluster, *actors)
        settle(cluster, *actors)

        assert "child.b" == role(cluster, SERVICE_MONITOR, "a1"), nth
        assert all(routed_in(v) == {"a1", "b1"} for v in cluster.versions[seen:]), nth
        assert ("b", "NotVerified") == (
            cluster.objects[Ref(PROFILE, "a1", "web")]["status"]["shard"]["name"],
            cluster.condition("a1")[0],
        ), nth
