"""What pages tell people to type for a cluster is typed here as it stands there; what they show is what is printed.

Only the making of the cluster and of its images is left out, as the cluster that was named has both. The operator is taken away
before and put back afterwards, so that a page may install it.
"""

import functools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.conftest import install
from harness import tools
from harness.cluster import Cluster
from harness.documents import ROOT, Block, Page, pages
from harness.stack import OPERATOR_NAMESPACE, HelmFailed, helm
from harness.wait import wait_for
from unit.migration.test_import import RULES

pytestmark = pytest.mark.e2e

README = Page(ROOT / "README.md")
MADE_BEFORE = ("kind ", "docker ", "helm install monitoring kube-prometheus-stack")
"""Beginnings of commands that make the cluster, what runs in it, and the images."""
IMAGE = " --set image.tag=dev --set image.pullPolicy=Never"
"""Installed is the image that the cluster was given beforehand."""
SHOP = "shop"
NOT_TYPED = {
    "charts/monitoring-operator/README.md": "README's commands for another namespace, and a Secret that only kube-prometheus-stack writes",
    "docs/howto/openshift.md": "needs OpenShift; the rights that it gives are those of multi-tenant.md",
    "docs/scaling.md": "several operators: tests/chart installs them",
    "docs/who-is-told.md": "tests/e2e/test_notifications.py sends to stand-ins, where this would tell people",
    "--set prometheus.labels.release=": "the labels of another Prometheus",
    "watch.namespaces=": "one release more: tests/chart installs it",
    "helm install monitoring-operator charts/monitoring-operator": "README's",
}
"""Pages, or parts of commands, that are left out, and why."""


def lines(block: Block) -> list[str]:
    """The commands of a block, each as one would paste it."""
    text = block.text.replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in text.splitlines() if block.language == "sh" or line.startswith("$ ")]


def section(heading: str) -> list[Block]:
    """README's blocks of commands under a heading."""
    begin = README.text.index(f"\n## {heading}\n")
    numbers = [README.text.count("\n", 0, place) + 1 for place in (begin, README.text.find("\n## ", begin + 4))]
    return [block for block in README.blocks("sh") if numbers[0] < block.line < numbers[1]]


def codes(line: str) -> tuple[int, ...]:
    """The exit codes of a command that does its work: some of ours have found something."""
    return (0, 1) if re.search(r"monitoring-operator (diff|verify|import)\b", line) else (0,)


class Terminal:
    """A shell in a checkout, with our command and the tools on its PATH and the named cluster as its current one."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        places = [Path(sys.executable).parent, *{tools.find(name).parent for name in ("kubectl", "helm")}]
        self._folder = folder
        self._environment = os.environ | {
            "KUBECONFIG": str(cluster.kubeconfig),
            "PATH": ":".join([*map(str, places), os.environ["PATH"]]),
            "HOME": str(folder),
        }

    def type(self, line: str, codes: tuple[int, ...] = (0,)) -> str:
        """Standard output of a command that ends well."""
        if line.startswith("helm install monitoring-operator"):
            line += IMAGE
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False, timeout=400,
        )  # fmt: skip
        assert done.returncode in codes, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def uninstall(self) -> None:
        """README's way, whether anything is there or not."""
        for block in section("Uninstall"):
            for line in lines(block):
                self.type(line, codes=(0, 1))


@pytest.fixture(scope="module")
def terminal(cluster: Cluster) -> Iterator[Terminal]:
    """On the cluster without the operator; afterwards it is there as every other test wants it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for entry in ("examples", "charts", "crds", "tests"):
            (folder / entry).symlink_to(ROOT / entry)
        terminal = Terminal(cluster, folder)
        terminal.uninstall()
        yield terminal
        terminal.uninstall()
        cluster.kubectl("delete", "--ignore-not-found", "--filename", ROOT / "examples/ga4_app/deploy.yaml")
        install(cluster)


@pytest.fixture(scope="module")
def printed(terminal: Terminal) -> dict[str, str]:
    """What README's way onto a cluster prints, by command."""
    typed = [line for block in section("On a cluster") for line in lines(block) if not line.startswith(MADE_BEFORE)]
    return {line: terminal.type(line, codes=codes(line)) for line in typed}


