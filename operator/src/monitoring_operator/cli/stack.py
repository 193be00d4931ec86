"""`monitoring-operator stack`: the cluster's monitoring on one machine, as a folder for a container engine or as processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from monitoring_operator.cli.options import finish
from monitoring_operator.cli.parameters import TARGET

FILE = click.argument("file", metavar="FILE")
RUNBOOKS = click.option("--runbook-base-url", metavar="URL", help="Where runbooks are, for profiles that do not say.")


def targets_option(default: str) -> Callable[..., Any]:
    """Where the application of each profile is."""
    return click.option(
        "--target",
        "targets",
        type=TARGET,
        multiple=True,
        metavar="[NAMESPACE/NAME=]HOST:PORT",
        help=f"Where the application is scraped; repeatable, for one profile of several with its name. Default: {default}.",
    )


class _WriteByDefault(click.Group):
    """`stack FILE -o DIR` is short for `stack write FILE -o DIR`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["write", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_WriteByDefault)
def stack() -> None:
    """Run a profile's monitoring on this machine alone.

    `stack FILE -o DIR` writes a folder for a container engine (Prometheus on 9090, Grafana on 3001, Alertmanager on 9093);
    `stack up FILE` runs Prometheus and Alertmanager as processes. Nothing listens beyond 127.0.0.1.

    \b
    Examples:
      monitoring-operator stack profile.yaml -o monitoring/
      monitoring-operator stack up profile.yaml
    """  # noqa: D301 -- click's mark for a paragraph that is not to be rewrapped


@stack.command()
@FILE
@click.option("-o", "--output", metavar="DIR", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder to write.")
@targets_option("host.docker.internal:8000, this machine as a container sees it")
@click.option("--image", metavar="IMAGE", help="Run the application of the only profile in the stack, from this image.")
@click.option("--build", metavar="FOLDER", help="Run it in the stack, built from this folder (as compose's `build`).")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where the application in the stack listens.")
@RUNBOOKS
def write(**given: Any) -> None:
    """Write a folder that `docker compose up` runs.

    It has the same rules, labels, routes and dashboards as the cluster would have. Credentials are files in DIR/secrets that you
    fill in. Written again, the folder keeps them and its data.

    Exit code: 0 if the folder is written, 1 if a profile is not valid, 2 if a file or the folder cannot be used.

    \b
    Examples:
      monitoring-operator stack write profile.yaml -o monitoring/
      monitoring-operator stack profile.yaml -o monitoring/ --image localhost/ga4-app:dev
      monitoring-operator stack profile.yaml -o monitoring/ --target host.docker.internal:9000
    """  # noqa: D301
    from monitoring_operator.cli.stack_folder import write_folder

    if given["image"] and given["build"]:
        raise click.UsageError("--image and --build are two ways to have the application in the stack; give one")
    finish(write_folder(**given))


@stack.command()
@FILE
@targets_option("localhost:8000")
@click.option("--tools", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where the two programs are.")
@click.option("--data", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Keep data here. Default: nothing is kept.")
@click.option(
    "--secrets",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Credentials, as in a written folder's secrets/: who has real ones is really told.",
)
@click.option("--prometheus-port", type=click.IntRange(1, 65535), default=9090, show_default=True)
@click.option("--alertmanager-port", type=click.IntRange(1, 65535), default=9093, show_default=True)
@RUNBOOKS
def up(**given: Any) -> None:
    """Run Prometheus and Alertmanager for FILE until Ctrl-C.

    The two programs are looked for in --tools, in the folder that MONITORING_TOOLS_DIR names, and on PATH. What happens is
    printed: targets, alerts, and what PagerDuty, Slack and others would be told, which stand-ins take in their place.

    Exit code: 0 when ended by Ctrl-C, 1 if a profile is not valid or a program fails, 2 if something needed is not there.

    \b
    Examples:
      monitoring-operator stack up profile.yaml
      monitoring-operator stack up profile.yaml --target localhost:9000 --tools ~/bin
      monitoring-operator stack up profile.yaml --data .monitoring --secrets monitoring/secrets
    """  # noqa: D301
    from monitoring_operator.cli.stack_up import run_stack

    finish(run_stack(**given))
