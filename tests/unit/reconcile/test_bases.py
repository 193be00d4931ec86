"""The user's own configuration in the shared Secret: merged, kept when it breaks or vanishes, and quiet about its content."""

import asyncio
import base64
import dataclasses
import logging
from typing import Any

import pytest
import yaml

from harness.bases import ALERTS, CONFIG
from harness.fake_cluster import FakeCluster
from harness.fake_world import FakeWorld, drain, world_of
from harness.profiles import alertmanager
from harness.shared_routes import ROUTES, credentials, receivers, with_routes
from monitoring_operator.alertmanager.routing import route
from monitoring_operator.handlers import feeds
from monitoring_operator.reconcile.resync import poll_sources, resync
from monitoring_operator.store import secret_ref

BASE = secret_ref("monitoring", "base")


def base(text: str = CONFIG, **files: str) -> dict[str, Any]:
    """The Secret with the user's configuration."""
    data = {k: base64.b64encode(v.encode()).decode() for k, v in {"alertmanager.yaml": text, **files}.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "base", "namespace": "monitoring"}, "data": data}


def started(cluster: FakeCluster) -> FakeWorld:
    """An operator that is told of the base, at rest."""
    world = world_of(cluster)
    world.defaults = dataclasses.replace(world.defaults, bases={("monitoring", "main"): "base"})
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    return world


def looked_at(world: FakeWorld) -> None:
    """A minute later."""
    asyncio.run(poll_sources(world))
    asyncio.run(drain(world))


def config(cluster: FakeCluster) -> str:
    """What Alertmanager reads."""
    return base64.b64decode(cluster.objects[ROUTES]["data"]["alertmanager.yaml"]).decode()


def keeps_working(cluster: FakeCluster) -> bool:
    """Whether the base's routes lead where they always have."""
    return all(route(config(cluster), labels) == route(CONFIG, labels) for labels in ALERTS)


def verdict(cluster: FakeCluster, namespace: str) -> tuple[str, str]:
    """Reason and message of a profile's RoutesLive."""
    status = next(o for r, o in cluster.objects.items() if r.name == "web" and r.namespace == namespace and "status" in o)["status"]
    found = next(c for c in status["conditions"] if c["type"] == "RoutesLive")
    return found["reason"], found["message"]


def test_a_base_is_merged_and_its_changes_are() -> None:
    """With its templates; a change that no watch tells of is found at the next look, and the base itself is never written."""
    cluster = FakeCluster(alertmanager("monitoring"), base(**{"x.tmpl": "text"}), with_routes("a"), credentials("a"))
    world = started(cluster)
    assert keeps_working(cluster)
    assert receivers(cluster) == {"a/web"}
    assert "x.tmpl" in cluster.objects[ROUTES]["data"]
    cluster.put(base(CONFIG.replace("name: dba", "name: dbas").replace("receiver: dba", "receiver: dbas")))
    looked_at(world)

    assert "dbas" in {r["name"] for r in yaml.safe_load(config(cluster))["receivers"]}
    assert "x.tmpl" not in cluster.objects[ROUTES]["data"]
    assert [w for w in cluster.writes() if str(BASE) in w] == []
    assert world.journal.bases == {"monitoring/main": True}


@pytest.mark.parametrize("how", ["broken", "gone", "refused", "clash"])
@pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
def test_a_base_that_breaks_leaves_the_last_good_one(how: str, restart: bool, caplog: pytest.LogCaptureFixture) -> None:  # noqa: FBT001
    """Its routes stay, profiles go on being merged, and a metric, one Event and one line of the log say what is wrong: no value of it."""
    cluster = FakeCluster(alertmanager("monitoring"), base(), with_routes("a"), credentials("a"))
    world = started(cluster)
    if how == "gone":
        del cluster.objects[BASE]
    else:
        clash = "route: {receiver: a/web/warning}\nreceivers: [{name: a/web/warning}]"
        refused = CONFIG.replace("- name: watchdog\n", "- name: watchdog\n  labels: {x: PLANTED}\n")
        cluster.put(base({"broken": "a: [PLANTED", "refused": refused, "clash": clash}[how]))
    if restart and how == "clash":
        return  # nothing is known of what was live; then it is the profile that gives way
    cluster.put(with_routes("b"))
    cluster.put(credentials("b"))
    caplog.set_level(logging.INFO)
    cluster.calls.clear()
    if restart:
        world = started(cluster)
    else:
        asyncio.run(resync(world))
    for _ in range(3):
        looked_at(world)

    assert keeps_working(cluster)
    assert receivers(cluster) == {"a/web", "b/web"}
    assert world.journal.bases == {"monitoring/main": False}
    assert cluster.calls.count("create Event BaseConfigInvalid") == 1
    assert len([r for r in caplog.records if "The last good one stays" in r.getMessage()]) == 1
    assert "PLANTED" not in caplog.text
    cluster.put(base())
    looked_at(world)
    assert world.journal.bases == {"monitoring/main": True}
    assert cluster.calls.count("create Event BaseConfigMerged") == 1


