"""`monitoring-operator stack FILE -o DIR`: writes the folder and says what is still to be done."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from monitoring_operator.api.profile import InvalidProfile, Profile
from monitoring_operator.cli.documents import Loaded, UnreadableError, load
from monitoring_operator.render.inputs import DEFAULT_RUNBOOK_BASE_URL, Inputs
from monitoring_operator.stack import compose
from monitoring_operator.stack.folder import files
from monitoring_operator.stack.parts import Parts, applications, of_profiles
from monitoring_operator.stack.writing import NotOurs
from monitoring_operator.stack.writing import write as write_files

GRAFANA_URL = f"http://localhost:{compose.GRAFANA_PORT}"
Targets = Sequence[tuple[str | None, str]]
"""(NAMESPACE/NAME or None for every profile, HOST:PORT)."""


class NotUsable(Exception):
    """What was given cannot become a stack; `code` is the command's exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def write_folder(
    *, file: str, output: Path, targets: Targets, image: str | None, build: str | None, port: int, runbook_base_url: str | None
) -> int:
    """Writes the folder `output` for the profiles of `file`; returns the exit code."""
    try:
        loaded = loaded_from(file)
        parts = parts_of(loaded, runbook_base_url)
        application = _application([profile for _, profile in loaded.profiles], image, build, port)
        default = f"{compose.HOST}:8000" if application is None else f"app:{port}"
        wanted = files(parts, targets_of(parts, targets, default), application, f"{os.getuid()}:{os.getgid()}")
        missing = write_files(output, wanted)
    except NotUsable as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return error.code
    except NotOurs as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 2
    except OSError as error:
        click.echo(f"monitoring-operator: cannot write into {output}: {error.strerror}", err=True)
        return 2
    click.echo(f"{len(wanted)} files written into {output} for {', '.join(applications(parts))}")
    for path in missing:
        click.echo(f"to fill in: {output / path}")
    click.echo(f"then: cd {output} && docker compose up --detach   (README.md there says where to look)")
    return 0


def loaded_from(file: str) -> Loaded:
    """What a file holds, all of it valid; notes and problems are printed. Raises NotUsable."""
    try:
        loaded = load([file])
    except UnreadableError as error:
        raise NotUsable(str(error), 2) from error
    for note in (*loaded.notes, *loaded.findings):
        click.echo(note, err=True)
    if loaded.findings:
        raise NotUsable(f"{file} is not valid; nothing was started or written", 1)
    return loaded


def parts_of(loaded: Loaded, runbook_base_url: str | None, grafana_url: str = GRAFANA_URL) -> Parts:
    """What the profiles' stack is made of. Raises NotUsable."""
    try:
        inputs = Inputs({}, runbook_base_url or DEFAULT_RUNBOOK_BASE_URL, grafana_url)
        return of_profiles((p, replace(inputs, own_dashboards=loaded.own_dashboards(p))) for _, p in loaded.profiles)
    except InvalidProfile as error:
        raise NotUsable(str(error), 1) from error


def targets_of(parts: Parts, given: Targets, default: str) -> Mapping[str, Sequence[str]]:
    """Where each application is scraped, by NAMESPACE/NAME. Raises NotUsable for one that no profile is about."""
    known = applications(parts)
    for name, target in given:
        if name is not None and name not in known:
            raise NotUsable(f"--target {name}={target}: there is no profile {name}; there are {', '.join(known)}", 2)
    for_all = [target for name, target in given if name is None]
    return {app: [t for name, t in given if name == app] or for_all or [default] for app in known}


def _application(profiles: Sequence[Profile], image: str | None, build: str | None, port: int) -> compose.Application | None:
    if image is None and build is None:
        return None
    if len(profiles) != 1:
        raise NotUsable(
            "--image and --build are for a file with one profile; run several applications outside, and name them by --target", 2
        )
    (profile,) = profiles
    sentry = {"ENVIRONMENT": profile.spec.sentry.environment} if profile.spec.sentry else {}
    source = {"image": image} if image is not None else {"build": str(Path(str(build)).absolute())}
    return compose.Application(source, port, sentry)
