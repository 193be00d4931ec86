"""One application with its profile on a real cluster, and what Prometheus and Alertmanager there say of it."""

import base64
import json
import subprocess
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness import tools
from harness.cluster import Cluster, Object
from harness.profiles import CHILDREN, child, condition, get, settled
from harness.wait import wait_for

OPERATOR_NAMESPACE = "monitoring-operator"


EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def application(namespace: str) -> list[Object]:
    """The example application's objects, for a namespace."""
    objects = yaml.safe_load_all((EXAMPLES / "ga4_app" / "deploy.yaml").read_text())
    return [{**o, "metadata": {**o["metadata"], "namespace": namespace}} for o in objects]


class HelmFailed(AssertionError):
    """helm ended with an error."""


def helm(cluster: Cluster, *args: str | Path) -> str:
    """Standard output of helm on the named cluster. Raises HelmFailed with helm's words."""
    command = [tools.find("helm"), f"--kubeconfig={cluster.kubeconfig}", f"--namespace={OPERATOR_NAMESPACE}", *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise HelmFailed(f"helm {' '.join(map(str, args))}: {done.stderr}{done.stdout}")
    return done.stdout


@dataclass
class Monitoring:
    """The cluster's Prometheus and Alertmanager, asked through the API server's proxy."""

    cluster: Cluster
    namespace: str
    config_secret: str

    def prometheus(self, path: str, **query: str) -> Any:
        """`data` of an answer of Prometheus' HTTP API."""
        return self._get(f"services/prometheus-operated:web/proxy/api/v1/{path}", query)["data"]

    def query(self, promql: str) -> list[dict[str, Any]]:
        """Result of an instant query."""
        result: list[dict[str, Any]] = self.prometheus("query", query=promql)["result"]
        return result

    def targets(self, pool: str) -> list[dict[str, Any]]:
        """Active targets of a scrape pool."""
        return [t for t in self.prometheus("targets", state="active")["activeTargets"] if t["scrapePool"] == pool]

    def rule_groups(self) -> list[dict[str, Any]]:
        """Every rule group that is loaded."""
        groups: list[dict[str, Any]] = self.prometheus("rules")["groups"]
        return groups

    def rules_in(self, file: str) -> list[dict[str, Any]]:
        """Loaded rules whose file's name ends with `file`."""
        return [r for g in self.rule_groups() if g["file"].endswith(file) for r in g["rules"]]

    def alertmanager_config(self) -> str:
        """The configuration that Alertmanager runs."""
        original: str = self._get("services/alertmanager-operated:web/proxy/api/v2/status", {})["config"]["original"]
        return original

    def alertmanager_metrics(self) -> str:
        """What Alertmanager counts."""
        return self.cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{self.namespace}/services/alertmanager-operated:web/proxy/metrics")

    def alertmanager_logs(self) -> str:
        """What every container of Alertmanager's pods has logged."""
        selector = "app.kubernetes.io/name=alertmanager"
        return self.cluster.kubectl("logs", f"--selector={selector}", "--all-containers", "--tail=-1", f"--namespace={self.namespace}")

    def alerts(self, namespace: str) -> list[dict[str, Any]]:
        """The alerts of a namespace that Alertmanager has, with their status."""
        filters = {"filter": f'namespace="{namespace}"'}
        found: list[dict[str, Any]] = self._get("services/alertmanager-operated:web/proxy/api/v2/alerts", filters)
        return found

    def written_config(self) -> str:
        """`alertmanager.yaml` of the Secret that the operator writes."""
        return self._data().get("alertmanager.yaml", "")

    def secret_values(self) -> set[str]:
        """Values of the other keys of that Secret."""
        return {value for key, value in self._data().items() if key != "alertmanager.yaml"}

    def _data(self) -> dict[str, str]:
        secret = self.cluster.find("secrets", self.config_secret, self.namespace) or {}
        return {k: base64.b64decode(v).decode() for k, v in secret.get("data", {}).items()}

    def _get(self, path: str, query: dict[str, str]) -> Any:
        suffix = f"?{urllib.parse.urlencode(query)}" if query else ""
        return json.loads(self.cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{self.namespace}/{path}{suffix}"))


@dataclass
class Stack:
    """The example application and its profile in a namespace of their own."""

    cluster: Cluster
    namespace: str
    name: str
    manifest: Object
    secrets: tuple[str, ...] = field(repr=False)

    def profile(self) -> Object:
        """The profile as it is now."""
        return get(self.cluster, self.namespace, self.name)

    def applied(self) -> Object:
        """The profile, once its children are as it asks for now; whether they are live may take minutes to show."""

        def probe() -> Object:
            found = self.profile()
            verdict = condition(found, "Applied")
            assert (verdict.get("status"), verdict.get("observedGeneration")) == ("True", found["metadata"]["generation"]), verdict
            return found

        return wait_for(probe, what="the children are applied", timeout=60)

    def live(self) -> Object:
        """The profile, once everything of it is live."""
        return settled(self.cluster, self.namespace, self.name, reason="Live", timeout=300)

    def child(self, kind: str, name: str) -> Object:
        """One child; LookupError while it is missing."""
        return child(self.cluster, kind, name, self.namespace)

    def all_children(self) -> list[Object]:
        """Every child in the profile's namespace."""
        return [o for kind in CHILDREN for o in self.children(kind)]

    def children(self, kind: str, namespace: str | None = None) -> list[Object]:
        """Children of a kind."""
        selector = f"monitoring-operator.dev/profile={self.name},monitoring-operator.dev/profile-namespace={self.namespace}"
        return self.cluster.list(kind, namespace or self.namespace, selector=selector)

    def patch(self, change: Object) -> None:
        """Merges a change into the profile. Raises KubectlFailed where the API server refuses it."""
        self.cluster.kubectl(
            "patch", "monitoringprofile", self.name, f"--namespace={self.namespace}", "--type=merge", f"--patch={json.dumps(change)}"
        )

    def operator_log(self) -> str:
        """What the operator has logged since its start."""
        return self.cluster.kubectl("logs", "deployment/monitoring-operator", f"--namespace={OPERATOR_NAMESPACE}")

    def operator_metrics(self) -> str:
        """What the operator counts."""
        return self.cluster.kubectl(
            "get", "--raw", f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/services/monitoring-operator:metrics/proxy/metrics"
        )

    def restart_operator(self) -> None:
        """Ends the operator's pod and waits for the next one."""
        self.cluster.kubectl("rollout", "restart", "deployment/monitoring-operator", f"--namespace={OPERATOR_NAMESPACE}")
        self.cluster.kubectl(
            "rollout", "status", "deployment/monitoring-operator", f"--namespace={OPERATOR_NAMESPACE}", "--timeout=120s", timeout=130
        )
