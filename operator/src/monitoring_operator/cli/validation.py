"""`monitoring-operator validate`: every problem of every profile, with its line."""

from collections.abc import Sequence

import click

from monitoring_operator.cli.documents import UnreadableError, load


def validate_files(files: Sequence[str], retention: float | None) -> int:
    """Prints what is wrong, and which profiles are valid; returns the exit code. `retention` is in seconds."""
    try:
        loaded = load(files, retention=retention)
    except UnreadableError as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 2
    for note in loaded.notes:
        click.echo(note, err=True)
    for finding in loaded.findings:
        click.echo(finding)
    for source, profile in loaded.profiles:
        click.echo(f"{source.file}: {profile.namespace}/{profile.name} is valid")
    return 1 if loaded.findings else 0
