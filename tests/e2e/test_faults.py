"""Each fault that used to be silent is named in status within thirty seconds, and gone within thirty of its mend.

How soon is printed, and stands in docs/performance.md. Of no fault does the naming wait for a kubelet: what a pod mounts is not looked at
before it has been read anew, and until then the reason is that it is waited for. Prometheus has mended once its pod is ready again.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from e2e.faulty import Faulty, reason, service
from harness.cluster import Cluster, Object
from harness.profiles import condition
from harness.stack import Monitoring
from harness.wait import wait_for

pytestmark = pytest.mark.e2e

NAMED = 30.0
"""Seconds after the API server has taken it within which a fault stands in status, and after its mend no longer does."""
TAKEN_UP = 300.0
"""Seconds that the kubelet, the reloaders and prometheus-operator may take together."""
EXCLUDED = "e2e-excluded"
SOURCE = {"monitoring-operator.dev/role": "source"}

# prometheus-operator's parser knows the function, and refuses it because it is experimental; ours takes it.
UNCLOSED = {"alert": "Odd", "expr": "up == 0\n  or (up > 1", "severity": "warning", "summary": "Odd."}
EXPERIMENTAL = {"alert": "Odd", "expr": "mad_over_time(up[5m]) > 1", "severity": "warning", "summary": "Odd."}


@pytest.fixture(scope="module")
def faulty(cluster: Cluster, installed: str, monitoring: Monitoring) -> Iterator[Faulty]:
    """Live profiles, and a Prometheus that passes over namespaces with a label."""
    with cluster.namespace("e2e-faults") as name:
        found = Faulty(cluster, name)
        names = ("label", "port", "service", "failing", "syntax", "promql", "title", "copy", "routed")
        found.start(*names)
        cluster.apply(_credentials(name), _board(name, "a.json"), _board(name, "b.json"))
        found.patch("routed", _notifications())
        found.patch("title", _dashboards("a.json"))
        found.patch("copy", _dashboards("a.json"))
        with _namespaces_can_be_excluded(cluster, monitoring), cluster.namespace("e2e-passed-over") as other:
            apart = Faulty(cluster, other)
            apart.start("namespace")
            for faults, profile in (*((found, n) for n in names), (apart, "namespace")):
                faults.wait_until_live(profile, timeout=TAKEN_UP)
            found.apart = apart
            yield found


def test_faults_at_once(faulty: Faulty) -> None:
    """Each is named with its own reason while the others are there too, and all are gone once they are mended."""
    cluster, namespace, apart = faulty.cluster, faulty.namespace, faulty.apart
    assert apart is not None
    faults: dict[str, tuple[Faulty, Callable[[], object], Callable[[], object], str, str]] = {
        "label": (
            faulty,
            lambda: faulty.patch("label", {"prometheus": {"labels": {"release": "wrong"}}}),
            lambda: faulty.patch("label", {"prometheus": {"labels": {"release": "monitoring"}}}),
            *("NotSelected", "release=monitoring"),
        ),
        "port": (
            faulty,
            lambda: faulty.patch("port", _scrape(faulty, "port", port="metrics")),
            lambda: faulty.patch("port", _scrape(faulty, "port", port="http")),
            *("PortNotFound", "port has http"),
        ),
        "service": (
            faulty,
            lambda: cluster.kubectl("delete", "service", "service", f"--namespace={namespace}"),
            lambda: cluster.apply(service(namespace, "service")),
            *("ServiceMissing", "app=service"),
        ),
        "failing": (
            faulty,
            lambda: faulty.tell("break", "failing"),
            lambda: faulty.tell("mend", "failing"),
            *("TargetsDown", "HTTP status 500"),
        ),
        "syntax": (
            faulty,
            lambda: faulty.patch("syntax", {"alerts": {"extra": [UNCLOSED]}}),
            lambda: faulty.patch("syntax", {"alerts": {"extra": []}}),
            *("InvalidSpec", "spec.alerts.extra[0].expr: is not PromQL: unclosed left parenthesis (alert Odd, line 2, column 6, at '(')"),
        ),
        "promql": (
            faulty,
            lambda: faulty.patch("promql", {"alerts": {"extra": [EXPERIMENTAL]}}),
            lambda: faulty.patch("promql", {"alerts": {"extra": []}}),
            *("NotAccepted", "spec.alerts.extra[0].expr: the alert Odd calls mad_over_time (line 1, column 1"),
        ),
        "title": (
            faulty,
            lambda: cluster.apply(_same_title(faulty)),
            lambda: cluster.kubectl("delete", "configmap", "same-title", f"--namespace={namespace}"),
            *("DashboardConflict", "same-title"),
        ),
        "copy": (
            faulty,
            lambda: cluster.apply(_copy(faulty)),
            lambda: cluster.kubectl("delete", "configmap", "copied", f"--namespace={namespace}"),
            *("DashboardConflict", f"ConfigMap {namespace}/copied"),
        ),
        "namespace": (
            apart,
            lambda: cluster.kubectl("label", "namespace", apart.namespace, f"{EXCLUDED}=yes"),
            lambda: cluster.kubectl("label", "namespace", apart.namespace, f"{EXCLUDED}-"),
            *("NamespaceNotSelected", f"!{EXCLUDED}"),
        ),
    }

    def plant(name: str) -> float:
        where, planting, _, wanted, words = faults[name]
        since = time.monotonic()
        planting()
        return where.seconds_until(lambda: _named(where.get(name), wanted, words), f"{name}: {wanted}", timeout=NAMED, since=since)

    def mend(name: str) -> float:
        where, _, mending, wanted, _ = faults[name]
        since = time.monotonic()
        mending()
        return where.seconds_until(lambda: reason(where.get(name)) not in ("", wanted), f"{name} mended", timeout=NAMED, since=since)

    with ThreadPoolExecutor(len(faults)) as pool:
        named = dict(zip(faults, pool.map(plant, faults), strict=True))
        gone = dict(zip(faults, pool.map(mend, faults), strict=True))
    print("seconds until named and until gone:", json.dumps({n: [round(named[n], 1), round(gone[n], 1)] for n in faults}))


def test_two_dashboards_of_one_title(faulty: Faulty) -> None:
    """Two profiles that take one never collide: each has a title and uid of its own. One profile that takes two is told so."""
    ours = {n: _own_board(faulty, n) for n in ("title", "copy")}
    assert {n: f"Shared ({faulty.namespace}/{n})" for n in ours} == {n: board["title"] for n, board in ours.items()}
    assert len({board["uid"] for board in ours.values()} - {"shared"}) == 2

    faulty.patch("title", _dashboards("a.json", "b.json"))
    wait_for(lambda: _named(faulty.get("title"), "DashboardInvalid", "spec.dashboards.extra[1]: its title"), what="named", timeout=NAMED)
    faulty.patch("title", _dashboards("a.json"))
    wait_for(lambda: reason(faulty.get("title")) not in ("", "DashboardInvalid"), what="it is gone", timeout=NAMED)


def test_an_alertmanager_that_points_at_somebody_elses_secret(faulty: Faulty, monitoring: Monitoring) -> None:
    """The operator leaves that Secret alone, and says what to set."""
    where, cluster = monitoring.namespace, faulty.cluster
    theirs = {"alertmanager.yaml": "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"}
    metadata = {"name": "somebody-elses", "namespace": where}
    cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": theirs})
    wanted = "AlertmanagerSecretForeign"

    with _changed(cluster, "alertmanager", {"configSecret": "somebody-elses"}, {"configSecret": monitoring.config_secret}):
        named = faulty.seconds_until(lambda: _named(faulty.get("routed"), wanted, "somebody-elses"), "it is named", timeout=NAMED)
    gone = faulty.seconds_until(lambda: reason(faulty.get("routed")) not in ("", wanted), "it is gone", timeout=NAMED)
    cluster.kubectl("delete", "secret", "somebody-elses", f"--namespace={where}")
    print("another Secret:", round(named, 1), round(gone, 1))


def test_an_alertmanager_configuration_that_is_refused(faulty: Faulty) -> None:
    """prometheus-operator's own words."""
    wanted = "AlertmanagerConfigRejected"

    with _changed(
        faulty.cluster, "alertmanager", {"alertmanagerConfiguration": {"name": "not-there"}}, {"alertmanagerConfiguration": None}
    ):
        named = faulty.seconds_until(lambda: _named(faulty.get("routed"), wanted, "not-there"), "it is named", timeout=NAMED)
    gone = faulty.seconds_until(lambda: reason(faulty.get("routed")) not in ("", wanted), "it is gone", timeout=NAMED)
    print("configuration refused:", round(named, 1), round(gone, 1))


