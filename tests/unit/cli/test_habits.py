"""Habits that every command has: help by example, exit codes that are told, data for programs, completion, kubectl's plugin."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from harness import generate, tools
from harness.terminal import on_a_terminal
from monitoring_operator.cli.main import cli

EXAMPLE = generate.EXAMPLES / "ga4-analytics.yaml"
BIN = Path(sys.executable).parent


def commands(group: click.Group, *parents: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below `group`, groups included, by the words that call it."""
    for name, command in group.commands.items():
        words = (*parents, name)
        yield " ".join(words), command
        if isinstance(command, click.Group):
            yield from commands(command, *words)


COMMANDS = dict(commands(cli))
LEAVES = [words for words, command in COMMANDS.items() if not isinstance(command, click.Group)]


def helped(words: str) -> str:
    """What `--help` says, with single spaces."""
    result = CliRunner().invoke(cli, [*words.split(), "--help"], prog_name="monitoring-operator")
    assert 0 == result.exit_code, result.output
    return " ".join(result.stdout.split())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_shows_how_it_is_called(words: str) -> None:
    """Purpose in the first line, and an example with the command's own words."""
    text = helped(words)

    assert re.search(rf"monitoring-operator {words}\b", text.partition("Example")[2])


@pytest.mark.parametrize("words", LEAVES)
def test_every_command_tells_its_exit_codes(words: str) -> None:
    """Scripts and CI rely on them."""
    assert re.search(r"Exit code: 0\b", helped(words))


@pytest.mark.parametrize("words", LEAVES)
def test_every_option_is_explained(words: str) -> None:
    """By a sentence, or by a name and a default that say all."""
    options = [p for p in COMMANDS[words].params if isinstance(p, click.Option)]

    assert [] == [option.name for option in options if not option.help and not option.show_default]


@pytest.mark.parametrize("words", COMMANDS)
def test_the_groups_list_says_what_a_command_is_for(words: str) -> None:
    """One sentence that is not cut off on a terminal of 80 columns."""
    assert not COMMANDS[words].get_short_help_str(limit=80 - len("  notify-test    ") - 2).endswith("...")


def test_the_first_help_tells_exit_codes_and_data() -> None:
    """Who writes a script looks there first."""
    text = helped("")

    assert "Exit code: 0 if all is well" in text
    assert "--output json|yaml" in text


def test_every_report_can_be_data() -> None:
    """Commands that print what they found all take the same `--output`; the others print or write objects, or none."""
    takes = {words for words in LEAVES for p in COMMANDS[words].params if p.name == "output" and isinstance(p.type, click.Choice)}
    choices = {
        tuple(p.type.choices) for words in takes for p in COMMANDS[words].params if isinstance(p.type, click.Choice) and p.name == "output"
    }

    assert {"validate", "test", "diff", "doctor", "verify", "route", "notify-test"} == takes
    assert {"render", "import", "preview", "crd", "run", "completion", "stack write", "stack up"} == set(LEAVES) - takes
    assert {("text", "json", "yaml")} == choices


def test_an_import_can_be_data(tmp_path: Path) -> None:
    """Profile, report and the Secrets to make as one document, and nothing beside it; the exit code is as ever."""
    rules = tmp_path / "rules.yaml"
    rules.write_text("groups: [{name: a, rules: [{record: b, expr: up}, {alert: C, expr: up == 0, labels: {severity: info}}]}]\n")
    printed = [CliRunner().invoke(cli, ["import", str(rules), "--name", "a", "--output", output]) for output in ("json", "yaml")]
    found = json.loads(printed[0].stdout)

    assert [(1, ""), (1, "")] == [(result.exit_code, result.stderr) for result in printed]
    assert found == yaml.safe_load(printed[1].stdout)
    assert ("MonitoringProfile", []) == (found["profile"]["kind"], found["secrets"])
    assert {(str(rules), 1, False), (str(rules), 1, True)} == {(line["file"], line["line"], line["taken"]) for line in found["report"]}


