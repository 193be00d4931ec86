"""The command `monitoring-operator`.

Commands import what they need only when they run: kopf and the Kubernetes client take longer to load than `render` takes in all.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from monitoring_operator.cli.completion import PROGRAM, completion
from monitoring_operator.cli.formats import output_option
from monitoring_operator.cli.migrate import import_
from monitoring_operator.cli.parameters import ALERTMANAGER, BASE_CONFIG, DURATION, LABEL, PROFILE, URL, labels
from monitoring_operator.cli.stack import stack
from monitoring_operator.cli.telling import notify_test, route

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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="monitoring-operator", prog_name="monitoring-operator")
@click.pass_context
def cli(context: click.Context) -> None:
    """From one MonitoringProfile to an application's scraping, alerts, notifications and dashboards.

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


@cli.command()
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
    _exit(rendering.render_files(given["files"], inputs=inputs, **wanted))


@cli.command()
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

    _exit(validate_files(files, retention, output))


@cli.command()
@FILES
@RETENTION
@click.option("--promtool", metavar="PATH", envvar="PROMTOOL", help="The promtool that runs the tests. Default: the one on PATH.")
@click.option(
    "--cases",
    "own_cases",
    multiple=True,
    metavar="TESTS",
    type=click.Path(exists=True, dir_okay=False),
    help="A test file of promtool's with cases of your own, for alerts.extra too; its rule_files are not read. Repeatable.",
)
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
def test(**given: Any) -> None:
    """Prove the alerts of profiles with promtool, without a cluster.

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

    _exit(test_files(**given))


@cli.command()
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
    _exit(previewing.preview_file(given["file"], folder=given["output"], inputs=inputs, **wanted))


@cli.command()
@click.argument("file", metavar="FILE")
@rendering_options
@output_option
@cluster_options
def diff(**given: Any) -> None:
    """Show what applying profiles would change in a cluster.

    Changes nothing, and prints no credentials. Labels for Prometheus, the Alertmanager and the other profiles of its
    configuration are taken from the cluster.

    Exit code: 0 if nothing would change, 1 if something would, 2 if that could not be found out.

    \b
    Examples:
      monitoring-operator diff profile.yaml
      monitoring-operator diff profile.yaml --output json
      monitoring-operator diff profile.yaml --kubeconfig ~/.kube/staging --context admin
    """  # noqa: D301
    from monitoring_operator.cli import differing, rendering

    prometheus_labels = labels(given["prometheus_labels"])
    inputs = rendering.inputs(prometheus_labels, given["runbook_base_url"], given["grafana_url"])
    code = differing.diff_file(
        given["file"],
        inputs=inputs,
        labels=prometheus_labels,
        kubeconfig=given["kubeconfig"],
        context=given["context"],
        output=given["output"],
    )
    _exit(code)


@cli.command()
@cluster_options
@click.option(
    "--as",
    "user",
    metavar="USER",
    default="",
    help="Check the rights of this user (by impersonation) instead of yours, such as system:serviceaccount:NAMESPACE:monitoring-operator.",
)
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NAMESPACE",
    help="Check the rights for an operator that watches this namespace only; repeatable. Default: the whole cluster.",
)
@PROMETHEUS_LABEL
@output_option
def doctor(**given: Any) -> None:
    """Check whether a cluster is ready for its first profile.

    Looks at Kubernetes, rights, prometheus-operator, what Prometheus selects, where Alertmanager's configuration comes from and
    what Grafana's sidecar reads. Prints a line for each with what to do about it. Changes nothing.

    Exit code: 0 if nothing is in the way (there may be warnings), 1 if something is, 2 if that could not be found out.

    \b
    Examples:
      monitoring-operator doctor
      monitoring-operator doctor --as system:serviceaccount:monitoring:monitoring-operator
      monitoring-operator doctor --output json
    """  # noqa: D301
    from monitoring_operator.cli import diagnosis
    from monitoring_operator.doctor import Settings

    settings = Settings(labels(given["prometheus_labels"]), given["namespaces"], given["user"])
    _exit(diagnosis.diagnose_cluster(settings, kubeconfig=given["kubeconfig"], context=given["context"], output=given["output"]))


@cli.command()
@click.argument("profile", metavar="[NAMESPACE/NAME]", required=False, type=PROFILE)
@rendering_options
@cluster_options
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NAMESPACE",
    help="Look into this namespace only, with Prometheus and Alertmanager in one of them; repeatable. Default: the whole cluster.",
)
@click.option(
    "--way",
    type=click.Choice(["proxy", "direct", "auto"]),
    default="proxy",
    show_default=True,
    help="How Prometheus and Alertmanager are asked: through the API server, at their pods' addresses, or as it goes.",
)
@click.option(
    "--grafana-token",
    metavar="TOKEN",
    envvar="MONITORING_OPERATOR_GRAFANA_TOKEN",
    default="",
    help="Token by which the Grafana of --grafana-url is asked for its dashboards. Better given by the variable.",
)
@click.option("--wait", is_flag=True, help="Look again until everything is live, or --timeout is over.")
@click.option("--timeout", type=DURATION, default="5m", show_default=True, metavar="DURATION", help="How long the whole may take.")
@output_option
def verify(**given: Any) -> None:
    """Follow profiles in a cluster to the last hop, and say where the chain breaks.

    Asks Prometheus and Alertmanager now, and says where a profile's status says something else. With the name of a profile it is that one,
    else all. The settings of the operator in the cluster are taken from its Deployment, where that may be read. Changes nothing.

    Exit code: 0 if everything is live, 1 if something is not (or not yet), 2 if that could not be found out.

    \b
    Examples:
      monitoring-operator verify
      monitoring-operator verify analytics/ga4-analytics
      monitoring-operator verify analytics/ga4-analytics --wait --timeout 10m
    """  # noqa: D301
    from monitoring_operator.cli import rendering, verification

    inputs = rendering.inputs(None, given["runbook_base_url"], given["grafana_url"])
    _exit(verification.verify_profiles(verification.request(given, inputs, labels(given["prometheus_labels"])), **_which_cluster(given)))


def _which_cluster(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("kubeconfig", "context")}


@cli.command()
def crd() -> None:
    """Print the CustomResourceDefinition of MonitoringProfile.

    Exit code: 0.

    \b
    Example:
      monitoring-operator crd | kubectl apply --server-side -f -
    """  # noqa: D301
    from monitoring_operator.crd import document

    click.echo(document(), nl=False)


@cli.command()
@rendering_options
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NAMESPACE",
    envvar="MONITORING_OPERATOR_NAMESPACES",
    help="Watch this namespace only; repeatable (in the variable: separated by spaces). Default: the whole cluster.",
)
@click.option(
    "--dashboard-namespace",
    "dashboard_namespaces",
    multiple=True,
    metavar="NAMESPACE",
    help="Profiles may put dashboards into this namespace, beside their own, and into no other; repeatable. Default: into any.",
)
@click.option(
    "--base-config",
    "base_configs",
    type=BASE_CONFIG,
    multiple=True,
    metavar="NAMESPACE/ALERTMANAGER=SECRET",
    help="A Secret with a configuration of your own (key alertmanager.yaml) that is merged with the profiles'; repeatable.",
)
@click.option(
    "--resync-interval", type=DURATION, default="10m", show_default=True, help="How often everything is compared with the cluster."
)
@click.option(
    "--watch-timeout",
    type=DURATION,
    default="90s",
    show_default=True,
    help="How long a watch may be dead before the operator ends, to be started again.",
)
@click.option(
    "--poll-interval",
    type=DURATION,
    default="1m",
    show_default=True,
    help="How often Secrets that profiles refer to are looked at, where they have no label by which they are watched.",
)
@click.option("--http-host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Address of /livez, /readyz and /metrics.")
@click.option(
    "--http-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=8080,
    show_default=True,
    help="Port of /livez, /readyz and /metrics.",
)
@click.option(
    "--verify",
    type=click.Choice(["auto", "direct", "proxy", "off"]),
    default="auto",
    show_default=True,
    help="How Prometheus and Alertmanager are asked whether all is live: at their pods' addresses, through the API server, or not at all.",
)
@click.option(
    "--grafana-token",
    metavar="TOKEN",
    envvar="MONITORING_OPERATOR_GRAFANA_TOKEN",
    default="",
    help="Token by which the Grafana of --grafana-url is asked for its dashboards. Better given by the variable.",
)
@click.option(
    "--webhook-port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Answer the API server's admission reviews of profiles on this port. Default: not at all.",
)
@click.option(
    "--webhook-certificates",
    metavar="DIR",
    default="/etc/monitoring-operator/webhook",
    show_default=True,
    help="Where the webhook's tls.crt and tls.key are. They are read again when they change.",
)
@click.option(
    "--leader-elect", is_flag=True, help="Write only while this process holds the Lease, so that several replicas can run at once."
)
@click.option("--lease-name", metavar="NAME", default="monitoring-operator", show_default=True, help="The Lease's name.")
@click.option("--lease-namespace", metavar="NAMESPACE", default="", help="The Lease's namespace. Default: the pod's own.")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="Default: text on a terminal, json elsewhere.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True)
def run(**given: Any) -> None:
    """Run the operator.

    It works on the cluster of KUBECONFIG, or of the pod that it runs in. Its log is lines for people on a terminal, JSON
    elsewhere.

    Exit code: 0 after SIGTERM or Ctrl-C, 2 if there is no cluster or its port is taken.

    \b
    Examples:
      monitoring-operator run
      monitoring-operator run --namespace analytics --prometheus-label release=kube-prometheus-stack
    """  # noqa: D301
    from monitoring_operator.cli.run import Settings, run_operator

    given["prometheus_labels"] = labels(given["prometheus_labels"])
    given["base_configs"] = dict(given["base_configs"])
    given["log_format"] = given["log_format"] or ("text" if sys.stderr.isatty() else "json")
    _exit(run_operator(Settings(**given)))


cli.add_command(completion)
cli.add_command(route)
cli.add_command(notify_test)
cli.add_command(import_)
cli.add_command(stack)


def _exit(code: int) -> None:
    click.get_current_context().exit(code)


def main() -> None:
    """Entry point of the script."""
    cli(prog_name=PROGRAM)


def kubectl() -> None:
    """Entry point as kubectl's plugin: an executable `kubectl-mprof` on PATH is `kubectl mprof`."""
    cli(prog_name="kubectl mprof")
