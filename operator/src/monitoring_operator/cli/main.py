"""The command `monitoring-operator`.

Commands import what they need only when they run: kopf and the Kubernetes client take longer to load than `render` takes in all.
"""

import os

import click

from monitoring_operator.cli.completion import PROGRAM, completion
from monitoring_operator.cli.migrate import import_
from monitoring_operator.cli.on_cluster import diff, doctor, verify
from monitoring_operator.cli.on_files import crd, preview, render, test, validate
from monitoring_operator.cli.running import run
from monitoring_operator.cli.stack import stack
from monitoring_operator.cli.telling import notify_test, route


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="monitoring-operator", prog_name="monitoring-operator")
@click.pass_context
def cli(context: click.Context) -> None:
    """From one MonitoringProfile to an application's scraping, alerts, notifications and dashboards.

    Exit code: 0 if all is well, 1 if something is wrong with what was looked at, 2 if it could not be looked at. The help of each
    command says what that means for it. Commands that print what they found take --output json|yaml.

    \b
    Examples:
      monitoring-operator validate profile.yaml
      monitoring-operator render profile.yaml
      monitoring-operator test profile.yaml
      monitoring-operator preview profile.yaml -o preview/
      monitoring-operator diff profile.yaml --context staging
      monitoring-operator doctor
      monitoring-operator verify
      monitoring-operator stack up profile.yaml
      monitoring-operator route profile.yaml --labels severity=critical
      monitoring-operator crd | kubectl apply --server-side -f -
    """  # noqa: D301 -- click's mark for a paragraph that is not to be rewrapped
    if os.environ.get("NO_COLOR"):
        context.color = False


for command in (render, validate, test, preview, crd, diff, doctor, verify, run, completion, route, notify_test, import_, stack):
    cli.add_command(command)


def main() -> None:
    """Entry point of the script."""
    cli(prog_name=PROGRAM)


def kubectl() -> None:
    """Entry point as kubectl's plugin: an executable `kubectl-mprof` on PATH is `kubectl mprof`."""
    cli(prog_name="kubectl mprof")
