"""The operator's rights: all that it needs, and nothing else."""

import pytest

from chart import rendered
from monitoring_operator.api import resources
from monitoring_operator.api.resources import Resource

WATCH = {"list", "watch"}
APPLY = {"create", "patch"}
"""Server-side apply is a patch, and the API server asks for the right to create too where it makes the object."""
CHILD = {"get"} | WATCH | APPLY
Rights = dict[tuple[str, str], set[str]]


def key(resource: Resource) -> tuple[str, str]:
    """A resource as RBAC names it."""
    return resource.group, resource.plural


def rights(role: rendered.Object) -> Rights:
    """Verbs by API group and resource; the same resource in two rules is a mistake."""
    found: Rights = {}
    for rule in role["rules"]:
        assert set(rule) == {"apiGroups", "resources", "verbs"}
        for name in ((group, resource) for group in rule["apiGroups"] for resource in rule["resources"]):
            assert name not in found
            found[name] = set(rule["verbs"])
    return found


NEEDED: Rights = {
    key(resources.PROFILE): WATCH,
    (resources.PROFILE.group, f"{resources.PROFILE.plural}/status"): {"patch"},
    **{key(child): CHILD | {"delete"} for child in resources.CHILDREN if child != resources.SECRET},
    key(resources.SECRET): CHILD,
    key(resources.ALERTMANAGER_CONFIGS[0]): CHILD | {"delete"},
    **{key(workload): WATCH for workload in resources.WORKLOADS},
    key(resources.EVENT): {"create", "list"},
    key(resources.SERVICE): {"list"},
    key(resources.ENDPOINT_SLICE): {"list"},
}
"""Every kind that the operator renders it may read, apply and take away again, except Secrets: those are never deleted."""

NEEDED_IN_THE_CLUSTER: Rights = {
    ("apiextensions.k8s.io", "customresourcedefinitions"): {"get"} | WATCH,
    key(resources.NAMESPACE): {"list"},
}
NEEDED_WHERE_CONFINED: Rights = {key(resources.NAMESPACE): {"get"}}
NEEDED_FOR_THE_PROXY: Rights = {("", "pods/proxy"): {"get"}}


def test_cluster_role_is_exactly_what_is_needed() -> None:
    """One ClusterRole for the whole cluster, bound to the operator's ServiceAccount, and no Role beside it."""
    objects = rendered.default()
    role = rendered.only(objects, "ClusterRole")
    binding = rendered.only(objects, "ClusterRoleBinding")
    subject = {"kind": "ServiceAccount", "name": "monitoring-operator", "namespace": rendered.NAMESPACE}

    assert rights(role) == NEEDED | NEEDED_IN_THE_CLUSTER
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role["metadata"]["name"]}
    assert binding["subjects"] == [subject]
    assert [] == rendered.of_kind(objects, "Role") + rendered.of_kind(objects, "RoleBinding")


def test_watched_namespaces_get_roles_only() -> None:
    """A Role and its binding in each namespace of the list, and nothing that reaches beyond them but the CRD itself."""
    objects = rendered.template({"watch": {"namespaces": ["analytics", "monitoring"]}})
    roles = rendered.of_kind(objects, "Role")
    bindings = rendered.of_kind(objects, "RoleBinding")
    subject = {"kind": "ServiceAccount", "name": "monitoring-operator", "namespace": rendered.NAMESPACE}

    assert [o["metadata"]["namespace"] for o in roles] == ["analytics", "monitoring"]
    assert [o["metadata"]["namespace"] for o in bindings] == ["analytics", "monitoring"]
    assert [rights(role) for role in roles] == [NEEDED | NEEDED_WHERE_CONFINED] * 2
    assert [(b["roleRef"]["kind"], b["roleRef"]["name"], b["subjects"]) for b in bindings] == [
        ("Role", r["metadata"]["name"], [subject]) for r in roles
    ]
    assert [o["kind"] for o in objects if "namespace" not in o["metadata"]] == ["CustomResourceDefinition"]


