"""Whatever becomes of profiles, and in whatever order: nobody's alerts go to anybody else, and nobody's mistake is anybody else's."""

import asyncio
import base64
import copy
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import tools
from harness.fake_cluster import FakeCluster, profile_body
from harness.fake_world import FakeWorld, drain, world_of
from harness.notifications import ref, sections, slack
from harness.profiles import alertmanager
from harness.shared_routes import ROUTES
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.routing import decide
from monitoring_operator.alertmanager.validate import LONGEST_CREDENTIAL
from monitoring_operator.handlers import feeds
from monitoring_operator.reconcile.resync import resync
from monitoring_operator.store import ProfileKey, profile_ref

# Names that begin alike, in namespaces that do.
KEYS = [ProfileKey(namespace, name) for namespace in ("a", "a-b") for name in ("x", "x.y")]
RESIDENT = ProfileKey("b", "x")
SEVERITIES = ("critical", "warning", "info")
TENANTS = ("", "acme", "{{ a/x }}")
QUICK: dict[str, Any] = {"alerts": {"enabled": False}, "dashboards": {"enabled": False}}
FALLBACK = "null"
THROUGH: dict[str, Any] = {"alertmanager": {"namespace": "monitoring", "name": "main"}}

Spec = dict[str, Any]


def source(namespace: str, name: str) -> dict[str, Any]:
    """What random receivers refer to. Of the three keys one is not there."""
    values = {"k1": "one", "k2": "two", "giant": "x" * (LONGEST_CREDENTIAL + 1), "slack": "https://hooks.example.com/x"}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "data": data}


@st.composite
def good(draw: st.DrawFn) -> Spec:
    """A valid spec, with notifications or without."""
    if draw(st.integers(0, 5)) == 0:
        return dict(QUICK)
    return {**QUICK, "notifications": {**THROUGH, **draw(sections())}}


MISTAKES: Mapping[str, dict[str, Any]] = {
    "a section of the profile": {"alerts": {"extra": [{"alert": "A", "expr": "1 +", "severity": "warning", "summary": "A."}]}},
    "a duration": {"notifications": {"groupWait": "soon"}},
    "a receiver": {"notifications": {"critical": [{"slack": {"channel": "#a"}}]}},
    "a part that cannot be merged": {"notifications": {"warning": [{"webhook": {"urlFrom": ref("giant")}}]}},
    "an assertion": {"notifications": {"assertions": [{"labels": {"severity": "info"}, "receivers": ["critical"]}]}},
    "no such Alertmanager": {"notifications": {"alertmanager": {"namespace": "monitoring", "name": "nobody"}}},
}
"""What makes any spec one that cannot be taken, by what is wrong with it."""


def broken(mistake: str) -> Spec:
    """A spec with one mistake."""
    base: Spec = {**QUICK, "notifications": {**THROUGH, "warning": [slack()]}}
    wrong = MISTAKES[mistake]
    return {**base, **wrong, "notifications": {**base["notifications"], **wrong.get("notifications", {})}}


