"""Commands that ask a cluster and change nothing in it: before the first profile, before a change, and after it."""

from collections.abc import Mapping
from typing import Any

import click

from monitoring_operator.cli.formats import output_option
from monitoring_operator.cli.options import PROMETHEUS_LABEL, cluster_options, finish, rendering_options
from monitoring_operator.cli.parameters import DURATION, PROFILE, labels


@click.command()
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
    finish(code)


@click.command()
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
    finish(diagnosis.diagnose_cluster(settings, kubeconfig=given["kubeconfig"], context=given["context"], output=given["output"]))


@click.command()
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
    """Follow profiles in a cluster to where the chain breaks.

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
    finish(verification.verify_profiles(verification.request(given, inputs, labels(given["prometheus_labels"])), **_which_cluster(given)))


def _which_cluster(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("kubeconfig", "context")}
