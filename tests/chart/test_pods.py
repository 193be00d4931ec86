"""How the chart's pods run: hardened by default, probed, and bounded."""

import pytest

from chart import rendered

SPECS = rendered.pod_specs(rendered.default())
CONTAINERS = {f"{pod}/{c['name']}": c for pod, spec in SPECS.items() for c in (*spec.get("initContainers", ()), *spec["containers"])}


def test_every_container_is_looked_at() -> None:
    """The operator and both containers of the test pod: a new one must show up here to be tested."""
    expected = ["Deployment/monitoring-operator/operator", "Pod/monitoring-operator-test/reach", "Pod/monitoring-operator-test/validate"]

    assert expected == sorted(CONTAINERS)


@pytest.mark.parametrize("pod", SPECS)
def test_pod_is_hardened(pod: str) -> None:
    """A numeric user that is not root, seccomp, and no addresses of the namespace's Services in the environment."""
    expected = {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}}

    assert expected == SPECS[pod]["securityContext"]
    assert SPECS[pod]["enableServiceLinks"] is False
    assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(SPECS[pod])
    assert [] == [volume for volume in SPECS[pod]["volumes"] if "hostPath" in volume]


@pytest.mark.parametrize("container", CONTAINERS)
def test_container_is_hardened(container: str) -> None:
    """No way to more rights, nothing to write to but /tmp, no capability."""
    expected = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}

    assert expected == CONTAINERS[container]["securityContext"]


@pytest.mark.parametrize("container", CONTAINERS)
def test_container_has_requests_and_a_memory_limit(container: str) -> None:
    """Known cost, bounded memory, and no CPU limit to be throttled by."""
    assert CONTAINERS[container]["resources"] == {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}


def test_security_context_can_be_loosened_for_openshift() -> None:
    """Setting a default to null takes it away, since OpenShift refuses a user that it did not choose."""
    values = {"podSecurityContext": {"runAsUser": None, "runAsGroup": None}}
    expected = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}

    assert dict.fromkeys(SPECS, expected) == {pod: s["securityContext"] for pod, s in rendered.pod_specs(rendered.template(values)).items()}


def test_probes_ask_the_operator() -> None:
    """Started and ready mean synced; alive is asked apart, so that a lost API server restarts nothing."""
    container = CONTAINERS["Deployment/monitoring-operator/operator"]
    asked = {name: container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}

    assert asked == {
        "startupProbe": {"path": "/readyz", "port": "metrics"},
        "readinessProbe": {"path": "/readyz", "port": "metrics"},
        "livenessProbe": {"path": "/livez", "port": "metrics"},
    }


def test_operator_may_write_to_tmp_only() -> None:
    """The one writable place is an emptyDir of bounded size."""
    assert [{"name": "tmp", "mountPath": "/tmp"}] == CONTAINERS["Deployment/monitoring-operator/operator"]["volumeMounts"]
    assert [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}] == SPECS["Deployment/monitoring-operator"]["volumes"]
