"""Options and arguments that several commands have in common."""

from collections.abc import Callable
from typing import Any

import click

from monitoring_operator.cli.parameters import DURATION, LABEL, URL

FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True)
RETENTION = click.option(
    "--retention", type=DURATION, metavar="DURATION", help="How long Prometheus keeps samples; rules that look further back are refused."
)
PROMETHEUS_LABEL = click.option(
    "--prometheus-label",
    "prometheus_labels",
    type=LABEL,
    multiple=True,
    metavar="K=V",
    help="Label by which the cluster's Prometheus selects; repeatable.",
)


def rendering_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What rendering takes from the operator's settings, for the commands that do without them."""
    for option in (
        click.option("--grafana-url", type=URL, default="", help="Where Grafana is; alerts link to its dashboards."),
        click.option("--runbook-base-url", type=URL, help="Where runbooks are, for profiles that do not say. Default: the product's own."),
        PROMETHEUS_LABEL,
    ):
        command = option(command)
    return command


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which cluster, for the commands that ask one."""
    for option in (
        click.option("--context", metavar="NAME", help="Context of the kubeconfig. Default: its current one."),
        click.option(
            "--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Default: KUBECONFIG, or the pod's service account."
        ),
    ):
        command = option(command)
    return command


def finish(code: int) -> None:
    """Ends the command with an exit code."""
    click.get_current_context().exit(code)
