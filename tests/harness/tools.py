"""Where the binaries are that tests and demo run: a real API server and the real promtool find what a fake would hide.

Looked for in MONITORING_TOOLS_DIR, in KUBEBUILDER_ASSETS, in this project's cache (filled by `make tools`) and on PATH. The
first two are taken as they are, because somebody named them; on PATH anything may lie, so its version is asked for first.
"""

import functools
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).parent.parent / "tools"
PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator"


class ToolMissing(RuntimeError):
    """A binary or file that `make tools` provides is not there."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not there: run `make tools`")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program built from a pinned Go module.

    `oldest` is the oldest version that is accepted from PATH, `minutes` what a first build takes on two cores.
    """

    name: str
    module: str
    package: str
    oldest: tuple[int, int]
    minutes: int
    ask_version: tuple[str, ...] = ("--version",)
    tags: str = ""

    @property
    def folder(self) -> Path:
        """Where the go.mod is that pins it."""
        return MODULES / self.module

    def key(self) -> str:
        """Fingerprint of everything the build depends on, so that a changed pin means a new build."""
        parts = [(self.folder / "go.mod").read_bytes(), (self.folder / "go.sum").read_bytes(), self.package.encode(), self.tags.encode()]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]

    def pinned_version(self) -> str:
        """Version of the module that holds the program, with its leading `v`, read from go.mod."""
        required = re.finditer(r"^\s*(?:require )?(\S+) (v\S+)", (self.folder / "go.mod").read_text(), re.MULTILINE)
        return next(found[2] for found in required if f"{self.package}/".startswith(f"{found[1]}/"))


# Prometheus' service discoveries for clouds are most of its size and are not needed here.
_NO_CLOUDS = "remove_all_sd,enable_kubernetes_sd"

TOOLS = {
    tool.name: tool
    for tool in (
        Tool("etcd", "etcd", "go.etcd.io/etcd/server/v3", (3, 5), 1),
        Tool("kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", (1, 31), 4),
        # kubectl is made for servers that are at most one minor version newer than itself.
        Tool("kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl", (1, 35), 1, ask_version=("version", "--client")),
        Tool("promtool", "prometheus", "github.com/prometheus/prometheus/cmd/promtool", (3, 0), 2, tags=_NO_CLOUDS),
        Tool("prometheus", "prometheus", "github.com/prometheus/prometheus/cmd/prometheus", (3, 0), 2, tags=_NO_CLOUDS),
        Tool("amtool", "alertmanager", "github.com/prometheus/alertmanager/cmd/amtool", (0, 27), 1),
        Tool("alertmanager", "alertmanager", "github.com/prometheus/alertmanager/cmd/alertmanager", (0, 27), 1),
        Tool("actionlint", "actionlint", "github.com/rhysd/actionlint/cmd/actionlint", (1, 7), 1, ask_version=("-version",)),
        Tool("kubeconform", "kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", (0, 6), 1, ask_version=("-v",)),
        Tool("helm", "helm", "helm.sh/helm/v4/cmd/helm", (3, 16), 1, ask_version=("version", "--short")),
    )
}


def cache() -> Path:
    """The folder that `make tools` fills."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "monitoring-operator" / "tools"


def stamp_of(program: Path) -> Path:
    """The file beside a program in the cache that holds the key it was built from."""
    return program.with_name(f".{program.name}.key")


def find(name: str) -> Path:
    """The program `name`.

    Raises ToolMissing if it is nowhere, KeyError if it is none of TOOLS.
    """
    tool = TOOLS[name]
    for path in _candidates(tool):
        if os.access(path, os.X_OK) and path.is_file():
            return path
    on_path = shutil.which(name)
    if on_path and _version(on_path, tool.ask_version) >= tool.oldest:
        return Path(on_path)
    raise ToolMissing(name)


def prometheus_operator_crds() -> list[Path]:
    """prometheus-operator's CustomResourceDefinitions, one YAML file each, of the version pinned in tests/tools.

    Raises ToolMissing if they are not in the cache.
    """
    files = sorted(crd_folder().glob("*.yaml"))
    if not files:
        raise ToolMissing("the CRDs of prometheus-operator")
    return files


def crd_folder() -> Path:
    """The cache's folder for prometheus-operator's CRDs, named after the pinned version's checksum."""
    key = hashlib.sha256((MODULES / "prometheus-operator" / "go.sum").read_bytes()).hexdigest()[:16]
    return cache() / "prometheus-operator-crds" / key


def _candidates(tool: Tool) -> Iterator[Path]:
    for variable in ("MONITORING_TOOLS_DIR", "KUBEBUILDER_ASSETS"):
        if folder := os.environ.get(variable):
            yield Path(folder) / tool.name
    built = cache() / "bin" / tool.name
    stamp = stamp_of(built)
    if stamp.is_file() and stamp.read_text() == tool.key():
        yield built


@functools.cache
def _version(program: str, question: tuple[str, ...]) -> tuple[int, int]:
    """Major and minor version that a program says it has; (0, 0) if it says none."""
    try:
        answer = subprocess.run([program, *question], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return (0, 0)
    found = re.search(r"\bv?(\d+)\.(\d+)", answer.stdout + answer.stderr)
    return (int(found[1]), int(found[2])) if found else (0, 0)
