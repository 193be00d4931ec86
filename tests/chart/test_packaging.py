"""What must agree between the chart, the image and the distributions."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chart import rendered

OPERATOR = rendered.ROOT / "operator"
PROJECT: dict[str, Any] = tomllib.loads((OPERATOR / "pyproject.toml").read_text())
CHART: dict[str, Any] = yaml.safe_load((rendered.CHART / "Chart.yaml").read_text())


def pins(lock: Path) -> dict[str, str]:
    """Versions by distribution in a requirements file."""
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock.read_text(), re.MULTILINE)}


def test_one_version_for_operator_chart_and_image() -> None:
    """The chart carries the CRD of one operator version, so all have the same one."""
    version = PROJECT["project"]["version"]
    image = re.search(r"^ARG VERSION=(\S+)", (rendered.ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert (version, version) == (CHART["version"], CHART["appVersion"])
    assert image is not None
    assert version == image[1]


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("requirements.lock", PROJECT["project"]["dependencies"]), ("requirements-build.lock", PROJECT["build-system"]["requires"])],
)
def test_lock_satisfies_the_project(lock: str, wanted: list[str]) -> None:
    """A dependency that was added or raised in pyproject.toml is locked too, or the image would be built without it."""
    locked = pins(OPERATOR / lock)
    requirements = [Requirement(text) for text in wanted if Requirement(text).name != "app-metrics"]

    assert [] == [str(r) for r in requirements if locked.get(canonicalize_name(r.name), "0") not in r.specifier]


def test_build_context_is_a_list_of_what_is_needed() -> None:
    """Everything is ignored first, so that neither .git nor a virtual environment is sent to the builder."""
    lines = [line for line in (rendered.ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]

    assert lines[0] == "*"
    assert [] == [line for line in lines if line.startswith("!") and not (rendered.ROOT / line[1:]).exists()]