@pytest.mark.parametrize("way", ["auto", "proxy"])
def test_pods_are_reached_through_the_api_server_only_where_that_is_asked_for(way: str) -> None:
    """The right to pods/proxy reaches every HTTP server of the cluster: by default nobody has it."""
    whole = rendered.only(rendered.template({"verification": {"way": way}}), "ClusterRole")
    part = rendered.only(rendered.template({"verification": {"way": way}, "watch": {"namespaces": ["shop"]}}), "Role")

    assert NEEDED | NEEDED_IN_THE_CLUSTER | NEEDED_FOR_THE_PROXY == rights(whole)
    assert NEEDED | NEEDED_WHERE_CONFINED | NEEDED_FOR_THE_PROXY == rights(part)


ASSEMBLING: Rights = {key(resources.ALERTMANAGER): WATCH, key(resources.SECRET): CHILD, key(resources.EVENT): {"create"}}
LOOKING: Rights = {key(resources.PROFILE): {"list"}}


def test_an_assembler_has_neither_profiles_nor_their_children() -> None:
    """Secrets and Alertmanagers, and a look whether a profile is there."""
    objects = rendered.template({"shard": {"assemble": True}})

    assert rights(rendered.only(objects, "ClusterRole")) == ASSEMBLING | LOOKING | {
        ("apiextensions.k8s.io", "customresourcedefinitions"): {"get"} | WATCH
    }
    assert [] == rendered.of_kind(objects, "Role")


def test_a_confined_assembler_reads_secrets_beside_its_alertmanagers_only() -> None:
    """A Role there; in the rest of the cluster it may list profiles, and nothing else."""
    objects = rendered.template({"shard": {"assemble": True}, "watch": {"namespaces": ["monitoring"]}, "verification": {"way": "proxy"}})

    assert rights(rendered.only(objects, "Role")) == ASSEMBLING
    assert rights(rendered.only(objects, "ClusterRole")) == LOOKING
    assert rendered.only(objects, "ClusterRoleBinding")["roleRef"]["name"] == rendered.only(objects, "ClusterRole")["metadata"]["name"]


def test_a_shard_has_the_rights_of_any_operator() -> None:
    """It does the same for its profiles; RBAC knows no labels."""
    assert (
        rights(rendered.only(rendered.template({"shard": {"name": "a", "selector": "team=a"}}), "ClusterRole"))
        == NEEDED | NEEDED_IN_THE_CLUSTER
    )


def test_every_shard_has_a_lease_of_its_own() -> None:
    """It is a release of its own, and its Lease is named after that."""
    made = {
        shard: rendered.only(
            rendered.template({"shard": {"name": shard}, "leaderElection": {"enabled": True}}, release=f"shard-{shard}"), "Lease"
        )["metadata"]["name"]
        for shard in ("a", "b")
    }

    assert {"a": "shard-a-monitoring-operator", "b": "shard-b-monitoring-operator"} == made


def test_no_wildcard_and_no_way_to_more_rights() -> None:
    """No `*` anywhere, and none of the verbs by which a ServiceAccount could widen its own rights."""
    role = rendered.only(rendered.default(), "ClusterRole")
    words = {word for rule in role["rules"] for words in rule.values() for word in words}

    assert set() == words & {"*", "escalate", "bind", "impersonate"}


def test_token_is_mounted_for_the_operator_only() -> None:
    """The ServiceAccount hands its token to no pod by itself; the operator's pod asks for it, the test pod does not get one."""
    objects = rendered.default()

    assert rendered.only(objects, "ServiceAccount")["automountServiceAccountToken"] is False
    assert {"Deployment/monitoring-operator": True, "Pod/monitoring-operator-test": False} == {
        name: spec["automountServiceAccountToken"] for name, spec in rendered.pod_specs(objects).items()
    }
