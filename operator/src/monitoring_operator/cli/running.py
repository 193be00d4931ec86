"""The command `run`: the operator's settings as options."""

import sys
from typing import Any

import click

from monitoring_operator.cli.options import finish, rendering_options
from monitoring_operator.cli.parameters import BASE_CONFIG, DURATION, SELECTOR, SHARD, labels


@click.command()
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
    "--selector",
    type=SELECTOR,
    default="",
    metavar="LABELS",
    help="Look after profiles with these labels only, such as team=a or 'team in (a,b)'. Default: after all.",
)
@click.option(
    "--shard",
    type=SHARD,
    default="",
    metavar="NAME",
    help="Be one operator of several: bring routes as a fragment to the operator that assembles an Alertmanager's configuration.",
)
@click.option("--assemble", is_flag=True, help="Look after no profile, and assemble the fragments of shards.")
@click.option(
    "--identity",
    metavar="NAMESPACE/NAME",
    default="",
    help="Name of this installation, by which operators tell whose an Alertmanager's Secret is. Default: monitoring-operator in the "
    "pod's namespace.",
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

    if given["assemble"] and (given["shard"] or given["selector"]):
        raise click.UsageError("--assemble looks after no profile: give it neither --shard nor --selector")
    given["prometheus_labels"] = labels(given["prometheus_labels"])
    given["base_configs"] = dict(given["base_configs"])
    given["log_format"] = given["log_format"] or ("text" if sys.stderr.isatty() else "json")
    finish(run_operator(Settings(**given)))
