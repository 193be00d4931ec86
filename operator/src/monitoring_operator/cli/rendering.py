"""`monitoring-operator render`: what profiles become, without a cluster."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from monitoring_operator import yaml_output
from monitoring_operator.alertmanager.config_object import ConfigInputs, config_object
from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.fragment import Fragment, fragment
from monitoring_operator.alertmanager.merge import merge
from monitoring_operator.alertmanager.secret import TooLarge, render_secret
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.api.manifest import Manifest
from monitoring_operator.api.profile import InvalidProfile, Profile
from monitoring_operator.api.resources import SECRET
from monitoring_operator.cli import formats
from monitoring_operator.cli.display import REDACTED, for_people
from monitoring_operator.cli.documents import Loaded, UnreadableError, load
from monitoring_operator.render import Inputs, render
from monitoring_operator.render.inputs import DEFAULT_RUNBOOK_BASE_URL

_REDACTION_NOTE = (
    "# Credentials are redacted. The operator writes this Secret from all profiles of the Alertmanager; do not apply it by hand.\n"
)


def inputs(prometheus_labels: Mapping[str, str] | None, runbook_base_url: str | None, grafana_url: str) -> Inputs:
    """What rendering takes from the command line."""
    return Inputs(prometheus_labels or {}, runbook_base_url or DEFAULT_RUNBOOK_BASE_URL, grafana_url)


def render_files(files: Sequence[str], *, inputs: Inputs, alertmanager: tuple[str, str, str], output: str, retention: float | None) -> int:
    """Prints the children of all profiles in `files` as yaml or json, or writes them into the folder `output`; returns the exit code.

    `retention` is in seconds.
    """
    try:
        loaded = load(files, retention=retention)
    except UnreadableError as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 2
    for note in (*loaded.notes, *loaded.findings):
        click.echo(note, err=True)
    if loaded.findings:
        return 1
    try:
        manifests = children(loaded, inputs, Target(*alertmanager))
    except (InvalidProfile, TooLarge) as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 1
    if output == formats.YAML:
        click.echo(yaml_output.documents(map(_text, manifests)), nl=False)
        return 0
    if output == formats.JSON:
        shown = {"apiVersion": "v1", "kind": "List", "items": [for_people(m.body) for m in manifests]}
        click.echo(formats.data(shown, output), nl=False)
        return 0
    return _write(manifests, Path(output))


def _write(manifests: Sequence[Manifest], folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in as_files(manifests).items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        click.echo(f"monitoring-operator: cannot write into {folder}: {error.strerror}", err=True)
        return 2
    click.echo(f"{len(manifests)} objects written into {folder}", err=True)
    return 0


def children(loaded: Loaded, inputs: Inputs, default: Target) -> list[Manifest]:
    """Every object that the profiles of `loaded` become, sorted, with the Secrets of their Alertmanagers.

    `default` is the Alertmanager of profiles that name none. Credentials are placeholders: nothing that is secret is ever read.
    Raises InvalidProfile or TooLarge for what no object can hold.
    """
    manifests: list[Manifest] = []
    for _, profile in loaded.profiles:
        manifests += render(profile, replace(inputs, own_dashboards=loaded.own_dashboards(profile)))
        notifying = config_object(profile, ConfigInputs())
        if notifying is not None:
            manifests.append(notifying)
    parts = parts_by_target([profile for _, profile in loaded.profiles], default)
    manifests += [render_secret(target, merge(found)) for target, found in parts.items()]
    return sorted(manifests, key=lambda m: m.ref)


def parts_by_target(profiles: Iterable[Profile], default: Target) -> dict[Target, list[Fragment]]:
    """The profiles' parts of the configuration of each Alertmanager, with placeholders for credentials."""
    parts: dict[Target, list[Fragment]] = defaultdict(list)
    for profile in profiles:
        part = fragment(profile, dict.fromkeys(wanted(profile), REDACTED))
        if part is not None:
            parts[target_for(profile, default)].append(part)
    return parts


def target_for(profile: Profile, default: Target) -> Target:
    """The Alertmanager that `profile` names, with the Secret that it reads unless told otherwise; `default` if it names none."""
    ref = profile.spec.notifications.alertmanager if profile.spec.notifications else None
    if ref is None or (ref.namespace, ref.name) == (default.namespace, default.name):
        return default
    return Target(ref.namespace, ref.name, f"alertmanager-{ref.name}")


def as_files(manifests: Iterable[Manifest]) -> dict[str, str]:
    """One file per object, by name. Names are unambiguous, because no name in Kubernetes holds an underscore."""
    return {f"{m.ref.resource.kind.lower()}_{m.ref.namespace}_{m.ref.name}.yaml": _text(m) for m in manifests}


def _text(manifest: Manifest) -> str:
    note = _REDACTION_NOTE if manifest.ref.resource == SECRET else ""
    return note + yaml_output.document(for_people(manifest.body))
