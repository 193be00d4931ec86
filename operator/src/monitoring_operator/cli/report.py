"""Findings as lines: a tick, a warning or a cross, and under it what to do. Plain ASCII where nobody looks at a terminal."""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from monitoring_operator.cli.formats import data
from monitoring_operator.doctor.finding import Finding, Level

_SIGNS: Mapping[Level, tuple[str, str, str]] = {
    Level.GOOD: ("\u2713", "ok  ", "green"),
    Level.WARNING: ("!", "warn", "yellow"),
    Level.BAD: ("\u2717", "FAIL", "red"),
}
"""Sign on a terminal, elsewhere, and its colour."""


def print_findings(findings: Iterable[Finding]) -> None:
    """A line each on standard output, its mend below it."""
    terminal = sys.stdout.isatty()
    coloured = terminal and not os.environ.get("NO_COLOR")
    fancy = terminal and "utf" in (sys.stdout.encoding or "").lower()
    for finding in findings:
        sign, plain, colour = _SIGNS[finding.level]
        mark = sign if fancy else plain
        click.echo(f"{click.style(mark, fg=colour) if coloured else mark} {finding.subject}: {finding.message}", color=coloured)
        for line in finding.mend.splitlines():
            click.echo(f"{' ' * len(mark)}   {line}")


def as_data(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The same for programs, JSON-shaped."""
    return [{"level": f.level.value, "subject": f.subject, "message": f.message, "mend": f.mend} for f in findings]


def print_document(document: Mapping[str, Any], output: str) -> None:
    """One document on standard output, as JSON or YAML."""
    click.echo(data(document, output), nl=False)
