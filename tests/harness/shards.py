"""Profiles of teams, the shards that look after them, and what stands of them in the shared Secret."""

import base64
from typing import Any

from harness.fake_cluster import Body, profile_body
from harness.profiles import alertmanager, notifications
from harness.several import Recording, decoded
from harness.shared_routes import credentials
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROFILE
from monitoring_operator.reconcile.scope import Scope
from monitoring_operator.store import secret_ref

ALL = Scope("operators/all")
ASSEMBLER = Scope("operators/all", assembles=True)
BOARDS = {"dashboards": {"include": ["system-overview"], "namespace": "grafana"}}


def shard(name: str, selector: str = "") -> Scope:
    """A shard that selects profiles by its team, unless told otherwise."""
    return Scope(f"operators/{name}", selector=selector or f"team={name}", shard=name)


def of_team(team: str, namespace: str, **spec: Any) -> Body:
    """A profile with notifications and a dashboard elsewhere, that carries the label of a team."""
    body = profile_body(namespace, **{"notifications": notifications("monitoring"), **BOARDS, **spec})
    return {**body, "metadata": {**body["metadata"], "labels": {"team": team}}}


def relabel(cluster: Recording, namespace: str, team: str) -> None:
    """The profile goes to another team."""
    body = cluster.objects[Ref(PROFILE, namespace, "web")]
    cluster.put({**body, "metadata": {**body["metadata"], "labels": {"team": team}}})


def begin(*profiles: Body) -> Recording:
    """A cluster with an Alertmanager, these profiles and their credentials."""
    return Recording(alertmanager("monitoring"), *profiles, *(credentials(p["metadata"]["namespace"]) for p in profiles))


def fragment(name: str) -> Ref:
    """A shard's fragment."""
    return secret_ref("monitoring", f"routes.shard.{name}")


def role(cluster: Recording, kind: Any, namespace: str, name: str = "web") -> str:
    """The role of a child."""
    return str(cluster.objects[Ref(kind, namespace, name)]["metadata"]["labels"]["monitoring-operator.dev/role"])


def encoded(text: str) -> str:
    """Text as a Secret holds it."""
    return base64.b64encode(text.encode()).decode()


def routed_in(version: Body) -> set[str]:
    """Namespaces of the profiles that a version of the shared Secret has receivers of."""
    lines = decoded(version)["alertmanager.yaml"].splitlines()
    return {line.split("/")[0].removeprefix("- name: ").strip() for line in lines if "- name: " in line and "/" in line}