@dataclass
class History:
    """An operator, what it is served, and what each profile last said that could be taken."""

    cluster: FakeCluster
    world: FakeWorld
    taken: dict[ProfileKey, Spec] = field(default_factory=dict)
    versions: int = 1
    written: set[str] = field(default_factory=set)

    def put(self, key: ProfileKey, spec: Spec) -> None:
        """Creates the profile or changes it."""
        self.versions += 1
        body = profile_body(key.namespace, key.name, generation=self.versions, **copy.deepcopy(spec))
        body["metadata"]["uid"] += f"-{self.versions}"
        known = profile_ref(key) in self.cluster.objects
        if known:
            body["status"] = self.cluster.objects[profile_ref(key)].get("status", {})
        feeds.on_profile(self.world, "MODIFIED" if known else "ADDED", self.cluster.put(body))
        self.settle()

    def delete(self, key: ProfileKey) -> None:
        """Deletes the profile, if it is there."""
        body = self.cluster.objects.pop(profile_ref(key), None)
        if body is not None:
            feeds.on_profile(self.world, "DELETED", body)
            self.settle()

    def restart(self) -> None:
        """Another operator takes over, which knows nothing of what was."""
        self.world = world_of(self.cluster)
        asyncio.run(resync(self.world))
        self.settle()

    def settle(self) -> None:
        """The operator works until nothing is left to do."""
        asyncio.run(drain(self.world))
        self.written.add(self.data["alertmanager.yaml"])

    @property
    def data(self) -> dict[str, str]:
        """The shared Secret, decoded."""
        return {key: base64.b64decode(value).decode() for key, value in self.cluster.objects[ROUTES]["data"].items()}

    def statuses(self, without: ProfileKey) -> dict[ProfileKey, Any]:
        """What all profiles but one are told."""
        bodies = {key: self.cluster.objects.get(profile_ref(key)) for key in (RESIDENT, *KEYS) if key != without}
        return {key: body.get("status") for key, body in bodies.items() if body is not None}


def begin() -> History:
    """An operator with one profile, to which nothing happens."""
    resident = profile_body(RESIDENT.namespace, RESIDENT.name, notifications={**THROUGH, "warning": [slack()]}, **QUICK)
    sources = (source(key.namespace, secret) for key in (RESIDENT, *KEYS) for secret in ("s1", "s2", "notify"))
    cluster = FakeCluster(alertmanager("monitoring"), resident, *sources)
    history = History(cluster, world_of(cluster))
    history.restart()
    return history


def act(history: History, key: ProfileKey, what: Any) -> None:
    """One thing that happens; where that is a mistake, nothing but the profile's own status may tell of it."""
    if what == "restart":
        before = history.data
        history.restart()
        assert before == history.data
    elif what == "delete":
        history.delete(key)
        history.taken.pop(key, None)
    elif isinstance(what, str):
        before, others = history.data, history.statuses(key)
        history.put(key, broken(what))
        assert before == history.data
        assert others == history.statuses(key)
        status = history.cluster.objects[profile_ref(key)]["status"]
        assert "False" == next(c["status"] for c in status["conditions"] if c["type"] == "Ready")
    else:
        history.put(key, what)
        history.taken[key] = what


def check_routing(config: Mapping[str, Any]) -> None:
    """An alert goes to its own profile's receiver of its severity, a critical one without that to the warnings', else to the fallback."""
    there = {r["name"] for r in config["receivers"]}
    for key in (RESIDENT, *KEYS):
        own = {severity: name for severity in SEVERITIES if (name := f"{key.namespace}/{key.name}/{severity}") in there}
        for severity in SEVERITIES:
            told = own.get(severity) or (own.get("warning") if severity == "critical" else None) or FALLBACK
            for tenant in TENANTS:
                labels = {"namespace": key.namespace, "profile": key.name, "severity": severity, "tenant_id": tenant}
                assert [told] == [decision.receiver for decision in decide(config, labels)], labels


HAPPENINGS = st.tuples(st.sampled_from(KEYS), good() | st.sampled_from(sorted(MISTAKES)) | st.sampled_from(["delete", "restart"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(HAPPENINGS, min_size=1, max_size=10))
def test_any_history_ends_in_the_same_routes(tmp_path: Path, happenings: list[tuple[ProfileKey, Any]]) -> None:
    """Alertmanager takes every configuration on the way; the last is, byte for byte, that of one who meets only what was taken."""
    history = begin()
    for key, what in happenings:
        act(history, key, what)
    direct = begin()
    for key in sorted(history.taken, reverse=True):
        direct.put(key, history.taken[key])

    assert direct.data == history.data
    check_routing(load(history.data["alertmanager.yaml"]))
    files = [tmp_path / f"{index}.yaml" for index in range(len(history.written))]
    for file, config in zip(files, sorted(history.written), strict=True):
        file.write_text(config)
    answer = subprocess.run([tools.find("amtool"), "check-config", *files], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
