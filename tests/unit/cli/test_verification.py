"""`verify` follows a profile to the last hop: with the operator's own judgement, but without its memory, and without writing."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from harness.fake_cluster import profile_body
from harness.live_world import KEY, NOTIFY, POOL, Scene, live, scene, service
from monitoring_operator.adoption.replicas import Way
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import ALERTMANAGER, PROFILE, PROMETHEUS, SECRET, SERVICE, SERVICE_MONITOR
from monitoring_operator.cli import verification
from monitoring_operator.cli.chain import Chain, chain
from monitoring_operator.cli.inspection import Inspector
from monitoring_operator.cli.running_operator import setup_in
from monitoring_operator.doctor import Finding, Level
from monitoring_operator.reconcile.world import Defaults, Verification
from monitoring_operator.store import ProfileKey

PROFILE_REF = Ref(PROFILE, "shop", "web")
DIRECT = Verification(Way.DIRECT)


def inspector(found: Scene) -> Inspector:
    """The command's eyes in a scene."""
    return Inspector(found.cluster, found.monitoring, Defaults(), DIRECT)


async def followed(found: Scene, only: ProfileKey | None = None) -> list[Chain]:
    """The chains, found without a single write."""
    found.writes()
    chains = [chain(seen) for seen in await inspector(found).look(only)]
    assert [] == found.writes()
    return chains


async def one(found: Scene) -> Chain:
    """The only profile's chain."""
    (only,) = await followed(found)
    return only


def levels(found: Chain, level: Level) -> dict[str, Finding]:
    """Hops at a level, by subject."""
    return {hop.subject: hop for hop in found.hops if hop.level is level}


def test_what_a_profile_asserts_is_no_difference_to_what_was_written() -> None:
    """The Secret holds what is configured; assertions are about it and not in it."""

    async def play() -> None:
        asserting = {**NOTIFY["notifications"], "assertions": [{"labels": {"severity": "info"}, "nobody": True}]}
        found = await one(await live(notifications=asserting))

        assert found.live is True
        assert {"Routes", "RoutesLive"} <= levels(found, Level.GOOD).keys()

    asyncio.run(play())


def test_a_chain_that_holds_has_a_tick_at_every_hop() -> None:
    """From the spec to Alertmanager, in order; a metric that has not come yet is a warning and no break."""

    async def play() -> None:
        found = await one(await live())

        assert found.live is True
        assert ["Spec", "Objects", "Credentials", "Routes", "Selected", "Accepted", "Loaded", "TargetsUp", "RoutesLive"] == [
            hop.subject for hop in found.hops
        ][:9]
        assert {} == levels(found, Level.BAD)
        assert {"MetricsPresent"} >= levels(found, Level.WARNING).keys()
        assert "says Ready=True (Live)." == levels(found, Level.GOOD)["Status"].message

    asyncio.run(play())


BREAKS: dict[str, tuple[Callable[[Scene], object], str, str]] = {
    "invalid spec": (
        lambda s: s.cluster.put(profile_body(generation=2, alerts={"rules": {"CpuHigh": {"for": "x"}}})),
        *("Spec", "spec.alerts.rules.CpuHigh.for"),
    ),
    "object deleted": (
        lambda s: s.cluster.objects.pop(Ref(SERVICE_MONITOR, "shop", "web")),
        "Objects",
        "ServiceMonitor shop/web is not there",
    ),
    "object changed": (
        lambda s: s.cluster.objects[Ref(SERVICE_MONITOR, "shop", "web")]["spec"]["endpoints"][0].update(port="other"),
        *("Objects", "ServiceMonitor shop/web is not as it should be"),
    ),
    "credential gone": (
        lambda s: s.cluster.objects.pop(Ref(SECRET, "shop", "notify")),
        "Credentials",
        "Secret shop/notify has no key slack",
    ),
    "routes gone": (
        lambda s: s.cluster.objects.pop(Ref(SECRET, "monitoring", "routes")),
        "Routes",
        "Secret monitoring/routes is not there",
    ),
    "not selected": (
        lambda s: s.cluster.objects[Ref(PROMETHEUS, "monitoring", "k8s")]["spec"].pop("ruleSelector"),
        *("Selected", "has no ruleSelector"),
    ),
    "rule fails": (lambda s: s.monitoring.failing.update({"ServiceDown": "many-to-many"}), "Loaded", "ServiceDown: many-to-many"),
    "targets down": (lambda s: s.monitoring.targets.update({POOL: [("up", ""), ("down", "HTTP 500")]}), "TargetsUp", "1 of 2 targets"),
    "Service gone": (
        lambda s: (s.monitoring.targets.pop(POOL), s.cluster.objects.pop(Ref(SERVICE, "shop", "web"))),
        *("TargetsUp", "No Service in namespace shop"),
    ),
    "port renamed": (lambda s: (s.monitoring.targets.pop(POOL), s.cluster.put(service("web"))), "TargetsUp", "web has web"),
    "Alertmanager refuses": (
        lambda s: vars(s.monitoring).update(config=b"old", reloaded=False),
        *("RoutesLive", "refuses the new configuration"),
    ),
}


