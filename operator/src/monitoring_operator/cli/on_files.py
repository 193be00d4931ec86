"""Commands on files: what profiles become, whether they are right, and what they will look like. None needs a cluster."""

from typing import Any

import click

from monitoring_operator.cli.formats import output_option
from monitoring_operator.cli.options import FILES, RETENTION, finish, rendering_options
from monitoring_operator.cli.parameters import ALERTMANAGER, DURATION, URL, labels


@click.command()
@FILES
@rendering_options
@RETENTION
@click.option("-o", "--output", metavar="yaml|json|DIR", default="yaml", show_default=True, help="Print so, or write a file per object.")
@click.option(
    "--alertmanager",
    type=ALERTMANAGER,
    default="monitoring/main",
    show_default=True,
    metavar="NAMESPACE/NAME[:SECRET]",
    help="The Alertmanager of profiles that name none, and the Secret that it reads.",
)
def render(**given: Any) -> None:
    """Print the objects that profiles become, without a cluster.

    A FILE may hold several YAML documents; `-` is standard input. Other kinds of objects are passed over. Credentials are
    shown as <redacted>.

    Exit code: 0 if everything is printed, 1 if a profile is not valid, 2 if a file cannot be read or written.

    \b
    Examples:
      monitoring-operator render profile.yaml
      monitoring-operator render profile.yaml --prometheus-label release=kube-prometheus-stack
      monitoring-operator render team-a.yaml team-b.yaml -o rendered/
      monitoring-operator render profile.yaml -o json | jq '.items[].kind'
    """  # noqa: D301
    from monitoring_operator.cli import rendering

    inputs = rendering.inputs(labels(given["prometheus_labels"]), given["runbook_base_url"], given["grafana_url"])
    wanted = {"alertmanager": given["alertmanager"], "output": given["output"], "retention": given["retention"]}
    finish(rendering.render_files(given["files"], inputs=inputs, **wanted))


@click.command()
@FILES
@RETENTION
@output_option
def validate(files: tuple[str, ...], retention: float | None, output: str) -> None:
    """Check profiles and print every problem with its line.

    A problem is printed as FILE:LINE: FIELD: MESSAGE.

    Exit code: 0 if every profile is valid, 1 if something is wrong, 2 if a file cannot be read.

    \b
    Examples:
      monitoring-operator validate profile.yaml
      monitoring-operator validate profile.yaml --retention 15d
      monitoring-operator validate profile.yaml --output json
      kubectl get monitoringprofiles -A -o yaml | monitoring-operator validate -
    """  # noqa: D301
    from monitoring_operator.cli.validation import validate_files

    finish(validate_files(files, retention, output))


@click.command()
@FILES
@RETENTION
@click.option(
    "--promtool",
    metavar="PATH",
    envvar="PROMTOOL",
    help="The promtool that runs the tests. Default: that of MONITORING_TOOLS_DIR, of `make tools`, or on PATH.",
)
@click.option(
    "--cases",
    "own_cases",
    multiple=True,
    metavar="TESTS",
    type=click.Path(exists=True, dir_okay=False),
    help="A test file of promtool's with cases of your own, for alerts.extra too; its rule_files are not read. Repeatable.",
)
@output_option
def test(**given: Any) -> None:
    """Prove the alerts of profiles with promtool.

    Each alert of the catalogue is tested at the profile's own threshold, wait and scrape interval: it fires just above and not
    before its wait is over, stays silent just below, without data and on little traffic, and resolves. Alerts of alerts.extra
    are proven by cases of yours, in which they fire.

    Exit code: 0 if no case fails, 1 if one does or a profile is not valid, 2 if the tests could not be run.

    \b
    Examples:
      monitoring-operator test profile.yaml
      monitoring-operator test profile.yaml --cases nightly-export.test.yaml --output json
    """  # noqa: D301
    from monitoring_operator.cli.proving import test_files

    finish(test_files(**given))


@click.command()
@click.argument("file", metavar="FILE")
@rendering_options
@click.option("-o", "--output", metavar="DIR", required=True, type=click.Path(file_okay=False), help="Where the pages go.")
@click.option("--prometheus", type=URL, help="The Prometheus that fills the panels. Default: data recorded from the example application.")
@click.option(
    "--range",
    "length",
    type=DURATION,
    default="6h",
    show_default=True,
    metavar="DURATION",
    help="How far back pages from a Prometheus show.",
)
def preview(**given: Any) -> None:
    """Draw dashboards as pages for a browser, without Grafana.

    One HTML file per dashboard, with everything inside: nothing is fetched when it is opened.

    Exit code: 0 if every page is written, 1 if a profile is not valid, 2 if a file or the Prometheus cannot be read.

    \b
    Examples:
      monitoring-operator preview profile.yaml -o preview/
      monitoring-operator preview profile.yaml -o preview/ --prometheus http://localhost:9090
    """  # noqa: D301
    from monitoring_operator.cli import previewing, rendering

    inputs = rendering.inputs(labels(given["prometheus_labels"]), given["runbook_base_url"], given["grafana_url"])
    wanted = {"prometheus": given["prometheus"], "length": given["length"]}
    finish(previewing.preview_file(given["file"], folder=given["output"], inputs=inputs, **wanted))


@click.command()
def crd() -> None:
    """Print the CustomResourceDefinition of MonitoringProfile.

    Exit code: 0.

    \b
    Example:
      monitoring-operator crd | kubectl apply --server-side -f -
    """  # noqa: D301
    from monitoring_operator.crd import document

    click.echo(document(), nl=False)