def test_a_prometheus_that_is_down_is_unknown_and_never_false(faulty: Faulty, monitoring: Monitoring) -> None:
    """Nobody can tell whether anything is wrong; when it is back, everything is as it was."""
    cluster = faulty.cluster
    name = _only(cluster, "prometheus")["metadata"]["name"]

    with _changed(cluster, "prometheus", {"replicas": 0}, {"replicas": 1}):
        wanted = "PrometheusUnreachable"
        named = faulty.seconds_until(lambda: _named(faulty.get("label"), wanted, name), "it is named", timeout=NAMED)
        assert "Unknown" == condition(faulty.get("label"), "Ready")["status"]
    wait_for(lambda: _runs(cluster, f"prometheus-{name}-0", monitoring.namespace), what="Prometheus is back", timeout=TAKEN_UP, interval=1)
    gone = faulty.seconds_until(lambda: reason(faulty.get("label")) == "Live", "it is gone", timeout=NAMED)
    print("Prometheus down:", round(named, 1), round(gone, 1))


def _named(found: Object, wanted: str, words: str) -> bool:
    """Whether Ready has a reason about the present generation, and its message has words."""
    assert (wanted, True) == (reason(found), words in condition(found, "Ready").get("message", "")), condition(found, "Ready")
    return True


def _runs(cluster: Cluster, name: str, namespace: str) -> bool:
    """Whether a pod is ready; not the one before it, which bears the same name until it is gone."""
    pod = cluster.find("pod", name, namespace)
    assert pod is not None, f"no pod {name}"
    ready = {c["type"]: c["status"] for c in pod["status"].get("conditions", [])}.get("Ready") == "True"
    assert (True, False) == (ready, "deletionTimestamp" in pod["metadata"]), json.dumps(pod["status"])
    return True


