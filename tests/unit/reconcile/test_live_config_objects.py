"""Routes that an AlertmanagerConfig brings are live when every replica runs what prometheus-operator made of it, and not before."""

import asyncio
import copy

import yaml

from harness.fake_monitoring import generated_secret
from harness.live_world import NOTIFY, PROFILE_REF, Scene, alertmanager, scene
from harness.prometheus_operator import merged
from monitoring_operator.api.resources import ALERTMANAGER_CONFIGS

NOBODYS = {"route": {"receiver": "null"}, "receivers": [{"name": "null"}]}


def in_that_mode() -> Scene:
    """A profile that notifies by an object of its own, and an Alertmanager that selects all of them."""
    selecting = alertmanager()
    selecting["spec"] |= {"alertmanagerConfigSelector": {}, "alertmanagerConfigNamespaceSelector": {}}
    return scene(selecting, notifications={**NOTIFY["notifications"], "mode": "AlertmanagerConfig"})


def generate(found: Scene) -> None:
    """prometheus-operator makes the Secret that Alertmanager's pods mount, which they have yet to load."""
    objects = [body for ref, body in found.cluster.objects.items() if ref.resource in ALERTMANAGER_CONFIGS]
    text = yaml.safe_dump(merged(NOBODYS, objects, "OnNamespace")).encode()
    found.cluster.put(generated_secret("monitoring", "main", text))


def load(found: Scene) -> None:
    """Alertmanager loads it."""
    generate(found)
    objects = [body for ref, body in found.cluster.objects.items() if ref.resource in ALERTMANAGER_CONFIGS]
    found.monitoring.config = yaml.safe_dump(merged(NOBODYS, objects, "OnNamespace")).encode()


def test_ready_when_the_receivers_run() -> None:
    """Pending until prometheus-operator has taken the object up, then until Alertmanager has loaded that, then live; nothing flickers."""

    async def play() -> None:
        found = in_that_mode()
        await found.settle()
        found.take_up()
        await found.look(after=1)
        assert ("Unknown", "Pending") == found.condition("RoutesLive")[:2]
        generate(found)
        await found.look(after=1)
        assert "has yet to load" in found.condition("RoutesLive")[2]
        load(found)
        await found.look(after=1)

        assert ("True", "Live") == found.condition("Ready")[:2]
        found.writes()
        found.restart()
        await found.settle()
        assert [] == found.writes()

    asyncio.run(play())


def test_a_change_is_live_only_when_what_came_of_it_runs() -> None:
    """The receivers keep their names: the age of what prometheus-operator made tells the old ones from the new."""

    async def play() -> None:
        found = in_that_mode()
        await found.settle()
        found.take_up()
        load(found)
        await found.look(after=1)
        assert "True" == found.condition("RoutesLive")[0]
        changed = copy.deepcopy(found.cluster.objects[PROFILE_REF])
        changed["spec"]["notifications"]["groupWait"] = "1m"
        changed["metadata"]["generation"] = 2
        found.cluster.put(changed)
        await found.settle()
        assert ("Unknown", "Pending") == found.condition("RoutesLive")[:2]
        load(found)
        await found.look(after=1)

        assert "True" == found.condition("RoutesLive")[0]

    asyncio.run(play())


def test_a_missing_credential_is_said_and_not_waited_for() -> None:
    """Its receiver is left out of the object, whatever Alertmanager runs."""

    async def play() -> None:
        found = in_that_mode()
        found.cluster.objects = {r: b for r, b in found.cluster.objects.items() if r.name != "notify"}
        await found.settle()
        found.take_up()
        load(found)
        await found.look(after=1)

        assert ("False", "SecretMissing") == found.condition("RoutesLive")[:2]

    asyncio.run(play())
