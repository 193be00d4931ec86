"""promtool: the judge of rendered rules."""

import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness import tools
from monitoring_operator.cli import promtool


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """`promtool check rules` at its strictest."""
    return _run("check", "rules", "--lint=all", "--lint-fatal", str(path))


def prove(folder: Path, groups: list[dict[str, Any]], tests: list[dict[str, Any]], *, interval: str) -> tuple[bool, str]:
    """Run rule tests on rule groups, evaluated every `interval`: whether all passed, and promtool's words.

    `tests` are promtool's test groups; their `interval` and the order of evaluation are filled in.
    """
    path = write(folder, groups, tests, interval=interval)
    done = _run("test", "rules", str(path))
    return done.returncode == 0, done.stdout + done.stderr


def failed_files(paths: list[Path], report: Path) -> set[Path]:
    """Those of the test files in which a test fails; run by one process, because starting it costs more than a test.

    `report` is where promtool's JUnit report goes.
    """
    done = _run("test", "rules", f"--junit={report}", *map(str, paths))
    suites = ElementTree.parse(report).getroot().findall("testsuite")
    assert [str(path) for path in paths] == [suite.get("name") for suite in suites], done.stdout[-2000:] + done.stderr[-2000:]
    return {path for path, suite in zip(paths, suites, strict=True) if suite.get("failures") != "0" or suite.get("errors") != "0"}


def write(folder: Path, groups: list[dict[str, Any]], tests: list[dict[str, Any]], *, interval: str, name: str = "case") -> Path:
    """Write a rule file and its test file into `folder`; the path of the test file."""
    return promtool.write(folder, promtool.Check(groups, tests, interval), name)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tools.find("promtool"), *arguments], capture_output=True, text=True, timeout=240, check=False)
