"""docs/reference/command-line.md: what every command's `--help` says."""

from collections.abc import Iterator

import click
from click.testing import CliRunner

from monitoring_operator.cli.main import cli

_INTRO = """\
# The command line

`monitoring-operator`, or `kubectl mprof` where the executable `kubectl-mprof` is on the PATH: both come with the distribution
`monitoring-operator`. Each command says the same with `--help`. Errors go to standard error; `NO_COLOR` switches colours off;
`monitoring-operator completion SHELL` prints what bash, zsh or fish need to complete commands and options.

The exit code is 0 if all is well, 1 if something is wrong with what was looked at, and 2 if it could not be looked at; each command says
what that means for it. Commands that print what they found take `--output json` and `--output yaml`: their data are an interface.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, *_sections(cli)])


def _sections(group: click.Group, *parents: str) -> Iterator[str]:
    for name in sorted(group.commands):
        words = (*parents, name)
        yield f"## {' '.join(words)}"
        yield ""
        yield "```text"
        yield CliRunner().invoke(cli, [*words, "--help"], prog_name="monitoring-operator", terminal_width=110).stdout.rstrip()
        yield "```"
        yield ""
        command = group.commands[name]
        if isinstance(command, click.Group):
            yield from _sections(command, *words)
