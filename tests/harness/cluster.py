"""A cluster that was named to us by its kubeconfig: tests and demo never touch whatever context happens to be current."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import tools

Object = dict[str, Any]
"""A Kubernetes object as JSON."""


CONTENTS = "monitoringprofiles,alertmanagers,prometheuses,servicemonitors,prometheusrules,configmaps,secrets"

# One line a condition, after the name and generation of its profile.
_CONDITIONS = (
    r'{range .items[*]}{.metadata.name} generation={.metadata.generation}{"\n"}'
    r'{range .status.conditions[*]}  {.type}={.status} {.reason} generation={.observedGeneration}: {.message}{"\n"}{end}{end}'
)


class KubectlFailed(AssertionError):
    """kubectl ended with an error, or did not end; the message holds its words."""


class Cluster:
    """kubectl on one explicit kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        # What kubectl remembers of a server goes by its address, and test servers reuse ports.
        self._kubectl_cache = tempfile.mkdtemp(prefix="kubectl-cache-")
        weakref.finalize(self, shutil.rmtree, self._kubectl_cache, ignore_errors=True)

    def kubectl(self, *args: str | Path, input: str | None = None, timeout: float = 60.0) -> str:  # noqa: A002
        """Standard output of kubectl. Raises KubectlFailed with its standard error, or where it says nothing within `timeout` seconds."""
        command = [tools.find("kubectl"), f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self._kubectl_cache}", *args]
        environment = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"}
        try:
            done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=timeout, check=False, env=environment)
        except subprocess.TimeoutExpired as error:
            raise KubectlFailed(f"kubectl {' '.join(map(str, args))}: not within {timeout:g} s") from error
        if done.returncode:
            raise KubectlFailed(f"kubectl {' '.join(map(str, args))}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *things: Path | Object) -> None:
        """Apply manifests, each a file, a folder or an object, by server-side apply. Raises KubectlFailed."""
        objects = [thing for thing in things if isinstance(thing, dict)]
        paths = [f"--filename={thing}" for thing in things if isinstance(thing, Path)]
        force = ("apply", "--server-side", "--force-conflicts")
        if paths:
            self.kubectl(*force, *paths)
        if objects:
            self.kubectl(*force, "--filename=-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def find(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None where it does not exist."""
        answer = self.kubectl("get", kind, name, *_in(namespace), "--ignore-not-found", "--output=json")
        return json.loads(answer) if answer else None

    def list(self, kinds: str, namespace: str | None = None, *, selector: str = "") -> list[Object]:
        """Objects of the comma-separated `kinds`, of one namespace or of all, sorted by kind and name."""
        where = _in(namespace) if namespace else ("--all-namespaces",)
        answer = self.kubectl("get", kinds, *where, f"--selector={selector}", "--output=json")
        items: list[Object] = json.loads(answer)["items"]
        return sorted(items, key=lambda o: (o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]))

    @contextlib.contextmanager
    def namespace(self, prefix: str = "test") -> Iterator[str]:
        """A namespace with a random name, deleted afterwards with everything of ours in it.

        A bare API server has no controller that would empty a namespace, so what is in it is deleted by hand, once the namespace
        takes nothing new.
        """
        name = f"{prefix}-{secrets.token_hex(4)}"
        self.kubectl("create", "namespace", name)
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
            with contextlib.suppress(KubectlFailed):
                self.kubectl("delete", CONTENTS, "--all", "--wait=false", "--ignore-not-found", *_in(name))

    def dump(self, namespace: str) -> str:
        """What one would look at first when something is wrong in a namespace. Secrets are named, not shown."""
        questions = (
            ("get", "monitoringprofiles"),
            ("get", "monitoringprofiles", f"--output=jsonpath={_CONDITIONS}"),
            ("get", "servicemonitors,prometheusrules"),
            ("get", "configmaps,secrets"),
            ("get", "pods,deployments", "--output=wide"),
            ("get", "events", "--sort-by=.lastTimestamp"),
        )
        return "\n".join(f"$ kubectl {' '.join(question)}\n{self._answer(*question, *_in(namespace))}" for question in questions)

    def _answer(self, *args: str) -> str:
        try:
            return self.kubectl(*args)
        except KubectlFailed as error:
            return f"{error}\n"


def _in(namespace: str | None) -> tuple[str, ...]:
    return (f"--namespace={namespace}",) if namespace else ()