def without_ages(table: str) -> list[list[str]]:
    """The words of each row, but for how old something is."""
    return [[re.sub(r"^(\d+[smhd])+$", "AGE", word) for word in row.split()] for row in table.splitlines()]


def test_readmes_way_leads_to_what_it_shows(printed: dict[str, str], terminal: Terminal) -> None:
    """Every command ends well, `helm test` succeeds, and what is printed comes to be as the page has it."""
    shown = {c.line: output for c, output in README.outputs() if c.line in printed}

    assert "Succeeded" in printed["helm test monitoring-operator --namespace monitoring-operator"]
    assert {"kubectl get mprof", "monitoring-operator verify default/hello | grep FAIL"} == set(shown)

    def prints(line: str, output: str) -> bool:
        return without_ages(output) == without_ages(terminal.type(line, codes=codes(line)))

    for line, output in shown.items():
        wait_for(functools.partial(prints, line, output), what=f"{line} prints\n{output}", timeout=180)


def for_a_cluster() -> list[tuple[str, str]]:
    """The commands of all other pages that ask a cluster, each with its page."""
    asks = r"(kubectl|helm|monitoring-operator (doctor|verify|diff|notify-test)|.*\| monitoring-operator)\b"
    found = [
        (str(page.path.relative_to(ROOT)), line)
        for page in pages()
        if page.path != README.path
        for block in page.blocks("sh", "console")
        for line in lines(block)
    ]
    return [(page, line) for page, line in found if re.match(asks, line)]


def left_out(page: str, line: str) -> list[str]:
    """By what a command is left out."""
    return [part for part in NOT_TYPED if part == page or part in line]


def test_what_is_left_out_is_there() -> None:
    """A reason that is about nothing any more goes."""
    assert set(NOT_TYPED) == {part for page, line in for_a_cluster() for part in left_out(page, line)}


@pytest.mark.parametrize("line", dict.fromkeys(line for page, line in for_a_cluster() if not left_out(page, line)))
def test_other_pages_commands_end_well(line: str, printed: dict[str, str], terminal: Terminal, cluster: Cluster) -> None:
    """With README's objects in the cluster."""
    if "team-a" in line:
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}})
    if f"--namespace {SHOP}" in line:
        kind = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
        rules = [rule for rule in yaml.safe_load(RULES)["groups"][0]["rules"] if rule.get("alert") != "Broken"]
        cluster.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SHOP}},
            {**kind, "metadata": {"name": SHOP, "namespace": SHOP}, "spec": {"groups": [{"name": SHOP, "rules": rules}]}},
        )
    try:
        terminal.type(line, codes=codes(line))
    finally:
        cluster.kubectl("delete", "namespace", "--ignore-not-found", "--wait=false", "team-a", SHOP)
        cluster.kubectl("delete", "clusterrole", "--ignore-not-found", "monitoring-profiles")


def test_readmes_uninstall_leaves_nothing(printed: dict[str, str], terminal: Terminal, cluster: Cluster) -> None:
    """No profile, no child, no operator, no type. (The last test: nothing of the others is there afterwards.)"""
    for block in section("Uninstall"):
        for line in lines(block):
            terminal.type(line)
    managed = "app.kubernetes.io/managed-by=monitoring-operator"

    wait_for(lambda: not cluster.list("servicemonitors,prometheusrules,configmaps", selector=managed), what="children are gone", timeout=60)
    assert cluster.find("crd", "monitoringprofiles.monitoring-operator.dev") is None
    with pytest.raises(HelmFailed, match="not found"):
        helm(cluster, "status", OPERATOR_NAMESPACE)
