"""The comparison's decisions where a real API server is not needed to see them: a cluster that lacks what it should have."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from monitoring_operator.api.cluster import NotServed, Object, Rejected
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.profile import Profile, parse
from monitoring_operator.api.resources import SECRET, Resource
from monitoring_operator.cli.comparison import Comparison
from monitoring_operator.render import Inputs

PLANTED = "s3cr3t-planted-value"


class Empty:
    """A cluster without objects; `refusal` is what an apply of a kind of prometheus-operator's ends in."""

    def __init__(self, refusal: Exception, alertmanagers: tuple[Object, ...] = ()) -> None:
        self.refusal = refusal
        self.alertmanagers = alertmanagers

    async def get(self, ref: Ref) -> Object | None:
        """Nothing, but for the credentials that the profile refers to, one of which is not text."""
        return (
            {"data": {"a": base64.b64encode(PLANTED.encode()).decode(), "binary": "/w=="}} if ref == Ref(SECRET, "shop", "notify") else None
        )

    async def list(  # the protocol's
        self,
        resource: Resource,
        *,
        labels: str = "",  # noqa: ARG002
        fields: str = "",  # noqa: ARG002
        namespace: str = "",  # noqa: ARG002
        metadata_only: bool = False,  # noqa: ARG002
    ) -> AsyncIterator[Object]:
        """The Alertmanagers."""
        for body in self.alertmanagers if resource.kind == "Alertmanager" else ():
            yield body

    async def try_out(self, manifest: Manifest) -> Object:
        """What was applied, as a dry run: anything else would be a change."""
        if "monitoring.coreos.com" in manifest.body["apiVersion"]:
            raise self.refusal
        return manifest.body

    async def apply(self, manifest: Manifest, *, only_at: str | None = None) -> Object:
        """Not for a comparison."""
        raise NotImplementedError

    async def apply_status(self, ref: Ref, status: Mapping[str, Any]) -> Object:
        """Not for a comparison."""
        raise NotImplementedError

    async def delete(self, ref: Ref, *, uid: str, resource_version: str) -> None:
        """Not for a comparison."""
        raise NotImplementedError

    async def version(self) -> Object:
        """Not for a comparison."""
        raise NotImplementedError

    async def create(self, resource: Resource, body: Object) -> Object:
        """Not for a comparison."""
        raise NotImplementedError

    async def get_from_pod(self, namespace: str, pod: str, path: str) -> bytes:
        """Not for a comparison."""
        raise NotImplementedError

    async def served(self, group: str, version: str) -> frozenset[str]:  # noqa: ARG002 -- the protocol's
        """Nothing that a CRD brings."""
        return frozenset()


def profile(**spec: Any) -> Profile:
    """A profile with little in it."""
    scrape = {"selector": {"matchLabels": {"app": "web"}}, "port": "http"}
    return parse({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"scrape": scrape, "dashboards": {"enabled": False}, **spec}})


def receivers(*keys: str) -> dict[str, Any]:
    """A notifications section whose pages take their credentials from these keys."""
    return {"critical": [{"pagerDuty": {"routingKey": {"secretKeyRef": {"name": "notify", "key": k}}}} for k in keys]}


def alertmanager(name: str, secret: str) -> Object:
    """An Alertmanager object."""
    return {"metadata": {"name": name, "namespace": "monitoring"}, "spec": {"configSecret": secret}}


def test_missing_crds_are_noted_and_the_objects_shown() -> None:
    """What would be there with prometheus-operator installed is shown, and that it is not."""
    comparison = Comparison(Empty(NotServed(404, "no such type")))
    changes = asyncio.run(comparison.children(profile(), Inputs()))

    assert {"ServiceMonitor", "PrometheusRule"} == {c.ref.resource.kind for c in changes}
    assert all(not c.before and c.after for c in changes)
    assert "ServiceMonitor shop/web: the cluster does not know ServiceMonitor; install prometheus-operator's CRDs" in comparison.notes


def test_what_the_cluster_refuses_is_an_error() -> None:
    """An admission webhook's no is not a difference."""
    with pytest.raises(Rejected):
        asyncio.run(Comparison(Empty(Rejected(422, "no"))).children(profile(), Inputs()))


def test_alertmanagers_that_read_one_secret_are_one() -> None:
    """The Secret is shown once, under the Alertmanager that the operator would write it for."""
    cluster = Empty(NotServed(404, ""), (alertmanager("b", "routes"), alertmanager("a", "routes")))
    (change,) = asyncio.run(Comparison(cluster).secrets([profile(notifications=receivers("a"))]))

    assert "Secret monitoring/routes" == str(change.ref)
    assert "monitoring-operator.dev/alertmanager: a" in change.after
    assert PLANTED not in change.after


def test_several_alertmanagers_without_a_choice_are_a_note() -> None:
    """The operator would not guess either."""
    cluster = Empty(NotServed(404, ""), (alertmanager("a", "x"), alertmanager("b", "y")))
    comparison = Comparison(cluster)

    assert [] == asyncio.run(comparison.secrets([profile(notifications=receivers("a"))]))
    (note,) = comparison.notes
    assert note.startswith("shop/web: there are several Alertmanagers (monitoring/a, monitoring/b)")


def test_missing_keys_are_notes() -> None:
    """A key that is absent, or whose value is not text, costs its receiver and no other."""
    cluster = Empty(NotServed(404, ""), (alertmanager("a", "routes"),))
    comparison = Comparison(cluster)
    (change,) = asyncio.run(comparison.secrets([profile(notifications=receivers("a", "absent", "binary"))]))

    assert [f"Secret shop/notify has no key {key}: its receiver would be left out" for key in ("absent", "binary")] == comparison.notes
    assert ".critical.0.routing_key: <redacted" in change.after
    assert ".critical.1.routing_key" not in change.after
    assert ".critical.2.routing_key" not in change.after