@pytest.mark.parametrize("fault", BREAKS)
def test_the_break_is_found_at_its_hop_at_once(fault: str) -> None:
    """Though the status still says that all is well: it is not what is asked."""
    plant, hop, words = BREAKS[fault]

    async def play() -> None:
        found = await live()
        plant(found)
        broken = await one(found)

        assert broken.live is False
        assert words in levels(broken, Level.BAD)[hop].message

    asyncio.run(play())


def test_a_disagreement_with_the_status_is_said() -> None:
    """The operator may not run, or be behind: whoever asks must not have to compare by himself."""

    async def play() -> None:
        found = await live()
        found.monitoring.targets[POOL] = [("down", "HTTP 500")]
        body = found.cluster.objects[PROFILE_REF]
        body["metadata"]["generation"] = 2
        broken = await one(found)
        said = [hop.message for hop in broken.hops if hop.subject == "Status"]

        assert "is about generation 1, and the profile is at 2." in said
        assert "says TargetsUp=True (TargetsUp), and False was found now." in said

    asyncio.run(play())


def test_replicas_that_do_not_agree_are_named() -> None:
    """One is behind, one does not answer: each with what it says; where all say the same there is nothing to add."""

    async def play() -> None:
        found = await live()
        found.cluster.objects[Ref(PROMETHEUS, "monitoring", "k8s")]["spec"]["replicas"] = 3
        agreeing = await one(found)
        found.monitoring.silent.add("prometheus-k8s-1")
        found.monitoring.behind.add("prometheus-k8s-2")
        differing = await one(found)
        told = [hop.message for hop in differing.hops if hop.subject == "Loaded"]

        assert ["Loaded"] == [hop.subject for hop in agreeing.hops if hop.subject == "Loaded"]
        assert told[1].startswith("Prometheus monitoring/prometheus-k8s-0: 21 alerts in 1 PrometheusRule")
        assert told[2].startswith("Prometheus monitoring/prometheus-k8s-1: Prometheus monitoring/prometheus-k8s-1 does not answer")
        assert told[3].startswith("Prometheus monitoring/prometheus-k8s-2: ")
        assert "PrometheusRule shop/web-alerts" in told[3]

    asyncio.run(play())


def test_replicas_of_alertmanager_that_do_not_agree_are_named() -> None:
    """The one that does not answer, and the one that runs the routes."""

    async def play() -> None:
        found = await live(routes=True)
        found.cluster.objects[Ref(ALERTMANAGER, "monitoring", "main")]["spec"]["replicas"] = 2
        found.monitoring.silent.add("alertmanager-main-1")
        differing = await one(found)
        told = [(hop.level, hop.message.partition(":")[0]) for hop in differing.hops if hop.subject == "RoutesLive"]

        assert [
            (Level.GOOD, "Alertmanager monitoring/alertmanager-main-0"),
            (Level.WARNING, "Alertmanager monitoring/alertmanager-main-1"),
        ] == told[1:]

    asyncio.run(play())


def test_who_does_not_answer_leaves_it_open() -> None:
    """Not found out is neither live nor broken: exit code 2."""

    async def play() -> None:
        found = await live()
        found.monitoring.silent.add("prometheus-k8s-0")
        open_ = await one(found)

        assert open_.live is None
        assert "does not answer" in levels(open_, Level.WARNING)["Loaded"].message

    asyncio.run(play())


