"""`monitoring-operator test` with a real promtool: what it proves, and what it says where it cannot."""

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from harness import generate, tools
from harness.content.profiles import EVERYTHING_CHANGED, NAME, NAMESPACE, spec
from monitoring_operator.api import names
from monitoring_operator.cli import promtool
from monitoring_operator.cli.main import cli
from monitoring_operator.content import ALERT_NAMES

EXTRA = {"alert": "QueueLong", "expr": "queue_length > 5", "for": "1m", "severity": "warning", "summary": "The queue is long."}
LABELS = {"namespace": NAMESPACE, "profile": NAME, "severity": "warning", "signal": "QueueLong", "queue": "a"}


def profile_in(folder: Path, **sections: object) -> Path:
    """A file with one profile."""
    body = {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": spec(**sections),
    }
    path = folder / "profile.yaml"
    path.write_text(yaml.safe_dump(body))
    return path


def cases_in(folder: Path, values: str) -> Path:
    """A file of promtool's with one case, as a user would write it."""
    asked = {"eval_time": "5m", "alertname": "QueueLong", "exp_alerts": [{"exp_labels": LABELS}]}
    tests = [{"interval": "1m", "input_series": [{"series": 'queue_length{queue="a"}', "values": values}], "alert_rule_test": [asked]}]
    path = folder / "cases.yaml"
    path.write_text(yaml.safe_dump({"rule_files": ["nowhere.yaml"], "tests": tests}))
    return path


def prove(*args: str | Path) -> Result:
    """The command in this process, with the promtool of the tests."""
    return CliRunner().invoke(cli, ["test", *map(str, args)], env={"PROMTOOL": str(tools.find("promtool"))})


def verdicts(result: Result) -> dict[str, bool]:
    """Which alerts were proven."""
    (profile,) = json.loads(result.stdout)["profiles"]
    return {alert["alert"]: alert["proven"] for alert in profile["alerts"]}


@pytest.mark.parametrize(
    "sections",
    [{}, EVERYTHING_CHANGED, {"scrape": {"interval": "1m"}, "alerts": {"labels": {"team": "{{"}}}],
    ids=["defaults", "everything changed", "rare scrapes"],
)
def test_every_alert_of_the_catalogue_is_proven(sections: dict[str, object], tmp_path: Path) -> None:
    """At the thresholds, waits and intervals of the profile, whatever they are."""
    result = prove(profile_in(tmp_path, **sections), "--output", "json")

    assert 0 == result.exit_code, result.output
    assert dict.fromkeys(ALERT_NAMES, True) == verdicts(result)


def test_verdicts_can_be_data(tmp_path: Path) -> None:
    """JSON and YAML hold the same; what is wrong with a profile is data too."""
    good, bad = profile_in(tmp_path), tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace("port: http", "port: '8000'"))
    printed = [prove(good, "--output", output).stdout for output in ("json", "yaml")]
    refused = prove(bad, "--output", "yaml")
    (problem,) = yaml.safe_load(refused.stdout)["problems"]

    assert json.loads(printed[0]) == yaml.safe_load(printed[1])
    assert (1, str(bad)) == (refused.exit_code, problem["file"])


def test_the_examples_say_which_alert_has_no_case() -> None:
    """Two profiles in two tables; an alert of the user's own is proven by nobody, and that is said."""
    result = prove(generate.EXAMPLES / "ga4-analytics.yaml", generate.EXAMPLES / "minimal.yaml")

    assert 0 == result.exit_code, result.output
    lines = result.stdout.splitlines()
    assert ["ALERT", "PROVEN", "CASES"] == lines[1].split()
    assert any(line.startswith("NightlyExportMissing") and "no case" in line for line in lines)
    assert ["20 of 21 alerts proven", "21 of 21 alerts proven"] == [line for line in lines if line.endswith("proven")]


def test_own_cases_prove_own_alerts(tmp_path: Path) -> None:
    """In promtool's own form, with the labels that the rule has as rendered."""
    made = profile_in(tmp_path, packs=["http"], alerts={"extra": [EXTRA]})

    assert not verdicts(prove(made, "--output", "json"))["QueueLong"]
    assert verdicts(prove(made, "--cases", cases_in(tmp_path, "6+0x10"), "--output", "json"))["QueueLong"]


def test_a_case_that_fails_is_shown(tmp_path: Path) -> None:
    """With the alert, the field that it stands in, and promtool's words."""
    made = profile_in(tmp_path, packs=["http"], alerts={"extra": [EXTRA]})

    result = prove(made, "--cases", cases_in(tmp_path, "5+0x10"))

    assert 1 == result.exit_code
    (row,) = [line for line in result.stdout.splitlines() if line.startswith("QueueLong ") and "spec" not in line]
    assert ["QueueLong", "NO", "1", "failed:", "case", "1"] == row.split()
    assert "QueueLong (spec.alerts.extra[0]):" in result.stdout
    assert "exp:" in result.stdout


def test_an_alert_that_is_never_silent_is_found(tmp_path: Path) -> None:
    """A quantile is always above zero, which no check of a single field can see."""
    made = profile_in(tmp_path, packs=["vector-search"], alerts={"rules": {"VectorSearchHighLatency": {"threshold": 0}}})

    result = prove(made, "--output", "json")

    assert (1, ["VectorSearchHighLatency"]) == (result.exit_code, [name for name, proven in verdicts(result).items() if not proven])


def test_without_promtool_nothing_is_claimed(tmp_path: Path) -> None:
    """The message says where to get it."""
    made = profile_in(tmp_path)
    missing = CliRunner().invoke(cli, ["test", str(made), "--promtool", "/no/such/promtool"])
    wrong = CliRunner().invoke(cli, ["test", str(made), "--promtool", "true"])

    assert (2, True) == (
        missing.exit_code,
        "/no/such/promtool, named by --promtool or the variable PROMTOOL, cannot be" in missing.stderr,
    )
    assert (2, True) == (wrong.exit_code, "did not run the tests" in wrong.stderr)


def test_tests_that_take_too_long_are_said_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not blamed on promtool's version."""
    monkeypatch.setattr(promtool, "DEADLINE", 0.1)
    slow = tmp_path / "promtool"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)

    result = CliRunner().invoke(cli, ["test", str(profile_in(tmp_path, packs=["http"])), "--promtool", str(slow)])

    assert (2, True) == (result.exit_code, "was not done with the tests" in result.stderr)
    assert "version" not in result.stderr


@pytest.mark.parametrize(("text", "words"), [("a: [", "cannot read"), ("tests: x", "is not a test file"), ("- 1", "is not a test file")])
def test_what_is_no_test_file_is_said(text: str, words: str, tmp_path: Path) -> None:
    """Before anything is run."""
    cases = tmp_path / "cases.yaml"
    cases.write_text(text)

    result = prove(profile_in(tmp_path), "--cases", cases)

    assert (2, True) == (result.exit_code, words in result.stderr)


def test_the_page_about_own_content_tells_the_truth(tmp_path: Path) -> None:
    """Its case proves the example's own alert."""
    page = (generate.ROOT / "docs" / "own-content.md").read_text(encoding="utf-8")
    (cases,) = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "alert_rule_test" in block]
    path = tmp_path / "cases.yaml"
    path.write_text(cases)

    result = prove(generate.EXAMPLES / "ga4-analytics.yaml", "--cases", path, "--output", "json")

    assert 0 == result.exit_code, result.output
    assert verdicts(result)["NightlyExportMissing"]
