"""The command `monitoring-operator import`."""

from typing import Any

import click

from monitoring_operator.cli.options import finish
from monitoring_operator.cli.parameters import NAME, NAMESPACE


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="FILE|json|yaml",
    help="Write the profile here, or print it with the report and the Secrets to make as one document. Default: print the profile.",
)
@click.option("--name", type=NAME, metavar="NAME", help="Its name. Default: that of the first object or service.")
@click.option("--namespace", type=NAMESPACE, metavar="NAMESPACE", help="Its namespace. Default: that of the first object.")
def import_(**given: Any) -> None:
    """Make a profile of monitoring that was written by hand.

    A FILE holds a PrometheusRule, a file of rules, a ServiceMonitor, alertmanager.yml, or Sloth's service levels (as a
    PrometheusServiceLevel or plain). Alerts that the catalogue has become overrides of it, others become extra alerts with
    their expression as it is. What became of each thing is printed as FILE:LINE on standard error. Credentials are never
    copied: they become references, and the Secrets to make are listed.

    Exit code: 0 if everything was taken over, 1 if something was not, 2 if there is no profile.

    \b
    Examples:
      monitoring-operator import rules.yaml alertmanager.yml -o profile.yaml
      kubectl get prometheusrule web -o yaml | monitoring-operator import -
      monitoring-operator import slo.yaml --name web --namespace shop
      monitoring-operator import rules.yaml --name web -o json | jq '.report[] | select(.taken | not)'
    """  # noqa: D301 -- click's mark for a paragraph that is not to be rewrapped
    from monitoring_operator.cli.importing import import_files

    finish(import_files(given.pop("files"), **given))