def test_what_is_being_taken_up_is_not_live_yet() -> None:
    """Nothing has been loaded so far, and nobody has failed."""

    async def play() -> None:
        found = scene()
        await found.settle()
        found.cluster.objects[PROFILE_REF]["metadata"]["creationTimestamp"] = "2999-01-01T00:00:00Z"
        pending = await one(found)

        assert pending.live is False
        assert "has yet to load" in levels(pending, Level.WARNING)["Loaded"].message

    asyncio.run(play())


def test_a_profile_that_no_operator_has_seen_says_so() -> None:
    """No objects and no status."""

    async def play() -> None:
        found = await one(scene())

        assert {"Objects", "Status"} <= levels(found, Level.BAD).keys()
        assert "the operator has not seen the profile" in levels(found, Level.BAD)["Status"].message

    asyncio.run(play())


def test_without_any_prometheus_nothing_is_claimed() -> None:
    """The objects are there, and that is all that can be known."""

    async def play() -> None:
        found = await live(prometheus={"labels": {"release": "kps"}})
        found.cluster.objects.pop(Ref(PROMETHEUS, "monitoring", "k8s"))
        open_ = await one(found)

        assert open_.live is None
        assert {"Prometheus"} <= levels(open_, Level.WARNING).keys()

    asyncio.run(play())


def test_one_profile_or_all() -> None:
    """Each has a chain of its own; of one that is asked for nothing else is shown."""

    async def play() -> None:
        found = await live(profile_body("shop", "other"))

        assert ["other", "web"] == [c.name for c in await followed(found)]
        assert ["web"] == [c.name for c in await followed(found, KEY)]
        assert [] == await followed(found, ProfileKey("shop", "nobody"))

    asyncio.run(play())


def wanted(**options: Any) -> verification.Request:
    """A request for everything."""
    given = {"only": None, "defaults": Defaults(), "verification": DIRECT, "wait": False, "timeout": 30.0, "output": "text"}
    return verification.Request(**(given | options))


def test_waiting_ends_when_everything_is_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks again and again, and returns as soon as the last hop holds."""
    monkeypatch.setattr(verification, "PAUSE", 0.01)

    async def play() -> None:
        found = await live()
        found.monitoring.silent.add("prometheus-k8s-0")
        asyncio.get_running_loop().call_later(0.1, found.monitoring.silent.clear)
        (chain_,) = await verification.look(inspector(found), wanted(wait=True))

        assert chain_.live is True

    asyncio.run(play())


def test_waiting_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen last is what is reported."""
    monkeypatch.setattr(verification, "PAUSE", 0.01)

    async def play() -> None:
        found = await live()
        found.monitoring.targets[POOL] = [("down", "HTTP 500")]
        (chain_,) = await verification.look(inspector(found), wanted(wait=True, timeout=1.0))

        assert chain_.live is False

    asyncio.run(play())


@pytest.mark.parametrize(("lives", "code"), [([True], 0), ([True, False], 1), ([None, True], 2), ([None, False], 1), ([], 0)], ids=str)
def test_the_exit_code_is_that_of_the_worst(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lives: list[bool | None], code: int
) -> None:
    """A break outweighs what could not be found out."""

    async def found(*_: object) -> list[Chain]:
        return [Chain("shop", f"p{n}", (Finding(Level.GOOD, "Spec", "is valid."),), live_) for n, live_ in enumerate(lives)]

    monkeypatch.setattr(verification, "_look", found)

    assert code == verification.verify_profiles(wanted(), kubeconfig=None, context=None)
    assert [f"shop/p{n}" for n in range(len(lives))] == [line for line in capsys.readouterr().out.splitlines() if line.startswith("shop/")]


def test_the_operators_own_settings_are_taken_from_its_deployment() -> None:
    """What it writes follows from them; a Deployment of something else is passed over."""

    def deployment(image: str, *args: str) -> dict[str, Any]:
        return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image, "args": list(args)}]}}}}

    options = (
        "run",
        "--prometheus-label=release=kps",
        "--prometheus-label=team=a",
        "--grafana-url=https://g.example.com?a=b",
        "--leader-elect",
    )
    setup = setup_in([deployment("nginx", "run"), deployment("localhost:5000/monitoring-operator:1@sha256:0", *options)])

    assert setup is not None
    assert {"release": "kps", "team": "a"} == setup.labels()
    assert ("https://g.example.com?a=b", "") == (setup.one("grafana-url"), setup.one("runbook-base-url"))
    assert setup_in([deployment("monitoring-operator", "--help")]) is None
