"""`monitoring-operator doctor`: what a cluster still lacks for the first profile."""

import asyncio

import click

from monitoring_operator.api.cluster import ApiError
from monitoring_operator.cli.connection import no_cluster
from monitoring_operator.cli.formats import TEXT
from monitoring_operator.cli.report import as_data, print_document, print_findings
from monitoring_operator.cluster import KubernetesCluster, NoCluster, locate
from monitoring_operator.doctor import Facts, Level, Settings, diagnose
from monitoring_operator.doctor.finding import worst
from monitoring_operator.doctor.gather import gather


def diagnose_cluster(settings: Settings, *, kubeconfig: str | None, context: str | None, output: str) -> int:
    """Prints what was found as `text`, `json` or `yaml`; returns the exit code."""
    try:
        facts = asyncio.run(_facts(settings, kubeconfig, context))
    except NoCluster as error:
        return _failed(no_cluster(error))
    except ApiError as error:
        return _failed(f"the cluster could not be read: {error.message}")
    findings = diagnose(facts, settings)
    level = worst(findings)
    if output == TEXT:
        print_findings(findings)
    else:
        print_document({"level": level.value, "findings": as_data(findings)}, output)
    return int(level is Level.BAD)


async def _facts(settings: Settings, kubeconfig: str | None, context: str | None) -> Facts:
    connection = await locate(kubeconfig, context)
    click.echo(f"looking at {connection.server}", err=True)
    cluster = KubernetesCluster(connection)
    subject = KubernetesCluster(connection, user=settings.user)
    try:
        return await gather(cluster, subject, settings)
    finally:
        await subject.close()
        await cluster.close()


def _failed(message: str) -> int:
    click.echo(f"monitoring-operator: {message}", err=True)
    return 2
