"""promtool as a process: where it is, and what it says of rules and tests."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from monitoring_operator.stack import programs

DEADLINE = 600.0
"""Seconds that all tests of all profiles may take together."""


class PromtoolMissing(Exception):
    """There is no promtool to be run, or what is there is none; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Check:
    """One alert's rule with its tests, which are evaluated every `interval`."""

    groups: Sequence[Mapping[str, Any]]
    tests: Sequence[Mapping[str, Any]]
    interval: str


def find(named: str | None) -> str:
    """The promtool that was named, else the one that is found. Raises PromtoolMissing."""
    if named:
        if (found := shutil.which(named)) is None:
            raise PromtoolMissing(f"{named}, named by --promtool or the variable PROMTOOL, cannot be run; it comes with Prometheus")
        return found
    try:
        return str(programs.find("promtool", None))
    except programs.ProgramMissing as error:
        raise PromtoolMissing(str(error)) from error


def failures(promtool: str, checks: Mapping[str, Check]) -> dict[str, str]:
    """For each of `checks` that does not hold, by its key, promtool's words. Raises PromtoolMissing.

    One process runs them all: starting it costs more than a test.
    """
    if not checks:
        return {}
    with tempfile.TemporaryDirectory(prefix="monitoring-operator-") as folder:
        paths = {str(write(Path(folder), check, f"{number:04}")): key for number, (key, check) in enumerate(checks.items())}
        report = Path(folder) / "report.xml"
        command = [promtool, "test", "rules", f"--junit={report}", *paths]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)  # noqa: S603 -- no shell
            root = ElementTree.parse(report).getroot()  # noqa: S314 -- promtool's own
        except subprocess.TimeoutExpired as error:
            why = "a long `for` at a short interval makes tests long"
            raise PromtoolMissing(f"{promtool} was not done with the tests after {DEADLINE:.0f} seconds; {why}") from error
        except (OSError, ElementTree.ParseError) as error:
            raise PromtoolMissing(f"{promtool} did not run the tests ({type(error).__name__}); version 2.53 or newer is needed") from error
    said = {suite.get("name", ""): suite for suite in root.findall("testsuite")}
    if said.keys() != paths.keys():
        raise PromtoolMissing(f"{promtool} did not run all tests: {done.stderr.strip()[-500:]}")
    return {paths[name]: _words(suite) for name, suite in said.items() if suite.get("failures") != "0" or suite.get("errors") != "0"}


def write(folder: Path, check: Check, name: str) -> Path:
    """Writes rules and tests into `folder`, as JSON, which is YAML and much faster; returns the path of the tests."""
    rules, tests = folder / f"{name}.rules.yaml", folder / f"{name}.test.yaml"
    rules.write_text(json.dumps({"groups": check.groups}), encoding="utf-8")
    document = {
        "rule_files": [str(rules)],
        "evaluation_interval": check.interval,
        "tests": [{"interval": check.interval, **test} for test in check.tests],
    }
    tests.write_text(json.dumps(document), encoding="utf-8")
    return tests


def _words(suite: ElementTree.Element) -> str:
    return "\n".join("".join(case.itertext()).strip() for case in suite.iter("testcase")).strip()
