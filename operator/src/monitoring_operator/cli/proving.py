"""`monitoring-operator test`: every alert of a profile run through its tests by promtool, and which of them that proves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from monitoring_operator.api.profile import Profile
from monitoring_operator.cli import formats
from monitoring_operator.cli.documents import UnreadableError, load
from monitoring_operator.cli.promtool import Check, PromtoolMissing, failures, find
from monitoring_operator.proof.suites import Suite, suites

NO_CASE = "no case: write some in promtool's form and give them by --cases"


class UnusableCases(Exception):
    """What was given as test cases is no test file of promtool's; the message says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one alert. `proven` is None for one without a case; `failed` are the titles of the cases that do not hold."""

    alert: str
    path: str
    cases: int
    proven: bool | None
    failed: tuple[str, ...] = ()
    words: str = ""


def test_files(files: Sequence[str], *, promtool: str | None, own_cases: Sequence[str], retention: float | None, output: str) -> int:
    """Prints which alerts were proven; returns the exit code: 1 if a case fails or a profile is not valid, 2 if nothing could be run."""
    try:
        loaded = load(files, retention=retention)
        written = [test for path in own_cases for test in _tests_of(Path(path))]
        for note in (*loaded.notes, *loaded.findings):
            click.echo(note, err=True)
        if loaded.findings:
            if output != formats.TEXT:
                click.echo(formats.data({"profiles": [], "problems": [asdict(finding) for finding in loaded.findings]}, output), nl=False)
            return 1
        found = prove([profile for _, profile in loaded.profiles], find(promtool), written)
    except (UnreadableError, UnusableCases, PromtoolMissing) as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 2
    click.echo(_as_table(found) if output == formats.TEXT else formats.data(_as_data(found), output), nl=False)
    return int(any(verdict.proven is False for verdicts in found.values() for verdict in verdicts))


def prove(profiles: Iterable[Profile], promtool: str, written: Sequence[Mapping[str, Any]]) -> dict[str, list[Verdict]]:
    """A verdict on every alert of every profile, by `namespace/name`; `written` are tests of the user's own. Raises PromtoolMissing."""
    asked = {f"{p.namespace}/{p.name}": (p, [_with(suite, written) for suite in suites(p)]) for p in profiles}
    checks = {
        f"{owner} {number}": Check([{"name": "under-test", "rules": [suite.rule]}], suite.tests, profile.spec.scrape.interval)
        for owner, (profile, all_suites) in asked.items()
        for number, suite in enumerate(all_suites)
        if suite.tests
    }
    broken = failures(promtool, checks)
    return {
        owner: [_verdict(suite, broken.get(f"{owner} {number}")) for number, suite in enumerate(all_suites)]
        for owner, (_, all_suites) in asked.items()
    }


def _tests_of(path: Path) -> list[Mapping[str, Any]]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UnusableCases(f"cannot read {path}: {error}") from error
    tests = document.get("tests") if isinstance(document, dict) else None
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        raise UnusableCases(f"{path} is not a test file of promtool's: it has no list of tests")
    return tests


def _with(suite: Suite, written: Sequence[Mapping[str, Any]]) -> Suite:
    """The suite with those of the user's tests that ask about its alert, cut down to the questions about it."""
    tests = []
    for number, test in enumerate(written, start=1):
        asked = [question for question in test.get("alert_rule_test") or () if question.get("alertname") == suite.alert]
        if asked:
            name = f"{suite.alert}: {test.get('name') or f'case {number}'}"
            kept = {k: v for k, v in test.items() if k not in ("promql_expr_test", "alert_rule_test", "name")}
            tests.append({**kept, "name": name, "alert_rule_test": asked})
    return Suite(suite.alert, suite.path, suite.rule, (*suite.tests, *tests))


def _verdict(suite: Suite, words: str | None) -> Verdict:
    if not suite.tests:
        return Verdict(suite.alert, suite.path, 0, None)
    if words is None:
        fires = any(question["exp_alerts"] for test in suite.tests for question in test["alert_rule_test"] if question.get("exp_alerts"))
        return Verdict(suite.alert, suite.path, len(suite.tests), fires or None)
    failed = tuple(test["name"].removeprefix(f"{suite.alert}: ") for test in suite.tests if f"name: {test['name']}" in words)
    return Verdict(suite.alert, suite.path, len(suite.tests), False, failed, words)


def _as_table(found: Mapping[str, Sequence[Verdict]]) -> str:
    blocks = []
    for owner, verdicts in found.items():
        rows = [("ALERT", "PROVEN", "CASES", ""), *(_row(v) for v in verdicts)]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip() for row in rows]
        words = [f"\n{v.alert} ({v.path}):\n{v.words}" for v in verdicts if v.words]
        proven = sum(v.proven is True for v in verdicts)
        blocks.append("\n".join([owner, *lines, *words, f"{proven} of {len(verdicts)} alerts proven\n"]))
    return "\n".join(blocks)


def _row(verdict: Verdict) -> tuple[str, str, str, str]:
    match verdict.proven:
        case True:
            return verdict.alert, "yes", str(verdict.cases), ""
        case False:
            return verdict.alert, "NO", str(verdict.cases), f"failed: {'; '.join(verdict.failed) or 'see below'}"
    note = NO_CASE if not verdict.cases else "no case in which it fires"
    return verdict.alert, "no", str(verdict.cases), note


def _as_data(found: Mapping[str, Sequence[Verdict]]) -> dict[str, Any]:
    profiles = []
    for owner, verdicts in found.items():
        namespace, _, name = owner.partition("/")
        alerts = [
            {"alert": v.alert, "path": v.path, "proven": v.proven is True, "cases": v.cases, "failed": list(v.failed)} for v in verdicts
        ]
        profiles.append({"namespace": namespace, "name": name, "alerts": alerts})
    return {"profiles": profiles, "problems": []}
