"""The operator as a process on this machine, with the rights of the chart and no more."""

import http.client
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from harness import tools
from harness.cluster import Cluster
from harness.controlplane import ControlPlane, free_ports
from harness.process import Process
from harness.wait import wait_for

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "monitoring-operator"
CRDS = ROOT / "crds"
NAMESPACE = "monitoring-operator"
SERVICE_ACCOUNT = "monitoring-operator"
USER = f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"


PROGRAM = ("-m", "monitoring_operator")


class EndedEarly(AssertionError):
    """The operator ended before it was ready; the message ends with its log."""


class Operator(Process):
    """`monitoring-operator run` on a kubeconfig, its log in `folder`; a context manager that ends it.

    Unless `args` say otherwise nobody is asked whether anything is live: where only an API server runs there is nobody.
    """

    def __init__(
        self, kubeconfig: Path, *args: str, folder: Path, env: dict[str, str] | None = None, program: Sequence[str] = PROGRAM
    ) -> None:
        (self.port,) = free_ports(1)
        defaults = [f"--http-port={self.port}", "--log-format=text", "--verify=off"]
        command = [sys.executable, *program, "run", *defaults, *args]
        environment = os.environ | {"KUBECONFIG": str(kubeconfig), "PYTHONUNBUFFERED": "1"} | (env or {})
        super().__init__(command, log=folder / "operator.log", env=environment)

    def wait_until_ready(self, timeout: float = 30.0) -> None:
        """Return when /readyz says so. Raises EndedEarly, or Timeout with the answer last seen."""

        def ready() -> bool:
            if self.exit_code is not None:
                raise EndedEarly(f"the operator ended with exit code {self.exit_code}\n{self.tail()}")
            status, body = self.get("/readyz")
            assert status == http.HTTPStatus.OK, body
            return True

        try:
            wait_for(ready, what="the operator's /readyz", timeout=timeout, give_up_on=EndedEarly)
        except TimeoutError as error:
            error.add_note(self.tail())
            raise

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of its HTTP endpoint: /livez, /readyz or /metrics. Raises OSError where nobody listens."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def metric(self, name: str, **labels: str) -> float:
        """Sum of its samples called `name` that carry `labels`; 0 where there are none."""
        _, page = self.get("/metrics")
        samples = (sample for family in text_string_to_metric_families(page) for sample in family.samples)
        return sum(sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items())

    def log_lines(self) -> int:
        """Length of its log."""
        return len(self.log.read_text().splitlines())


def install_crds(cluster: Cluster, *, prometheus_operator: bool = True) -> None:
    """Install our CRD, and prometheus-operator's, and wait until they are served."""
    cluster.apply(*(tools.prometheus_operator_crds() if prometheus_operator else ()), CRDS)
    # A CRD that was just made has no conditions at all for a moment, which kubectl takes for an error.
    wait_for(
        lambda: cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"),
        what="CRDs are established",
        timeout=60,
    )


def operator_kubeconfig(control_plane: ControlPlane) -> Path:
    """Kubeconfig of a ServiceAccount to which exactly the chart's rights for a whole cluster are bound."""
    kubeconfig = control_plane.kubeconfig_for(SERVICE_ACCOUNT, NAMESPACE)
    rules = yaml.safe_load((CHART / "files" / "rbac-rules.yaml").read_text())
    rbac, meta = "rbac.authorization.k8s.io", {"name": SERVICE_ACCOUNT}
    control_plane.apply(
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules["namespaced"] + rules["cluster"]},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": SERVICE_ACCOUNT},
            "subjects": [{"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": NAMESPACE}],
        },
    )
    return kubeconfig


def grant_lease(control_plane: ControlPlane, name: str) -> None:
    """A Lease, and the right to get and update that one and no other, as the chart's `leaderElection` gives it to the operator."""
    rbac, meta = "rbac.authorization.k8s.io", {"name": f"lease-{name}", "namespace": NAMESPACE}
    rule = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [name], "verbs": ["get", "update"]}
    control_plane.apply(
        {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name, "namespace": NAMESPACE}},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": meta, "rules": [rule]},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": meta["name"]},
            "subjects": [{"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": NAMESPACE}],
        },
    )


def assembler_kubeconfig(control_plane: ControlPlane, namespace: str) -> tuple[Path, str]:
    """Kubeconfig and user name of an assembler with the chart's rights: a Role beside its Alertmanagers, and to list profiles anywhere."""
    name, rbac = f"assembler-{namespace}", "rbac.authorization.k8s.io"
    kubeconfig = control_plane.kubeconfig_for(name, NAMESPACE)
    written = yaml.safe_load((CHART / "files" / "rbac-rules.yaml").read_text())
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}]
    for kind, rules, meta in (
        ("Role", written["assembling"], {"name": name, "namespace": namespace}),
        ("ClusterRole", written["everywhere"], {"name": name}),
    ):
        role = {"apiGroup": rbac, "kind": kind, "name": name}
        control_plane.apply(
            {"apiVersion": f"{rbac}/v1", "kind": kind, "metadata": meta, "rules": rules},
            {"apiVersion": f"{rbac}/v1", "kind": f"{kind}Binding", "metadata": meta, "roleRef": role, "subjects": subjects},
        )
    return kubeconfig, f"system:serviceaccount:{NAMESPACE}:{name}"


def confined_kubeconfig(control_plane: ControlPlane, *namespaces: str) -> tuple[Path, str]:
    """Kubeconfig and user name of a ServiceAccount with the chart's rights in these namespaces, by Roles, and none elsewhere."""
    name, rbac = f"confined-{namespaces[0]}", "rbac.authorization.k8s.io"
    kubeconfig = control_plane.kubeconfig_for(name, NAMESPACE)
    written = yaml.safe_load((CHART / "files" / "rbac-rules.yaml").read_text())
    rules = written["namespaced"] + written["confined"]
    for namespace in namespaces:
        meta = {"name": name, "namespace": namespace}
        control_plane.apply(
            {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": meta, "rules": rules},
            {
                "apiVersion": f"{rbac}/v1",
                "kind": "RoleBinding",
                "metadata": meta,
                "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
            },
        )
    return kubeconfig, f"system:serviceaccount:{NAMESPACE}:{name}"
