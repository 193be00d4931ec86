"""A real Kubernetes API in a few seconds without containers: etcd and kube-apiserver as processes on the loopback address.

It proves what a fake cannot: schema and CEL, server-side apply, RBAC, watches, and, by its audit log, who wrote what.
No controllers run, so nothing collects garbage, empties namespaces or runs pods.
"""

import contextlib
import http.client
import json
import secrets
import socket
import ssl
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness import tools
from harness.cluster import Cluster, KubectlFailed, Object
from harness.process import Process

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_START_TIMEOUT = 60.0
_AUDIT_POLICY: Object = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


class StartFailed(RuntimeError):
    """etcd or kube-apiserver did not come up; the message ends with their logs."""


class ControlPlane(Cluster):
    """etcd and kube-apiserver in `folder`, which holds certificates, kubeconfigs and logs; a context manager.

    The kubeconfig is an administrator's. RBAC is on: everybody else may do what roles say.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "admin.kubeconfig")
        self.folder = folder
        self.audit_log = folder / "audit.jsonl"
        self._certificates = folder / "certificates"
        self._running = contextlib.ExitStack()
        weakref.finalize(self, self._running.close)

    def start(self) -> Self:
        """Start both and wait until the API is ready. Raises StartFailed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        token = secrets.token_urlsafe(32)
        (self.folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
        (self.folder / "audit-policy.json").write_text(json.dumps(_AUDIT_POLICY))
        for attempt in range(3):
            self.port, self.etcd_port, peer_port = free_ports(3)
            processes = [self._start_etcd(self.etcd_port, peer_port), self._start_apiserver(self.etcd_port)]
            try:
                self._await_ready(token, processes)
            except StartFailed as error:
                self.stop()
                # Between asking for a free port and binding it, somebody else may have taken it.
                if "address already in use" not in str(error) or attempt == 2:
                    raise
            else:
                break
        self.kubeconfig.write_text(self._kubeconfig("admin", token))
        return self

    def stop(self) -> None:
        """End both at once: nothing of this cluster is to survive, so there is nothing to save."""
        self._running.close()

    def kubeconfig_for(self, service_account: str, namespace: str) -> Path:
        """Kubeconfig of a ServiceAccount, which is created where it is absent. It may do nothing until a role is bound to it."""
        with contextlib.suppress(KubectlFailed):
            self.kubectl("create", "namespace", namespace)
        self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": service_account, "namespace": namespace}})
        token = self.kubectl("create", "token", service_account, f"--namespace={namespace}", "--duration=24h").strip()
        path = self.folder / f"{namespace}-{service_account}.kubeconfig"
        path.write_text(self._kubeconfig(service_account, token))
        return path

    def audit_position(self) -> int:
        """Where the audit log ends now, in bytes: give it to `audit_events` to see only what came after."""
        return self.audit_log.stat().st_size

    def audit_events(self, after: int = 0) -> list[dict[str, Any]]:
        """Every finished request from a position of the audit log on, as audit.k8s.io/v1 Events with metadata only."""
        with self.audit_log.open("rb") as log:
            log.seek(after)
            events = (json.loads(line) for line in log if line.endswith(b"\n"))
            # What an overloaded server gave up before it knew who asks has no name, and is nobody's.
            return [event for event in events if "username" in event["user"]]

    def writes(self, user: str, after: int = 0) -> list[str]:
        """What a user changed or tried to change, as `patch servicemonitors analytics/ga4 200`.

        `user` is a name as the API server knows it: `system:serviceaccount:NAMESPACE:NAME` for a ServiceAccount.
        """
        return [
            f"{event['verb']} {_target(event['objectRef'])} {event['responseStatus']['code']}"
            for event in self.audit_events(after)
            if event["user"]["username"] == user and event["verb"] in WRITES
        ]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _run(self, *command: str | Path) -> Process:
        process = Process(command, log=self.folder / f"{Path(command[0]).name}.log")
        self._running.callback(process.kill)
        return process

    def _start_etcd(self, port: int, peer_port: int) -> Process:
        address, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
        return self._run(
            tools.find("etcd"),
            f"--data-dir={self.folder / 'etcd'}",
            "--unsafe-no-fsync",
            # The default of 2 GiB is too little for several thousand profiles.
            "--quota-backend-bytes=8589934592",
            f"--listen-client-urls={address}",
            f"--advertise-client-urls={address}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--log-level=warn",
        )

    def _start_apiserver(self, etcd_port: int) -> Process:
        # kube-apiserver makes its own serving certificate; the key of that one signs the ServiceAccounts' tokens too.
        key = self._certificates / "apiserver.key"
        return self._run(
            tools.find("kube-apiserver"),
            f"--etcd-servers=http://127.0.0.1:{etcd_port}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            f"--cert-dir={self._certificates}",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            f"--audit-policy-file={self.folder / 'audit-policy.json'}",
            f"--audit-log-path={self.audit_log}",
            # In mebibytes; after the default of 100 another file is begun, and what was counted from a position is lost.
            "--audit-log-maxsize=10000",
        )

    def _await_ready(self, token: str, processes: list[Process]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._ready(token):
            dead = [process.name for process in processes if process.exit_code is not None]
            if dead or time.monotonic() > deadline:
                why = f"{dead[0]} ended" if dead else f"not ready within {_START_TIMEOUT:g} s"
                logs = "\n".join(f"--- {process.log}\n{process.tail()}" for process in processes)
                raise StartFailed(f"the control plane did not start: {why}\n{logs}")
            time.sleep(0.1)

    def _ready(self, token: str) -> bool:
        try:
            context = ssl.create_default_context(cafile=self._certificates / "apiserver.crt")
            with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=5)) as connection:
                connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {token}"})
                return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def _kubeconfig(self, user: str, token: str) -> str:
        server = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority": str(self._certificates / "apiserver.crt")}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "control-plane",
                "clusters": [{"name": "control-plane", "cluster": server}],
                "users": [{"name": user, "user": {"token": token}}],
                "contexts": [{"name": "control-plane", "context": {"cluster": "control-plane", "user": user}}],
            }
        )


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on now. Somebody may, a moment later."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [s.getsockname()[1] for s in sockets]


def _target(reference: dict[str, str]) -> str:
    resource = "/".join(filter(None, (reference.get("resource"), reference.get("subresource"))))
    return f"{resource} {'/'.join(filter(None, (reference.get('namespace'), reference.get('name'))))}"
