"""The workspace itself: what is installed is what is tested, from locks that fit, by commands that explain themselves."""

import importlib.metadata
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import app_metrics

ROOT = Path(__file__).parents[2]
OURS = {"monitoring-operator", "app-metrics"}
LOCKS = ("requirements.lock", "operator/requirements.lock", "operator/requirements-build.lock", "tests/tools/go/requirements.lock")
TARGETS = ("demo", "test", "check", "e2e", "tools", "generate", "kind-up", "kind-down", "image", "dist", "docs", "docs-serve")


def toml(path: str) -> dict[str, Any]:
    """A TOML file of the repository."""
    return tomllib.loads((ROOT / path).read_text())


def entries(lock: str) -> dict[str, str]:
    """Name to version of everything a lock pins."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {str(canonicalize_name(name)): version for name, version in pins}


def group(name: str) -> Iterator[str]:
    """The requirements of a dependency group, those of included groups too."""
    for entry in toml("pyproject.toml")["dependency-groups"][name]:
        if isinstance(entry, dict):
            yield from group(entry["include-group"])
        else:
            yield entry


def wanted() -> list[str]:
    """What the pyproject files ask for, extras and the build backend included."""
    texts = list(group("dev"))
    for project in ("operator/pyproject.toml", "app_metrics/pyproject.toml"):
        content = toml(project)
        extras = content["project"].get("optional-dependencies", {})
        texts += [*content["build-system"]["requires"], *content["project"]["dependencies"], *(r for e in extras.values() for r in e)]
    return sorted({text for text in texts if canonicalize_name(Requirement(text).name) not in OURS})


@pytest.mark.parametrize("requirement", wanted())
def test_the_lock_satisfies_the_pyproject_files(requirement: str) -> None:
    """Whoever changes a requirement and forgets `make lock` hears of it here."""
    asked, pinned = Requirement(requirement), entries("requirements.lock")

    assert canonicalize_name(asked.name) in pinned
    assert asked.specifier.contains(pinned[canonicalize_name(asked.name)], prereleases=True)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock: str) -> None:
    """The hashes say whether a file is the right one; where it comes from is each machine's own affair."""
    text = (ROOT / lock).read_text()
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]

    assert [] == [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]
    assert [] == re.findall(r"\S+://\S+|--index-url|--find-links|^-e .*", text, re.MULTILINE)


@pytest.mark.parametrize("lock", ["operator/requirements.lock", "operator/requirements-build.lock"])
def test_the_image_gets_the_versions_that_are_tested(lock: str) -> None:
    """The image's locks are parts of the one that tests are run with."""
    tested = entries("requirements.lock")

    assert {} == {name: version for name, version in entries(lock).items() if tested.get(name) != version}


def test_what_is_installed_is_what_is_locked() -> None:
    """Every package that the lock pins and this environment has is there in the pinned version."""
    installed = {str(canonicalize_name(d.metadata["Name"])): d.version for d in importlib.metadata.distributions()}

    assert {} == {
        name: installed[name] for name, version in entries("requirements.lock").items() if installed.get(name, version) != version
    }


def test_the_operators_folder_is_no_package() -> None:
    """With an __init__.py, `operator/` would take the place of the standard library's module on some Python versions."""
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_the_library_is_the_installed_one() -> None:
    """From the repository's root `import app_metrics` can find the project folder, an empty namespace without a file."""
    assert ROOT / "app_metrics/src/app_metrics/__init__.py" == Path(app_metrics.__file__ or "")


def make(*args: str, **environment: str) -> str:
    """What make says."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    return subprocess.run(["make", *args], cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("target", TARGETS)
def test_make_help_explains(target: str) -> None:
    """`make` alone lists every target with a sentence."""
    assert re.search(rf"^  make {target}\s+\w+", make(), re.MULTILINE)


@pytest.mark.parametrize("target", ["demo", "e2e"])
def test_only_a_cluster_named_on_the_command_line_is_touched(target: str) -> None:
    """A KUBECONFIG that the shell happens to export is nobody's wish."""
    ambient = make("--dry-run", "--assume-old=.venv/.ready", target, KUBECONFIG="/ambient/config")
    named = make("--dry-run", "--assume-old=.venv/.ready", target, "KUBECONFIG=/named/config")

    assert "/ambient/config" not in ambient
    assert "--kubeconfig '/named/config'" in named
