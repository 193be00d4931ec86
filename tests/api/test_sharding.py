"""Shards and an assembler as processes, with the chart's rights: the same routes as of one operator, whoever dies and whatever moves."""

import json
import subprocess
import sys

import pytest
import yaml

from harness.cluster import Object
from harness.operator import CHART
from harness.profiles import child, condition, get, quiet, secret, secret_data, settled
from harness.secret_versions import Reader
from harness.teams import Scene
from harness.wait import wait_for
from monitoring_operator.alertmanager.secret import routed

NAME = "monitoring-operator.dev/assembled-by"


def routes_of(version: Object) -> set[str]:
    """Namespaces of the profiles that a version of the Secret has routes of."""
    return {namespace for namespace, _ in routed(version)}


@pytest.mark.timeout(300)
def test_from_one_operator_to_shards_a_move_and_deaths(scene: Scene) -> None:
    """No version of the Secret lacks a route, and no child is made anew: on the way to shards, while a profile moves, over SIGKILLs."""
    cluster, (a, b) = scene.cluster, (scene.teams["a"], scene.teams["b"])
    one = scene.start("all", f"--namespace={a}", f"--namespace={b}", f"--namespace={scene.monitoring}")
    for team in ("a", "b"):
        scene.apply(team)
        scene.settled(team)
    wait_for(lambda: scene.receivers() == {"a/web", "b/web"}, what="one operator's routes")
    alone, uid = secret_data(cluster, scene.monitoring), child(cluster, "servicemonitors", "web", a)["metadata"]["uid"]
    one.stop()
    with Reader(cluster, scene.monitoring) as reader:
        wait_for(reader.events, what="the reader sees the Secret")
        assembler, shard_a, shard_b = scene.assembler(), scene.shard("a"), scene.shard("b")

        def of_shards() -> bool:
            found = [child(cluster, "servicemonitors", "web", n)["metadata"]["labels"]["monitoring-operator.dev/role"] for n in (a, b)]
            annotations = cluster.find("secrets", "routes", scene.monitoring)["metadata"]["annotations"]  # type: ignore[index]
            return found == ["child.a", "child.b"] and {"a", "b"} == json.loads(annotations["monitoring-operator.dev/fragments"]).keys()

        wait_for(of_shards, what="the shards have everything")
        assert alone == secret_data(cluster, scene.monitoring)

        cluster.kubectl("label", "monitoringprofile", "web", f"--namespace={a}", f"team={scene.label('b')}", "--overwrite")
        wait_for(lambda: get(cluster, a)["status"]["shard"]["name"] == "b", what="the other shard has the profile")
        wait_for(
            lambda: child(cluster, "servicemonitors", "web", a)["metadata"]["labels"]["monitoring-operator.dev/role"] == "child.b",
            what="and its children",
        )
        settled(cluster, a)
        assert alone == secret_data(cluster, scene.monitoring)
        assert uid == child(cluster, "servicemonitors", "web", a)["metadata"]["uid"]

        shard_b.kill()
        assembler.kill()
        scene.apply("a", "late")
        quiet(shard_a)
        assert scene.receivers() == {"a/web", "b/web"}
        assembler = scene.assembler()
        wait_for(lambda: scene.receivers() == {"a/web", "b/web", "a/late"}, what="a dead shard's routes stay, a living one's come")
        scene.settled("a", "late")
        cluster.kubectl("delete", "monitoringprofile", "web", f"--namespace={b}")
        scene.shard("b")
        wait_for(lambda: scene.receivers() == {"a/web", "a/late"}, what="what went meanwhile is gone")
        kept = [routes_of(event["object"]) for event in reader.all()]

    assert all(a in found for found in kept)
    assert {"ADDED", "MODIFIED"} >= {event["type"] for event in reader.events()}
    assert uid == child(cluster, "servicemonitors", "web", a)["metadata"]["uid"]