def _scrape(faulty: Faulty, name: str, *, port: str) -> Object:
    """The scrape section of a profile with another port."""
    return {"scrape": {**faulty.get(name)["spec"]["scrape"], "port": port}}


def _dashboards(*keys: str) -> Object:
    """One dashboard of the catalogue, and own ones."""
    extra = [{"configMapKeyRef": {"name": key.replace(".", "-"), "key": key}} for key in keys]
    return {"dashboards": {"include": ["system-overview"], "extra": extra}}


def _board(namespace: str, key: str) -> Object:
    """A ConfigMap with a dashboard; all of them have one title and uid."""
    metadata = {"name": key.replace(".", "-"), "namespace": namespace, "labels": SOURCE}
    board = {"title": "Shared", "uid": "shared", "panels": [{"title": "P", "targets": [{"expr": "up"}]}]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {key: json.dumps(board)}}


def _boards(faulty: Faulty, name: str) -> list[Object]:
    """The ConfigMaps with a profile's dashboards."""
    return faulty.cluster.list("configmaps", faulty.namespace, selector=f"monitoring-operator.dev/profile={name}")


def _own_board(faulty: Faulty, name: str) -> Object:
    """A profile's only own dashboard."""
    (text,) = (text for b in _boards(faulty, name) if "-extra-" in b["metadata"]["name"] for text in b["data"].values())
    found: Object = json.loads(text)
    return found


def _copy(faulty: Faulty) -> Object:
    """A profile's dashboard under another name, with all its labels."""
    ours = next(b for b in _boards(faulty, "copy") if b["metadata"]["name"] == "copy-system-overview")
    metadata = {"name": "copied", "namespace": faulty.namespace, "labels": ours["metadata"]["labels"]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": ours["data"]}


def _same_title(faulty: Faulty) -> Object:
    """A dashboard of somebody else's with the title of the profile's."""
    ours = next(b for b in _boards(faulty, "title") if b["metadata"]["name"] == "title-system-overview")
    title = json.loads(next(iter(ours["data"].values())))["title"]
    metadata = {"name": "same-title", "namespace": faulty.namespace, "labels": {"grafana_dashboard": "1"}}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"same-title.json": json.dumps({"title": title, "uid": "x"})},
    }


def _credentials(namespace: str) -> Object:
    """Where the routed profile's notifications go: nowhere."""
    metadata = {"name": "notify", "namespace": namespace, "labels": SOURCE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"slack": "http://127.0.0.1:9/x"}}


def _notifications() -> Object:
    """A receiver for critical alerts."""
    return {"notifications": {"critical": [{"slack": {"apiUrl": {"secretKeyRef": {"name": "notify", "key": "slack"}}, "channel": "#a"}}]}}


def _only(cluster: Cluster, kind: str) -> Object:
    """The only object of a kind of prometheus-operator's."""
    (found,) = cluster.list(f"{kind}.monitoring.coreos.com")
    return found


@contextmanager
def _changed(cluster: Cluster, kind: str, spec: Object, back: Object) -> Iterator[None]:
    """Merges a change into the spec of the only object of a kind, and afterwards what takes it back."""
    metadata = _only(cluster, kind)["metadata"]
    _merge(cluster, kind, metadata["name"], metadata["namespace"], {"spec": spec})
    try:
        yield
    finally:
        _merge(cluster, kind, metadata["name"], metadata["namespace"], {"spec": back})


@contextmanager
def _namespaces_can_be_excluded(cluster: Cluster, monitoring: Monitoring) -> Iterator[None]:
    """Has Prometheus pass over namespaces that carry the label, and all others selected as before."""
    without = {"matchExpressions": [{"key": EXCLUDED, "operator": "DoesNotExist"}]}
    fields = ("ruleNamespaceSelector", "serviceMonitorNamespaceSelector")
    body = _only(cluster, "prometheus")
    name, before = body["metadata"]["name"], {f: body["spec"].get(f) for f in fields}
    _merge(cluster, "prometheus", name, monitoring.namespace, {"spec": dict.fromkeys(fields, without)})
    try:
        yield
    finally:
        gone = {f: {**(was or {}), "matchExpressions": None} for f, was in before.items()}
        _merge(cluster, "prometheus", name, monitoring.namespace, {"spec": gone})


def _merge(cluster: Cluster, kind: str, name: str, namespace: str, change: Object) -> None:
    cluster.kubectl(
        "patch", f"{kind}.monitoring.coreos.com", name, f"--namespace={namespace}", "--type=merge", f"--patch={json.dumps(change)}"
    )
