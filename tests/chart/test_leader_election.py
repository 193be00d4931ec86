"""Several replicas: off by default; switched on, exactly one Lease may be updated, and an update of the release never leaves none."""

from chart import rendered

OBJECTS = rendered.template({"leaderElection": {"enabled": True}})


def test_one_operator_without_election_is_the_default() -> None:
    """The old one ends before the new one starts, and nobody needs rights on a Lease."""
    spec = rendered.only(rendered.default(), "Deployment")["spec"]

    assert (1, {"type": "Recreate"}) == (spec["replicas"], spec["strategy"])
    assert [] == [k for k in ("Lease", "PodDisruptionBudget", "Role") if rendered.of_kind(rendered.default(), k)]


def test_two_operators_of_which_one_is_always_there() -> None:
    """On different nodes where possible; neither an update nor a drain takes both."""
    spec = rendered.only(OBJECTS, "Deployment")["spec"]
    budget = rendered.only(OBJECTS, "PodDisruptionBudget")["spec"]
    (preferred,) = spec["template"]["spec"]["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]

    assert 2 == spec["replicas"]
    assert {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}} == spec["strategy"]
    assert {"minAvailable": 1, "selector": spec["selector"]} == budget
    assert ("kubernetes.io/hostname", spec["selector"]) == (
        preferred["podAffinityTerm"]["topologyKey"],
        preferred["podAffinityTerm"]["labelSelector"],
    )


def test_own_affinity_comes_first() -> None:
    """Whoever sets one has thought about it."""
    objects = rendered.template({"leaderElection": {"enabled": True}, "affinity": {"nodeAffinity": {}}})

    assert {"nodeAffinity": {}} == rendered.only(objects, "Deployment")["spec"]["template"]["spec"]["affinity"]


def test_the_right_is_to_one_lease() -> None:
    """Get and update, by name; the chart makes the Lease, and the operator is told which it is."""
    lease = rendered.only(OBJECTS, "Lease")["metadata"]
    role = rendered.only(OBJECTS, "Role")
    binding = rendered.only(OBJECTS, "RoleBinding")

    assert [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [lease["name"]], "verbs": ["get", "update"]}
    ] == role["rules"]
    assert {lease["namespace"]} == {role["metadata"]["namespace"], binding["metadata"]["namespace"]}
    assert {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role["metadata"]["name"]} == binding["roleRef"]
    assert {"--leader-elect", f"--lease-name={lease['name']}", f"--lease-namespace={lease['namespace']}"} <= set(
        rendered.operator_container(OBJECTS)["args"]
    )


def test_the_lease_has_no_content() -> None:
    """An upgrade of the release must not take it away from its holder."""
    assert {"apiVersion", "kind", "metadata"} == rendered.only(OBJECTS, "Lease").keys()
