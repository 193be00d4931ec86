"""Two operators and one Alertmanager's Secret: one writes it, the other says so, and nobody's routes are lost."""

import asyncio
from typing import Any

from harness.fake_cluster import FakeCluster
from harness.fake_world import drain
from harness.profiles import alertmanager
from harness.several import Actor
from harness.shared_routes import ROUTES, credentials, receivers, with_routes
from monitoring_operator.api.cluster import ApiError, Forbidden
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROFILE
from monitoring_operator.handlers import feeds
from monitoring_operator.reconcile.guard import GRACE
from monitoring_operator.reconcile.scope import Scope

NAME = "monitoring-operator.dev/assembled-by"


def operator(cluster: FakeCluster, identity: str, *namespaces: str) -> Actor:
    """An operator with a name, that may be confined to namespaces."""
    return Actor(cluster, Scope(identity, namespaces))


def cluster_of(*namespaces: str) -> FakeCluster:
    """A cluster with a profile that notifies in each namespace, through one Alertmanager."""
    objects = (body for n in namespaces for body in (with_routes(n), credentials(n)))
    return FakeCluster(alertmanager("monitoring"), *objects)


def owner(cluster: FakeCluster) -> str:
    """Who has put a name to the Secret."""
    return str((cluster.objects[ROUTES]["metadata"].get("annotations") or {}).get(NAME, ""))


def unname(cluster: FakeCluster) -> dict[str, Any]:
    """Somebody takes the name away."""
    body = cluster.objects[ROUTES]
    metadata = {k: v for k, v in body["metadata"].items() if k != "annotations"}
    return cluster.put({**body, "metadata": metadata})


def verdict(cluster: FakeCluster, namespace: str) -> tuple[str, str]:
    """Reason and message of a profile's RoutesLive."""
    status = cluster.objects[Ref(PROFILE, namespace, "web")]["status"]
    found = next(c for c in status["conditions"] if c["type"] == "RoutesLive")
    return found["reason"], found["message"]


def test_the_second_operator_leaves_the_secret_alone_and_says_so() -> None:
    """Confined to other namespaces, it would take the first one's routes away; its profiles say whose the Secret is."""
    cluster = cluster_of("a", "b")
    first, second = operator(cluster, "one/operator", "a"), operator(cluster, "two/operator", "b")
    first.work()
    before = cluster.objects[ROUTES]
    refused = second.work()

    assert owner(cluster) == "one/operator"
    assert before == cluster.objects[ROUTES]
    reason, message = verdict(cluster, "b")
    assert reason == "AlertmanagerSecretTaken"
    assert "written by another operator, one/operator," in message
    assert refused.retries
    assert verdict(cluster, "a")[0] == "NotVerified"


def test_without_profiles_of_its_own_the_second_one_has_nothing_to_say() -> None:
    """It knows the Secret, and would have written it without any route."""
    cluster = cluster_of("a")
    operator(cluster, "one/operator", "a").work()
    before = cluster.objects[ROUTES]

    assert [] == operator(cluster, "two/operator", "b").work().keys
    assert before == cluster.objects[ROUTES]


def test_the_same_installation_goes_on_after_a_restart() -> None:
    """Restart and upgrade keep the name: nothing is written, nothing waited for."""
    cluster = cluster_of("a")
    actor = operator(cluster, "one/operator")
    actor.work()
    cluster.calls.clear()
    actor.restart()

    assert [] == actor.work().keys
    assert [] == cluster.writes()


def test_a_secret_without_a_name_is_taken_at_once() -> None:
    """As a version wrote it that did not know of names: the routes stay, and the name is added."""
    cluster = cluster_of("a")
    operator(cluster, "").work()
    assert owner(cluster) == ""
    operator(cluster, "one/operator").work()

    assert owner(cluster) == "one/operator"
    assert receivers(cluster) == {"a/web"}


def test_after_a_reinstallation_the_name_is_taken_away_by_hand() -> None:
    """The newcomer waits whether anybody claims it, and then takes over; nothing of it happens while the name stands there."""
    cluster = cluster_of("a", "b")
    operator(cluster, "old/operator").work()
    new = operator(cluster, "new/operator")
    new.work()
    new.work(after=3600)
    assert owner(cluster) == "old/operator"
    unname(cluster)
    assert new.work().keys
    assert owner(cluster) == ""
    assert new.work(after=GRACE + 1).keys == []

    assert owner(cluster) == "new/operator"
    assert receivers(cluster) == {"a/web", "b/web"}
    assert verdict(cluster, "a")[0] == "NotVerified"


def test_a_living_operator_puts_its_name_back() -> None:
    """Whoever was wrong about its death has changed nothing."""
    cluster = cluster_of("a", "b")
    old, new = operator(cluster, "old/operator", "a"), operator(cluster, "new/operator", "b")
    old.work()
    new.work()
    feeds.on_child(old.world, "MODIFIED", unname(cluster))
    new.work()
    asyncio.run(drain(old.world))
    new.work(after=GRACE + 1)

    assert owner(cluster) == "old/operator"
    assert verdict(cluster, "b")[0] == "AlertmanagerSecretTaken"


def test_whoever_takes_over_keeps_the_routes_of_those_it_does_not_see() -> None:
    """The profile is asked for by name; once it is deleted, its routes go."""
    cluster = cluster_of("a", "b")
    operator(cluster, "old/operator", "a").work()
    new = operator(cluster, "new/operator", "b")
    new.work()
    unname(cluster)
    new.work()
    new.work(after=GRACE + 1)
    assert owner(cluster) == "new/operator"
    assert receivers(cluster) == {"a/web", "b/web"}
    del cluster.objects[Ref(PROFILE, "a", "web")]
    new.work(after=3600)

    assert receivers(cluster) == {"b/web"}


def test_where_it_may_not_look_the_routes_stay() -> None:
    """A Role ends at its namespace: whether the profile is gone cannot be known."""
    cluster = cluster_of("a", "b")
    operator(cluster, "", "a").work()
    new = operator(cluster, "new/operator", "b")
    real = cluster.list

    async def confined(resource: Any, **query: Any) -> Any:
        if query.get("namespace") == "a":
            raise Forbidden(403, "profiles is forbidden")
        async for body in real(resource, **query):
            yield body

    del cluster.objects[Ref(PROFILE, "a", "web")]
    cluster.list = confined  # type: ignore[method-assign]
    new.work()

    assert receivers(cluster) == {"a/web", "b/web"}


def test_of_two_that_start_at_once_one_writes() -> None:
    """Both found no Secret; the one that comes second is told so by the API server, looks, and leaves it."""
    cluster = cluster_of("a", "b")
    first, second = operator(cluster, "one/operator", "a"), operator(cluster, "two/operator", "b")
    met: list[str] = []

    def first_comes_between(verb: str, target: str) -> ApiError | None:
        if (verb, target) == ("apply", str(ROUTES)) and not met:
            met.append(target)
            cluster.put(written)
        return None

    first.work()
    written = cluster.objects.pop(ROUTES)
    cluster.fault = first_comes_between
    drained = second.work()
    assert met
    asyncio.run(drain(second.world, again=drained))

    assert owner(cluster) == "one/operator"
    assert receivers(cluster) == {"a/web"}
