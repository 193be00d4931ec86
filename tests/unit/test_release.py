"""What runs elsewhere and cannot run here is at least what its reader takes: workflows, Dependabot, the distributions."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import tools

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))


def loaded(path: Path) -> Any:
    """A YAML file's content."""
    return yaml.safe_load(path.read_text())


def test_actionlint_finds_nothing() -> None:
    """Syntax, expressions, types of inputs, names of runners and events."""
    done = subprocess.run([tools.find("actionlint"), "-no-color", *WORKFLOWS], capture_output=True, text=True, check=False, timeout=60)

    assert (0, "") == (done.returncode, done.stdout + done.stderr)


def test_dependabot_takes_its_configuration() -> None:
    """It holds to Dependabot's schema, and every folder that it looks into is there."""
    path = ROOT / ".github/dependabot.yml"
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.dependabot", str(path)]
    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=60)
    folders = [f for update in loaded(path)["updates"] for f in (*update.get("directories", ()), update.get("directory", "/"))]

    assert 0 == done.returncode, done.stdout
    assert [] == [folder for folder in folders if not list(ROOT.glob(folder.strip("/") or "*"))]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_rights_are_few(workflow: Path) -> None:
    """By commit, with the version for people; nothing may be written but where a job says so, and no job waits for ever."""
    text = workflow.read_text()
    content = loaded(workflow)

    assert [] == [line for line in re.findall(r"uses: .*", text) if not re.fullmatch(r"uses: [\w./-]+@[0-9a-f]{40} # v[\d.]+", line)]
    assert {"contents": "read"} == content["permissions"]
    assert all(job["timeout-minutes"] <= 60 for job in content["jobs"].values())
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_what_people_run(workflow: Path) -> None:
    """Every `make` target that a workflow calls is one."""
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"run: make ([a-z0-9-]+)", workflow.read_text())) <= targets


def test_every_supported_kubernetes_is_tried() -> None:
    """From the oldest that the chart admits, without a gap; the node images are named by digest."""
    oldest = int(re.findall(r"1\.(\d+)\.0-0", loaded(ROOT / "charts/monitoring-operator/Chart.yaml")["kubeVersion"])[0])
    matrix = loaded(ROOT / ".github/workflows/checks.yaml")["jobs"]["kind"]["strategy"]["matrix"]["include"]
    minors = [int(entry["kubernetes"].partition(".")[2]) for entry in matrix]

    assert list(range(oldest, oldest + len(minors))) == minors
    assert all(re.fullmatch(rf"kindest/node:v{e['kubernetes']}\.\d+@sha256:[0-9a-f]{{64}}", e["image"]) for e in matrix)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both distributions, built as `make dist` does."""
    folder = tmp_path_factory.mktemp("dist")
    for name in ("app_metrics", "operator"):
        build = [str(Path(sys.executable).parent / "uv"), "build", "--quiet", "--no-build-isolation", f"--python={sys.executable}"]
        subprocess.run([*build, f"--out-dir={folder / name}", str(ROOT / name)], check=True, capture_output=True, timeout=120)
    return folder


@pytest.mark.parametrize(("name", "package"), [("app_metrics", "app_metrics"), ("operator", "monitoring_operator")])
def test_distributions_are_whole(name: str, package: str, dist: Path) -> None:
    """Wheel and source hold every file of the package, data included, and the page that the index shows."""
    ours = {
        str(p.relative_to(ROOT / name / "src"))
        for p in (ROOT / name / "src" / package).rglob("*")
        if p.suffix in (".py", ".yaml", ".typed")
    }
    (wheel,), (source,) = (dist / name).glob("*.whl"), (dist / name).glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        files = set(archive.namelist())
        metadata = archive.read(next(f for f in files if f.endswith("METADATA"))).decode()
    with tarfile.open(source) as archive_of_source:
        sources = {f.partition("/src/")[2] for f in archive_of_source.getnames()}
    project = tomllib.loads((ROOT / name / "pyproject.toml").read_text())["project"]

    assert ours <= files
    assert ours <= sources
    assert f"Version: {project['version']}\n" in metadata
    assert metadata.rstrip().endswith((ROOT / name / "README.md").read_text().rstrip())
