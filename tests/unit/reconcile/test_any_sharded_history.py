"""Whatever becomes of profiles, shards and the assembler, in whatever order: in the end it is what one operator would have written."""

import copy
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.fake_cluster import profile_body
from harness.notifications import sections, slack
from harness.profiles import alertmanager
from harness.several import Actor, Recording, settle
from harness.shared_routes import credentials
from monitoring_operator.alertmanager.secret import routed
from monitoring_operator.reconcile.claims import ANSWER
from monitoring_operator.reconcile.scope import Scope
from monitoring_operator.reconcile.strays import ASK_AGAIN
from monitoring_operator.store import ProfileKey, profile_ref

KEYS = [ProfileKey("a", "x"), ProfileKey("a", "x.y"), ProfileKey("a-b", "x")]
TEAMS = ("a", "b", "rest")
QUICK: dict[str, Any] = {"alerts": {"enabled": False}, "dashboards": {"enabled": False}}
THROUGH: dict[str, Any] = {"alertmanager": {"namespace": "monitoring", "name": "main"}}
SHARDED = (
    Scope("operators/all", selector="team notin (a,b)"),
    Scope("operators/a", selector="team=a", shard="a"),
    Scope("operators/b", selector="team=b", shard="b"),
)
"""The first one assembles, and looks after the rest."""
ASSEMBLED = (Scope("operators/all", assembles=True), *SHARDED[1:], Scope("operators/rest", selector="team=rest", shard="rest"))


@dataclass
class History:
    """Operators on a cluster, and what happens there."""

    scopes: tuple[Scope, ...]
    cluster: Recording = field(init=False)
    actors: list[Actor] = field(init=False)
    versions: int = 1

    def __post_init__(self) -> None:
        self.cluster = Recording(alertmanager("monitoring"), *map(credentials, ("a", "a-b")))
        self.actors = [Actor(self.cluster, scope) for scope in self.scopes]

    def put(self, key: ProfileKey, team: str, spec: dict[str, Any] | None) -> None:
        """Makes the profile or changes it; without a spec it changes its team alone."""
        known = self.cluster.objects.get(profile_ref(key))
        if known is None and spec is None:
            return
        self.versions += 1
        body = profile_body(key.namespace, key.name, generation=self.versions, **copy.deepcopy(spec or {}))
        if known is not None:
            body = {**body, "status": known.get("status", {})} if spec is not None else {**known}
            body["metadata"] = {**known["metadata"], **({"generation": self.versions} if spec is not None else {})}
        self.cluster.put({**body, "metadata": {**body["metadata"], "labels": {"team": team}}})

    def act(self, key: ProfileKey, what: Any) -> None:
        """One thing that happens; then some of the operators hear of it."""
        kind, detail, awake = what
        if kind == "put":
            self.put(key, *detail)
        elif kind == "move":
            self.put(key, detail, None)
        elif kind == "delete":
            self.cluster.objects.pop(profile_ref(key), None)
        else:
            self.actors[detail % len(self.actors)].restart()
        protected = self.protected()
        seen = len(self.cluster.versions)
        for index in awake:
            self.actors[index % len(self.actors)].work()
        for version in self.cluster.versions[seen:]:
            assert protected <= set(routed(version)), "a route is gone whose profile is there"

    def protected(self) -> set[tuple[str, str]]:
        """Profiles that exist, want routes, and have them."""
        there = set(routed(self.cluster.versions[-1]))
        bodies = {key: self.cluster.objects.get(profile_ref(key)) for key in KEYS}
        wanting = {(k.namespace, k.name) for k, body in bodies.items() if body is not None and body["spec"].get("notifications")}
        return there & wanting

    def end(self) -> dict[str, str]:
        """The Secret once nobody has anything to do any more, and waiting has brought nothing new."""
        settle(self.cluster, *self.actors)
        for actor in self.actors:
            actor.now += ANSWER + ASK_AGAIN
        settle(self.cluster, *self.actors)
        return self.cluster.routes()


def specs() -> st.SearchStrategy[dict[str, Any]]:
    """With notifications of any kind, or without."""
    return st.just(QUICK) | sections().map(lambda found: {**QUICK, "notifications": {**THROUGH, **found}})


AWAKE = st.permutations([0, 1, 2, 3, 0]).flatmap(lambda order: st.integers(1, 5).map(lambda count: order[:count]))
HAPPENINGS = st.tuples(
    st.sampled_from(KEYS),
    st.tuples(st.just("put"), st.tuples(st.sampled_from(TEAMS), specs()), AWAKE)
    | st.tuples(st.just("move"), st.sampled_from(TEAMS), AWAKE)
    | st.tuples(st.just("move"), st.sampled_from(TEAMS), AWAKE)
    | st.tuples(st.just("delete"), st.none(), AWAKE)
    | st.tuples(st.just("restart"), st.integers(0, 3), AWAKE),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(HAPPENINGS, min_size=1, max_size=12), st.sampled_from([SHARDED, ASSEMBLED]))
def test_any_history_ends_as_with_one_operator(happenings: list[tuple[ProfileKey, Any]], scopes: tuple[Scope, ...]) -> None:
    """No version on the way lacks the routes of a profile that had them and is there; the last one is the same bytes."""
    history = History(scopes)
    for key, team in zip((*KEYS, ProfileKey("b", "x")), (*TEAMS, "a"), strict=True):
        history.put(key, team, {**QUICK, "notifications": {**THROUGH, "warning": [slack()]}})
    settle(history.cluster, *history.actors)
    for key, what in happenings:
        history.act(key, what)
    sharded = history.end()
    kept = ("MonitoringProfile", "Alertmanager")
    objects = history.cluster.objects
    one = Recording(*(o for r, o in objects.items() if r.resource.kind in kept or r.name == "notify"))
    for body in one.objects.values():
        body.pop("status", None)
    settle(one, Actor(one, Scope("operators/all")))

    assert one.routes() == sharded
