"""The cluster that a command asks: found as kubectl finds it, named on standard error, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click

from monitoring_operator.cluster import KubernetesCluster, NoCluster, locate


@asynccontextmanager
async def connected(kubeconfig: str | None, context: str | None, *, doing: str) -> AsyncIterator[KubernetesCluster]:
    """The cluster; `doing` is said with its address. Raises NoCluster."""
    connection = await locate(kubeconfig, context)
    cluster = KubernetesCluster(connection)
    click.echo(f"{doing} {connection.server}", err=True)
    try:
        yield cluster
    finally:
        await cluster.close()


def no_cluster(error: NoCluster) -> str:
    """What to say where there is no cluster to be found."""
    return f"no cluster to ask: {error}. Give --kubeconfig or --context, or set KUBECONFIG."
