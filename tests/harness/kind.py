"""`make kind-up`, `make kind-down`, `make image`: a cluster to try everything out on, for machines with a container engine.

kube-prometheus-stack, the operator's image and its chart end up in a kind cluster whose kubeconfig is a file of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import tools
from harness.operator import CHART, ROOT

CLUSTER = "monitoring-operator"
CONFIG = ROOT / "kind-config.yaml"
KUBECONFIG = ROOT / "build" / "kind.kubeconfig"
OPERATOR_IMAGE = "localhost/monitoring-operator:dev"
EXAMPLE_IMAGE = "localhost/ga4-app:dev"
VALUES = ROOT / "tests" / "e2e"
# The chart that brings prometheus-operator 0.85, the oldest that is supported.
STACK_REPOSITORY = "https://prometheus-community.github.io/helm-charts"
STACK_VERSION = "77.*"


class Unable(RuntimeError):
    """Something that is needed is not on this machine, or a command failed; the message says what to do."""


def engine(*names: str) -> str:
    """The first of these container engines that works. Raises Unable."""
    for name in names:
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:
            return name
    raise Unable(
        f"no working container engine: {' or '.join(names)} must be installed and running for the user that calls make.\n"
        "Without one, `make demo` shows the main job and `make test` runs everything but tests/e2e."
    )


def build(builder: str) -> None:
    """Build the operator's image and the example application's."""
    _run(builder, "build", "--tag", OPERATOR_IMAGE, ROOT)
    _run(builder, "build", "--tag", EXAMPLE_IMAGE, "--file", ROOT / "examples" / "ga4_app" / "Dockerfile", ROOT)


def up(image: str | None = None) -> None:
    """Make the cluster with this node image or kind's own, or go on with one that exists, and install everything in it. Raises Unable."""
    builder = engine("docker", "podman")
    kind = _kind()
    provider = {"KIND_EXPERIMENTAL_PROVIDER": "podman"} if builder == "podman" else {}
    KUBECONFIG.parent.mkdir(exist_ok=True)
    if CLUSTER in _output(kind, "get", "clusters", env=provider).split():
        _run(kind, "export", "kubeconfig", "--name", CLUSTER, "--kubeconfig", KUBECONFIG, env=provider)
    else:
        node = ("--image", image) if image else ()
        _run(kind, "create", "cluster", "--config", CONFIG, *node, "--kubeconfig", KUBECONFIG, "--wait", "120s", env=provider)
    build(builder)
    with tempfile.TemporaryDirectory() as folder:
        for built in (OPERATOR_IMAGE, EXAMPLE_IMAGE):
            archive = Path(folder) / "image.tar"
            _run(builder, "save", "--output", archive, built)
            # Loads from any engine; `kind load docker-image` needs docker's own client.
            _run(kind, "load", "image-archive", archive, "--name", CLUSTER, env=provider)
            archive.unlink()
    stack = ("kube-prometheus-stack", "--repo", STACK_REPOSITORY, "--version", STACK_VERSION)
    _install("monitoring", "monitoring", *stack, values=VALUES / "values-kube-prometheus-stack.yaml")
    _install("monitoring-operator", "monitoring-operator", CHART, values=VALUES / "values.yaml")
    where = KUBECONFIG.relative_to(ROOT)
    print(f"\nReady. Try it:\n  export KUBECONFIG={where}\n  make e2e KUBECONFIG={where}\nand when done: make kind-down")


def down() -> None:
    """Delete the cluster. Raises Unable."""
    provider = {"KIND_EXPERIMENTAL_PROVIDER": "podman"} if engine("docker", "podman") == "podman" else {}
    _run(_kind(), "delete", "cluster", "--name", CLUSTER, "--kubeconfig", KUBECONFIG, env=provider)
    KUBECONFIG.unlink(missing_ok=True)


def _kind() -> str:
    program = shutil.which("kind")
    if not program:
        raise Unable("kind is not on PATH: https://kind.sigs.k8s.io/docs/user/quick-start/#installation")
    return program


def _install(release: str, namespace: str, *chart: str | Path, values: Path) -> None:
    where = ("--namespace", namespace, "--create-namespace", "--kubeconfig", KUBECONFIG)
    _run(tools.find("helm"), "upgrade", "--install", release, *chart, *where, "--values", values, "--wait", "--timeout", "10m")


def _run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    print("$", *command, flush=True)
    if subprocess.run(command, env=os.environ | (env or {}), check=False).returncode:
        raise Unable(f"this failed: {' '.join(map(str, command))}")


def _output(*command: str | Path, env: dict[str, str]) -> str:
    done = subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unable(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Entry point of the three make targets."""
    parser = argparse.ArgumentParser(description="A kind cluster with everything in it.")
    parser.add_argument("action", choices=("image", "up", "down"))
    parser.add_argument("--image", help="node image for `up`: which Kubernetes it is")
    given = parser.parse_args()
    action = given.action
    try:
        if action == "image":
            build(engine("docker", "podman", "buildah"))
        elif action == "up":
            up(given.image)
        else:
            down()
    except (Unable, tools.ToolMissing) as error:
        print(f"make: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
