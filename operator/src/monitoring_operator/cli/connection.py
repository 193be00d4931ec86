"""The cluster that a command asks: found as kubectl finds it, named on standard error, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from monitoring_operator.cluster import KubernetesCluster, load_configuration


async def configuration_of(kubeconfig: str | None, context: str | None) -> Configuration:
    """How to reach the cluster. Raises ConfigException, which never holds any of the kubeconfig's words."""
    try:
        return await load_configuration(kubeconfig, context)
    except ConfigException:
        raise
    except Exception as error:
        # The client raises whatever it stumbles over in a file that is no kubeconfig; its words may quote the file's credentials.
        raise ConfigException(f"what should be a kubeconfig is none ({type(error).__name__})") from error


@asynccontextmanager
async def connected(kubeconfig: str | None, context: str | None, *, doing: str) -> AsyncIterator[KubernetesCluster]:
    """The cluster; `doing` is said with its address. Raises ConfigException."""
    configuration = await configuration_of(kubeconfig, context)
    cluster = KubernetesCluster(configuration)
    click.echo(f"{doing} {configuration.host}", err=True)
    try:
        yield cluster
    finally:
        await cluster.close()


def no_cluster(error: ConfigException) -> str:
    """What to say where there is no cluster to be found."""
    return f"no cluster to ask: {error}. Give --kubeconfig or --context, or set KUBECONFIG."
