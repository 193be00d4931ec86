"""The commands about who is told: `route` and `notify-test`. As in `main`, they import what they need only when they run."""

from typing import Any

import click

from monitoring_operator.cli.formats import output_option
from monitoring_operator.cli.options import cluster_options, finish
from monitoring_operator.cli.parameters import ALERT, ALERTMANAGER, DURATION, LABELS, PROFILE


@click.command()
@click.argument("files", metavar="[FILE...]", nargs=-1)
@click.option("--labels", multiple=True, type=LABELS, metavar="K=V,...", help="An alert, by its labels; repeatable.")
@click.option(
    "--alert",
    "alerts",
    multiple=True,
    type=ALERT,
    metavar="NAME[,K=V...]",
    help="An alert of the profiles, with the labels that it carries and some more; repeatable.",
)
@click.option("--config", type=click.Path(dir_okay=False), metavar="PATH", help="Ask this alertmanager.yaml.")
@click.option(
    "--base", type=click.Path(dir_okay=False), metavar="PATH", help="The alertmanager.yaml of yours that profiles are merged with."
)
@click.option("--live", is_flag=True, help="Ask what the cluster's Alertmanagers run.")
@click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Implies --live.")
@click.option("--context", metavar="NAME", help="Context of the kubeconfig; implies --live.")
@click.option(
    "--alertmanager",
    type=ALERTMANAGER,
    metavar="NAMESPACE/NAME[:SECRET]",
    help="The Alertmanager of profiles that name none. Default: the cluster's only one, or monitoring/main.",
)
@output_option
def route(**given: Any) -> None:
    """Show who would be told of an alert, and why.

    The profiles of all FILEs are merged as the operator merges them, and the merged configuration is asked. --config and --live
    ask another one instead; the profiles then only say whose alerts are meant. All alerts that are given fire at once: one that
    another one mutes is shown as muted. Labels are those of the alert; namespace and profile are taken from the profile.
    Credentials are neither needed nor shown.

    Exit code: 0 if somebody would be told of every alert, 1 if nobody would be told of one, 2 if that could not be found out.

    \b
    Examples:
      monitoring-operator route profile.yaml --labels severity=critical,tenant_id=acme
      monitoring-operator route team-*.yaml --alert Ga4QuotaHigh,tenant_id=acme --alert Ga4QuotaExhaustionImminent,tenant_id=acme
      monitoring-operator route --config alertmanager.yaml --labels namespace=kube-system,severity=warning
      monitoring-operator route profile.yaml --live --labels severity=critical --output json
    """  # noqa: D301
    if not given["labels"] and not given["alerts"]:
        raise click.UsageError("give the alert: --labels K=V,... or --alert NAME")
    live = given["live"] or bool(given["kubeconfig"] or given["context"])
    if live and given["config"]:
        raise click.UsageError("--config and --live are two different configurations; give one")
    if not given["files"] and (given["alerts"] or not (live or given["config"])):
        raise click.UsageError("give the FILE of a profile" if given["alerts"] else "give a FILE, --config or --live")
    from monitoring_operator.cli.asking import Where, ask
    from monitoring_operator.cli.scenes import Wanted

    if given["base"] and (live or given["config"]):
        raise click.UsageError("--base goes with the profiles of files; --config and --live are whole configurations")
    where = Where(given["config"], given["base"], live, given["kubeconfig"], given["context"], given["alertmanager"])
    finish(ask(given["files"], Wanted(given["labels"], given["alerts"]), where, output=given["output"]))


@click.command("notify-test")
@click.argument("profile", metavar="NAMESPACE/NAME", type=PROFILE)
@click.option("--severity", type=click.Choice(["critical", "warning", "info"]), default="warning", show_default=True)
@click.option(
    "--alertmanager", type=ALERTMANAGER, metavar="NAMESPACE/NAME", help="Default: the one that the profile names, or the only one."
)
@click.option(
    "--timeout",
    "patience",
    type=DURATION,
    help="How long to wait. Default: as long as Alertmanager may take (groupWait and groupInterval).",
)
@click.option("--yes", "agreed", is_flag=True, help="Do not ask before sending.")
@cluster_options
@output_option
def notify_test(**given: Any) -> None:
    """Send a test alert and see whether it goes out.

    The alert NotificationTest has the profile's namespace and name, so it takes the way of the profile's own alerts through the
    real Alertmanager. It really tells people: with --severity critical PagerDuty opens an incident. Before anything is sent it is
    shown who will be told, and asked. When it has gone out, or has not in time, the alert is ended, and receivers with
    sendResolved hear of that. It ends by itself, too, should this command be stopped. Success is read from Alertmanager's own
    counters; where they are not kept by receiver, another notification of the same kind at the same time counts as well.

    Needs the rights to get the profile, to get (or list) Alertmanager objects, and to get and create pods/proxy in the
    Alertmanager's namespace.

    Exit code: 0 if it went out to every receiver, 1 if it did not to one or nobody would be told, 2 if it could not be sent.

    \b
    Examples:
      monitoring-operator notify-test analytics/ga4-analytics
      monitoring-operator notify-test analytics/ga4-analytics --severity critical --yes --context staging
      monitoring-operator notify-test analytics/ga4-analytics --yes --output json
    """  # noqa: D301
    from monitoring_operator.cli import notifying

    namespace, name = given.pop("profile")
    alertmanager = given.pop("alertmanager")
    finish(notifying.notify_test(notifying.Request(namespace, name, alertmanager=alertmanager and alertmanager[:2], **given)))
