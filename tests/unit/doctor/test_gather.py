"""Reading what the doctor looks at: what may not be read is noted, and no Secret's data goes further."""

import asyncio
from typing import Any

import pytest

from harness.fake_cluster import FakeCluster
from monitoring_operator.api.cluster import Forbidden, Unavailable
from monitoring_operator.api.resources import ACCESS_REVIEW, SELF_REVIEW, Resource
from monitoring_operator.doctor import Facts, Settings
from monitoring_operator.doctor.facts import Right, Rights, Unread
from monitoring_operator.doctor.gather import gather
from monitoring_operator.doctor.rights import needed

PLANTED = "s3cr3t-planted-value"
ALERTMANAGER = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "Alertmanager",
    "metadata": {"namespace": "monitoring", "name": "main"},
    "spec": {},
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"namespace": "monitoring", "name": "alertmanager-main"},
    "data": {"alertmanager.yaml": PLANTED},
}


class Reviewed(FakeCluster):
    """A cluster that answers reviews: everything is allowed but verbs in `denied`."""

    denied = frozenset({"delete"})

    async def create(self, resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
        await super().create(resource, body)
        if resource == SELF_REVIEW:
            return {"status": {"userInfo": {"username": "ann"}}}
        assert resource == ACCESS_REVIEW
        return {"status": {"allowed": body["spec"]["resourceAttributes"]["verb"] not in self.denied}}


def read(cluster: FakeCluster, settings: Settings | None = None) -> Facts:
    """Everything, read by the same user."""
    return asyncio.run(gather(cluster, cluster, settings or Settings()))


def test_secrets_are_known_by_their_metadata_only() -> None:
    """Whose they are is asked, not what they hold."""
    facts = read(Reviewed(ALERTMANAGER, SECRET))

    assert [("monitoring", "alertmanager-main")] == list(facts.secrets)
    assert PLANTED not in repr(facts)


def test_rights_that_are_missing_are_found_one_by_one() -> None:
    """Each right of the chart's role is asked for; a subresource is asked for as one."""
    cluster = Reviewed()
    facts = read(cluster)

    assert isinstance(facts.rights, Rights)
    assert "ann" == facts.rights.user
    assert {"delete"} == {r.verb for r in facts.rights.missing}
    assert len(needed(())) == cluster.calls.count("create SelfSubjectAccessReview ")


def test_an_operator_of_some_namespaces_needs_nothing_beyond_them() -> None:
    """Every right is asked for in each namespace, none for the cluster."""
    assert {"a", "b"} == {r.namespace for r in needed(("a", "b"))}
    assert Right("apiextensions.k8s.io", "customresourcedefinitions", "list") in needed(())


@pytest.mark.parametrize("forbidden", ["deployments", "prometheuses", "CustomResourceDefinition"])
def test_what_may_not_be_read_stops_nothing_else(forbidden: str) -> None:
    """It is noted with the API server's words."""
    cluster = Reviewed(ALERTMANAGER, SECRET)
    cluster.fault = lambda _, target: Forbidden(403, f"no {forbidden}") if forbidden in target else None
    facts = read(cluster)
    unread = [v for v in (facts.crd, facts.workloads, facts.deployments) if isinstance(v, Unread)]

    assert [Unread(f"no {forbidden}")] == unread
    assert isinstance(facts.rights, Rights)


def grafana(kind: str, name: str, image: str = "kiwigrid/k8s-sidecar:2.10.1") -> dict[str, Any]:
    """A pod, or what makes one, with a sidecar."""
    pod = {"containers": [{"name": "grafana-sc-dashboard", "image": image}]}
    body = {"kind": kind, "metadata": {"namespace": "monitoring", "name": name}}
    return (
        {**body, "apiVersion": "v1", "spec": pod}
        if kind == "Pod"
        else {**body, "apiVersion": "apps/v1", "spec": {"template": {"spec": pod}}}
    )


def test_a_grafana_is_found_however_it_runs() -> None:
    """As a Deployment or StatefulSet; pods, which are many, are looked at only where neither has a sidecar."""
    pods = [grafana("Pod", "grafana-0"), grafana("Pod", "other", image="nginx")]
    several = [grafana("Deployment", "one"), grafana("StatefulSet", "two"), grafana("StatefulSet", "none", image="nginx"), *pods]

    for there, names in ((several, ["one", "two"]), (several[2:], ["grafana-0"]), (several[1:], ["two"]), ([], [])):
        cluster = Reviewed(*there)
        found = read(cluster).grafanas
        assert not isinstance(found, Unread)
        assert names == [g["metadata"]["name"] for g in found]
        assert ("list pods" in cluster.calls) == (names in (["grafana-0"], []))


def test_a_cluster_that_does_not_answer_is_no_finding() -> None:
    """Half a report would read like a whole one."""
    cluster = Reviewed()
    cluster.fault = lambda verb, _: Unavailable(503, "no answer") if verb == "list" else None
    with pytest.raises(Unavailable):
        read(cluster)


@pytest.mark.parametrize(("text", "expected"), [("enableUserWorkload: true", True), ("a: 1", False), (None, False), ("[", Unread)])
def test_openshift_is_recognised_and_asked(text: str | None, expected: object) -> None:
    """By its own API; what it says in the ConfigMap decides, and one that is no YAML is not guessed at."""
    cluster = Reviewed()
    cluster.types |= {"clusterversions"}
    if text is not None:
        metadata = {"namespace": "openshift-monitoring", "name": "cluster-monitoring-config"}
        cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"config.yaml": text}})
    found = read(cluster).user_workload

    assert found is expected or isinstance(found, Unread)
    assert isinstance(found, Unread) == (expected is Unread)
