"""The operator is killed at every call of a rewrite of the shared Secret; at no moment is that anything but whole."""

import base64
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from harness.cluster import Object
from harness.controlplane import ControlPlane
from harness.faults import Crash
from harness.operator import Operator
from harness.profiles import alertmanager, notifications, profile, quiet, secret, secret_data, settled
from harness.proxy import FaultProxy
from harness.secret_versions import Reader
from harness.wait import wait_for
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.receivers import DIRECTORY
from monitoring_operator.alertmanager.whole import whole_problems

SECRET = "/secrets/routes$"
REWRITE = ["get", "patch"]
POINTS = list(itertools.product((1, 2), (False, True)))
"""Moments at which to die: at each of these calls, before it reaches the API server and when its answer is due."""


def source(namespace: str, pagerduty: str) -> Object:
    """The credentials, of which a change is noticed at once."""
    found = secret(namespace, pagerduty=pagerduty, slack="https://hooks.example.com/x")
    found["metadata"]["labels"] = {"monitoring-operator.dev/role": "source"}
    return found


def told(namespace: str, name: str) -> Object:
    """A profile that notifies."""
    return profile(namespace, name, notifications=notifications(namespace), alerts={"enabled": False}, dashboards={"enabled": False})


@dataclass(frozen=True)
class Step:
    """A change, and what the Secret is about after it: profiles with routes, and the credential."""

    change: Callable[[ControlPlane, str], object]
    profiles: frozenset[str]
    credential: str

    @property
    def about(self) -> tuple[frozenset[str], str]:
        """What `held` says of the Secret then."""
        return self.profiles, self.credential


STEPS = (
    Step(lambda cluster, where: cluster.apply(source(where, "ROTATED")), frozenset({"a"}), "ROTATED"),
    Step(lambda cluster, where: cluster.apply(told(where, "b")), frozenset({"a", "b"}), "ROTATED"),
    Step(lambda cluster, where: cluster.kubectl("delete", "monitoringprofile", "a", f"--namespace={where}"), frozenset({"b"}), "ROTATED"),
    Step(lambda cluster, where: cluster.kubectl("delete", "monitoringprofile", "b", f"--namespace={where}"), frozenset(), ""),
)
"""A credential is rotated, a profile comes, one goes, and the last one goes."""


def begin(cluster: ControlPlane, namespace: str) -> Step:
    """One profile, whose routes are written."""
    cluster.apply(alertmanager(namespace), source(namespace, "FIRST"), told(namespace, "a"))
    settled(cluster, namespace, "a", timeout=90)
    return Step(lambda *_: None, frozenset({"a"}), "FIRST")


def held(version: Object) -> tuple[frozenset[str], str]:
    """What a version of the Secret is about: profiles with routes, and the credential. Fails where it is not whole."""
    data = {k: base64.b64decode(v).decode() for k, v in version["data"].items()}
    config = load(data["alertmanager.yaml"])
    assert [] == list(whole_problems(config))
    files = {value.removeprefix(f"{DIRECTORY}/") for value in texts(config) if value.startswith(DIRECTORY)}
    assert files == data.keys() - {"alertmanager.yaml"}
    profiles = frozenset(m["name"].split("/")[1] for m in config["receivers"] if "/" in m["name"])
    routed = frozenset(r["matchers"][1].split('"')[1] for r in config["route"]["routes"])
    assert profiles == routed
    keys = {value for key, value in data.items() if key.endswith("routing_key")}
    assert len(keys) <= 1
    return profiles, "".join(keys)


def texts(value: Any) -> Iterator[str]:
    """Every text anywhere in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def uninterrupted(cluster: ControlPlane, namespace: str, proxy: FaultProxy, operator: Operator) -> list[dict[str, str]]:
    """The Secret's data after each step, in a life without crashes. Fails if a rewrite takes other calls than are died at."""
    begin(cluster, namespace)
    quiet(operator, for_seconds=1.0)
    after = []
    for step in STEPS:
        seen = len(proxy.calls)
        before = secret_data(cluster, namespace)
        step.change(cluster, namespace)
        wait_for(lambda before=before: secret_data(cluster, namespace) != before, what="the rewrite", timeout=90)  # type: ignore[misc]
        quiet(operator, for_seconds=1.0)
        assert [c.verb for c in proxy.calls[seen:] if c.path.endswith(f"/{namespace}/secrets/routes")] == REWRITE
        after.append(secret_data(cluster, namespace))
    return after


@dataclass
class Scene:
    """An operator that dies at a call of its choice and is started again, and a reader of what it writes."""

    cluster: ControlPlane
    proxy: FaultProxy
    start: Callable[..., Operator]
    namespace: str
    reader: Reader
    operator: Operator

    def killed(self, step: Step, *, nth: int, after: bool) -> Object:
        """Makes a change and kills the operator at the nth call of the rewrite; the last version of the Secret until then."""
        with self.proxy.fault(Crash(self.operator.kill, after=after), path=f"/{self.namespace}{SECRET}", nth=nth) as rule:
            step.change(self.cluster, self.namespace)
            wait_for(lambda: rule.hit, what=f"call {nth} of the rewrite", timeout=90)
        wait_for(lambda: self.operator.exit_code is not None, what="it is dead")
        last: Object = self.reader.all()[-1]["object"]
        return last

    def restarted(self, expected: dict[str, str], twin: str) -> None:
        """Starts it again and waits until the Secret is as in the namespace `twin`, and the operator has nothing more to do."""
        self.operator = self.start("mortal")

        def same() -> bool:
            data = secret_data(self.cluster, self.namespace)
            return expected == {k.replace(self.namespace, twin): v.replace(self.namespace, twin) for k, v in data.items()}

        wait_for(same, what="the Secret is as without a crash", timeout=90)
        quiet(self.operator, for_seconds=1.0)
        assert same()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "turn", [pytest.param(turn, id=f"turn {turn}", marks=[pytest.mark.thorough] if turn else []) for turn in range(len(POINTS))]
)
def test_killed_at_a_rewrite_the_secret_is_whole(
    turn: int, proxy: FaultProxy, start_behind_proxy: Callable[..., Operator], cluster: ControlPlane, namespace: str
) -> None:
    """A reader that misses no version sees each profile's routes as they were or as they are to be; in the end all is as without a crash.

    Every turn has each change and each moment once; all turns have every change at every moment.
    """
    operator = start_behind_proxy("mortal")
    expected = uninterrupted(cluster, namespace, proxy, operator)
    points = deque(POINTS)
    points.rotate(turn)
    with cluster.namespace("crash") as other:
        before = begin(cluster, other)
        quiet(operator, for_seconds=1.0)
        with Reader(cluster, other) as reader:
            wait_for(reader.events, what="the reader sees the Secret")
            scene = Scene(cluster, proxy, start_behind_proxy, other, reader, operator)
            for step, (nth, after), data in zip(STEPS, points, expected, strict=True):
                seen = len(reader.all())
                was_written = (nth, after) == POINTS[-1]

                assert held(scene.killed(step, nth=nth, after=after)) == (step if was_written else before).about
                scene.restarted(data, namespace)
                later = reader.all()[seen:]
                assert {"MODIFIED"} == {event["type"] for event in later}
                assert {step.about} == {held(event["object"]) for event in later}
                before = step
