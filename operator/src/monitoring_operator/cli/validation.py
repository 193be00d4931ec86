"""`monitoring-operator validate`: every problem of every profile, with its line."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from monitoring_operator.cli import formats
from monitoring_operator.cli.documents import Loaded, UnreadableError, load


def validate_files(files: Sequence[str], retention: float | None, output: str = formats.TEXT) -> int:
    """Prints what is wrong, and which profiles are valid, for people or as data; returns the exit code. `retention` is in seconds."""
    try:
        loaded = load(files, retention=retention)
    except UnreadableError as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 2
    for note in loaded.notes:
        click.echo(note, err=True)
    if output != formats.TEXT:
        click.echo(formats.data(_data(loaded), output), nl=False)
    else:
        for finding in loaded.findings:
            click.echo(finding)
        for source, profile in loaded.profiles:
            click.echo(f"{source.file}: {profile.namespace}/{profile.name} is valid")
    return 1 if loaded.findings else 0


def _data(loaded: Loaded) -> dict[str, Any]:
    return {
        "valid": [{"file": source.file, "namespace": p.namespace, "name": p.name} for source, p in loaded.profiles],
        "problems": [asdict(finding) for finding in loaded.findings],
    }