def test_results_can_be_data() -> None:
    """`--output json` and `--output yaml` hold the same."""
    for command, key in (("validate", "valid"), ("render", "items")):
        printed = [CliRunner().invoke(cli, [command, str(EXAMPLE), "--output", output]).stdout for output in ("json", "yaml")]
        as_json: dict[str, Any] = json.loads(printed[0])

        assert as_json[key]
        assert list(yaml.safe_load_all(printed[1])) == (as_json["items"] if command == "render" else [as_json])


def test_problems_are_data_too(tmp_path: Path) -> None:
    """With file, line, field and message apart; the exit code is as ever."""
    bad = tmp_path / "bad.yaml"
    bad.write_text(EXAMPLE.read_text().replace("port: http", "port: 8000"))
    result = CliRunner().invoke(cli, ["validate", str(bad), "-o", "json"])
    (problem,) = json.loads(result.stdout)["problems"]

    assert 1 == result.exit_code
    assert (str(bad), "spec.scrape.port") == (problem["file"], problem["path"])
    assert "port: 8000" in bad.read_text().splitlines()[problem["line"] - 1]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_completes(shell: str) -> None:
    """The script for each shell asks the program, which knows commands, and options of commands."""
    script = subprocess.run([BIN / "monitoring-operator", "completion", shell], capture_output=True, text=True, check=True).stdout
    asked = {}
    for line, number in (("monitoring-operator val", "1"), ("monitoring-operator validate --out", "2")):
        words = {"bash": line, "zsh": line, "fish": line}[shell]
        environment = {
            "_MONITORING_OPERATOR_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": line.split()[-1] if shell == "fish" else number,
        }
        done = subprocess.run([BIN / "monitoring-operator"], capture_output=True, text=True, check=True, env=os.environ | environment)
        asked[line] = done.stdout

    assert f"_MONITORING_OPERATOR_COMPLETE={shell}_complete" in script
    assert "validate" in asked["monitoring-operator val"]
    assert "--output" in asked["monitoring-operator validate --out"]


def test_completion_works_in_bash() -> None:
    """Sourced as the help says, bash's own completion answers."""
    steps = [
        "source <(monitoring-operator completion bash)",
        "COMP_WORDS=(monitoring-operator comp) COMP_CWORD=1",
        "_monitoring_operator_completion monitoring-operator",
        'echo "${COMPREPLY[@]}"',
    ]
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", "\n".join(steps)], capture_output=True, text=True, check=True, env=environment)

    assert "completion" == done.stdout.strip()


def test_kubectl_finds_its_plugin() -> None:
    """`kubectl mprof` is the same program."""
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(
        [tools.find("kubectl"), "mprof", "validate", EXAMPLE], capture_output=True, text=True, check=False, env=environment
    )
    usage = subprocess.run([tools.find("kubectl"), "mprof", "--help"], capture_output=True, text=True, check=True, env=environment)

    assert (0, f"{EXAMPLE}: analytics/ga4-analytics is valid\n") == (done.returncode, done.stdout)
    assert usage.stdout.startswith("Usage: kubectl mprof [OPTIONS] COMMAND")


@pytest.mark.parametrize("variable", ["NO_COLOR", ""])
def test_colours_can_be_switched_off(variable: str, tmp_path: Path) -> None:
    """On a terminal there are colours, unless NO_COLOR is set."""
    rules = tmp_path / "rules.yaml"
    rules.write_text("groups: [{name: a, rules: [{record: b, expr: up}, {alert: C, expr: up == 0, labels: {severity: info}}]}]\n")
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | ({variable: "1"} if variable else {})
    shown = on_a_terminal([str(BIN / "monitoring-operator"), "import", str(rules), "--name", "a"], environment)

    assert "NOT taken: the recording rule b" in shown
    assert ("\033[33m" in shown) == (not variable)