def test_without_any_good_base_nothing_is_written() -> None:
    """A Secret without the user's routes would take them away the moment Alertmanager reads it; the profiles say what is missing."""
    cluster = FakeCluster(alertmanager("monitoring"), base("a: ["), with_routes("a"), credentials("a"))
    world = started(cluster)
    assert ROUTES not in cluster.objects
    reason, message = verdict(cluster, "a")
    assert reason == "Rejected"
    assert "Secret monitoring/base cannot be merged: alertmanager.yaml: is not YAML" in message
    cluster.put(base())
    looked_at(world)
    asyncio.run(resync(world))
    asyncio.run(drain(world))

    assert keeps_working(cluster)
    assert verdict(cluster, "a")[0] == "NotVerified"


def test_a_secret_that_has_no_base_yet_is_kept_up_while_the_first_one_is_bad() -> None:
    """What is live has no routes of the user's to lose."""
    cluster = FakeCluster(alertmanager("monitoring"), with_routes("a"), credentials("a"))
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    cluster.put(with_routes("b"))
    cluster.put(credentials("b"))
    world = started(cluster)

    assert receivers(cluster) == {"a/web", "b/web"}
    assert world.journal.bases == {"monitoring/main": False}


def test_the_secret_itself_is_no_base() -> None:
    """It would grow by itself with every write."""
    cluster = FakeCluster(alertmanager("monitoring", "base"), base(), with_routes("a"), credentials("a"))
    started(cluster)
    assert "is the Secret that the operator writes" in verdict(cluster, "a")[1]


def test_a_profile_whose_name_the_base_has_taken_harms_itself_alone() -> None:
    """The base was there first: that one profile's part is left out, its status says why, all else goes on."""
    text = CONFIG.replace("- name: dba\n", "- name: b/web/warning\n").replace("receiver: dba", "receiver: b/web/warning")
    cluster = FakeCluster(alertmanager("monitoring"), base(text), with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    started(cluster)

    names = [r["name"] for r in yaml.safe_load(config(cluster))["receivers"]]
    assert names.count("b/web/warning") == 1
    assert "a/web/critical" in names
    assert verdict(cluster, "a")[0] == "NotVerified"
    assert verdict(cluster, "b") == (
        "Rejected",
        "The notifications cannot be merged: receivers of the base configuration has b/web/warning already. What was merged before stays.",
    )


def test_an_assertion_that_the_base_breaks_harms_one_profile_alone() -> None:
    """Info alerts end at the base's first receiver: who asserted that nobody hears of them keeps the live routes and learns why."""
    cluster = FakeCluster(alertmanager("monitoring"), base(), with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    world = started(cluster)
    before = config(cluster)
    changed = with_routes("b")
    changed["metadata"]["generation"] = 2
    changed["spec"]["notifications"] |= {"groupWait": "1s", "assertions": [{"labels": {"severity": "info"}, "nobody": True}]}
    feeds.on_profile(world, "MODIFIED", cluster.put(changed))
    asyncio.run(drain(world))

    assert before == config(cluster)
    assert verdict(cluster, "a")[0] == "NotVerified"
    reason, message = verdict(cluster, "b")
    assert reason == "Rejected"
    assert 'expected nobody to be told of {severity="info"}; it would be Slack #platform of platform' in message


def test_what_an_old_alertmanager_lacks_harms_one_profile_alone() -> None:
    """Its last good part stays; a newer Alertmanager takes the new one."""
    old = alertmanager("monitoring")
    old["spec"]["version"] = "v0.27.0"
    cluster = FakeCluster(old, with_routes("a"), credentials("a"), with_routes("b"), credentials("b"))
    world = world_of(cluster)
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    before = config(cluster)
    teams = with_routes("a")
    teams["metadata"]["generation"] = 2
    teams["spec"]["notifications"]["warning"] = [{"msTeams": {"webhookUrl": {"secretKeyRef": {"name": "notify", "key": "slack"}}}}]
    cluster.put(teams)
    asyncio.run(resync(world))
    asyncio.run(drain(world))

    assert config(cluster) == before
    assert "msteamsv2_configs: needs Alertmanager 0.28; 0.27 is there" in verdict(cluster, "a")[1]
    assert verdict(cluster, "b")[0] == "NotVerified"
    cluster.put(alertmanager("monitoring"))
    asyncio.run(resync(world))
    asyncio.run(drain(world))
    assert "msteamsv2_configs" in config(cluster)
    assert verdict(cluster, "a")[0] == "NotVerified"
