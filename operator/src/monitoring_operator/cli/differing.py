"""`monitoring-operator diff`: what the operator would change in a cluster if the profiles of a file were applied."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from monitoring_operator.adoption.labels import fit
from monitoring_operator.alertmanager.secret import TooLarge
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.profile import InvalidProfile
from monitoring_operator.api.resources import PROFILE, PROMETHEUS
from monitoring_operator.cli import formats
from monitoring_operator.cli.changes import Change
from monitoring_operator.cli.comparison import Comparison
from monitoring_operator.cli.connection import connected, no_cluster
from monitoring_operator.cli.documents import Loaded, UnreadableError, load
from monitoring_operator.cluster import NoCluster
from monitoring_operator.render import Inputs


def diff_file(
    file: str,
    *,
    inputs: Inputs,
    labels: Mapping[str, str] | None,
    kubeconfig: str | None,
    context: str | None,
    output: str = formats.TEXT,
) -> int:
    """Prints the difference of every object; returns the exit code. `labels` None derives Prometheus' labels from the cluster."""
    try:
        loaded = load([file])
    except UnreadableError as error:
        return _failed(str(error))
    for note in (*loaded.notes, *loaded.findings):
        click.echo(note, err=True)
    if loaded.findings:
        return 2
    try:
        changes = asyncio.run(_changes(loaded, inputs, labels, kubeconfig, context))
    except NoCluster as error:
        return _failed(no_cluster(error))
    except (InvalidProfile, TooLarge) as error:
        return _failed(str(error))
    except ApiError as error:
        return _failed(f"the cluster could not be read: {error.message}")
    _show(changes, output)
    return 1 if changes else 0


def _show(changes: Sequence[Change], output: str) -> None:
    if output != formats.TEXT:
        click.echo(formats.data({"changes": [change.data() for change in changes]}, output), nl=False)
        return
    if not changes:
        click.echo("nothing would change", err=True)
    for change in changes:
        for line in change.lines():
            click.secho(line, fg={"+": "green", "-": "red", "@": "cyan"}.get(line[0]))


def _failed(message: str) -> int:
    click.echo(f"monitoring-operator: {message}", err=True)
    return 2


async def _changes(
    loaded: Loaded, inputs: Inputs, labels: Mapping[str, str] | None, kubeconfig: str | None, context: str | None
) -> list[Change]:
    profiles = [profile for _, profile in loaded.profiles]
    async with connected(kubeconfig, context, doing="comparing with") as cluster:
        comparison = Comparison(cluster)
        if labels is None:
            found = fit([body async for body in cluster.list(PROMETHEUS)])
            inputs = replace(inputs, prometheus_labels=found.labels)
            if found.disagreement and any(p.spec.prometheus.labels is None for p in profiles):
                comparison.notes.append(found.disagreement)
        changes = []
        for profile in profiles:
            live = await cluster.get(Ref(PROFILE, profile.namespace, profile.name))
            own = await comparison.own_dashboards(profile, loaded.texts(profile))
            wanted = replace(profile, uid=live["metadata"]["uid"] if live else "")
            changes += await comparison.children(wanted, replace(inputs, own_dashboards=own))
        changes += await comparison.secrets(profiles)
    for note in comparison.notes:
        click.echo(f"note: {note}", err=True)
    return [change for change in sorted(changes, key=lambda c: c.ref) if change.lines()]