@pytest.mark.timeout(180)
def test_two_shards_that_select_one_profile_do_not_flap(scene: Scene) -> None:
    """The second one asks, is answered, says so in an Event, and then both have nothing to do."""
    cluster, a = scene.cluster, scene.teams["a"]
    scene.apply("a")
    scene.assembler()
    first = scene.shard("a")
    scene.settled("a")
    second = scene.shard("x", selector=f"team in ({scene.label('a')},other)")

    def told() -> bool:
        return any(e["reason"] == "ShardOverlap" for e in cluster.list("events", a))

    wait_for(told, what="the overlap is told")
    wait_for(lambda: {"name", "selector"} == get(cluster, a)["status"]["shard"].keys(), what="the first one has answered")
    for operator in (first, second):
        quiet(operator)
    position = cluster.audit_position()
    quiet(second, for_seconds=3.0)

    patches = [e["requestURI"] for e in cluster.audit_events(after=position) if e["verb"] in ("patch", "delete")]
    file = scene.folder / "profile.yaml"
    file.write_text(yaml.safe_dump(scene.profile("a")))
    command = [sys.executable, "-m", "monitoring_operator", "diff", str(file), f"--kubeconfig={cluster.kubeconfig}"]
    compared = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert (0, "") == (compared.returncode, compared.stdout), "a shard's children and routes are as they should be"
    assert get(cluster, a)["status"]["shard"]["name"] == "a"
    assert child(cluster, "servicemonitors", "web", a)["metadata"]["labels"]["monitoring-operator.dev/role"] == "child.a"
    assert [] == [path for path in patches if f"/{a}/" in path]


@pytest.mark.timeout(180)
def test_a_foreign_operator_leaves_the_secret_alone_until_it_may_take_over(scene: Scene) -> None:
    """Its profile says whose it is; once the other is gone and its name is taken away, it writes, and keeps the routes that are there."""
    cluster, where = scene.cluster, scene.monitoring
    for team in ("a", "b"):
        scene.apply(team)
    first = scene.start("old", f"--namespace={scene.teams['a']}", f"--namespace={where}")
    scene.settled("a")
    before = secret_data(cluster, where)
    second = scene.start("new", f"--namespace={scene.teams['b']}", f"--namespace={where}")
    refused = scene.settled("b", ready="False", reason="AlertmanagerSecretTaken")
    assert "operators/old" in condition(refused, "RoutesLive")["message"]
    assert before == secret_data(cluster, where)
    cluster.kubectl("annotate", "secret", "routes", f"--namespace={where}", f"{NAME}-")

    def name() -> str:
        found = cluster.find("secrets", "routes", where)
        return str(((found or {}).get("metadata", {}).get("annotations") or {}).get(NAME, ""))

    wait_for(lambda: name() == "operators/old", what="the living one has put its name back", timeout=10)
    first.kill()
    quiet(second)
    cluster.kubectl("annotate", "secret", "routes", f"--namespace={where}", f"{NAME}-")
    wait_for(lambda: name() == "operators/new", what="the new one takes over", timeout=90)

    assert scene.receivers() == {"a/web", "b/web"}
    scene.settled("b")


@pytest.mark.timeout(180)
def test_the_assembler_uses_every_right_and_lacks_none(scene: Scene) -> None:
    """It writes the Secret for a shard's profile, looks where a profile went, and says what is wrong with a base."""
    cluster, where = scene.cluster, scene.monitoring
    start = cluster.audit_position()
    cluster.apply(secret(where, "base", **{"alertmanager.yaml": "not: {a: configuration}"}))
    scene.start("all", "--assemble", f"--namespace={where}", f"--base-config={where}/main=base", account=scene.assembler_account)
    shard = scene.shard("a")
    scene.apply("a")
    quiet(shard)
    cluster.apply(secret(where, "base", **{"alertmanager.yaml": "route: {receiver: x}\nreceivers: [{name: x}]"}))
    cluster.kubectl("label", "secret", "base", f"--namespace={where}", "monitoring-operator.dev/role=source", "--overwrite")
    wait_for(lambda: scene.receivers() == {"a/web"}, what="the routes", timeout=90)
    cluster.kubectl("delete", "monitoringprofile", "web", f"--namespace={scene.teams['a']}")
    wait_for(lambda: scene.receivers() == set(), what="they are gone")

    written = yaml.safe_load((CHART / "files" / "rbac-rules.yaml").read_text())
    rules = [*written["assembling"], *written["everywhere"]]
    granted = {(r, v) for rule in rules for r in rule["resources"] for v in rule["verbs"]}
    events = [e for e in cluster.audit_events(after=start) if e["user"]["username"] == scene.assembler_user and "objectRef" in e]
    used = {(e["objectRef"]["resource"], e["verb"]) for e in events}
    used |= {(e["objectRef"]["resource"], "create") for e in events if e["verb"] == "patch" and e["responseStatus"]["code"] == 201}

    assert [] == [e["requestURI"] for e in events if e["responseStatus"]["code"] in (401, 403)]
    assert granted == used
