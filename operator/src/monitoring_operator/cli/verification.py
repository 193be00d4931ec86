"""`monitoring-operator verify`: the chain from profiles to the last hop, asked for now."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import click

from monitoring_operator.adoption.replicas import Way
from monitoring_operator.api.cluster import ApiError, Cluster
from monitoring_operator.cli import running_operator
from monitoring_operator.cli.chain import Chain, chain
from monitoring_operator.cli.connection import no_cluster
from monitoring_operator.cli.formats import TEXT
from monitoring_operator.cli.inspection import Inspector
from monitoring_operator.cli.report import as_data, print_document, print_findings
from monitoring_operator.cluster import KubernetesCluster, NoCluster, locate
from monitoring_operator.http_get import HttpClient
from monitoring_operator.reconcile.world import Defaults, Verification
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.store import ProfileKey

PAUSE = 2.0
"""Seconds between two looks while waiting."""
EXIT_CODES = {True: 0, False: 1, None: 2}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. `timeout` is in seconds; `only` None means every profile; `verification` says how replicas are reached."""

    only: ProfileKey | None
    defaults: Defaults
    verification: Verification
    wait: bool
    timeout: float
    output: str


def request(given: Mapping[str, Any], inputs: Inputs, labels: Mapping[str, str] | None) -> Request:
    """The options of the command, with what rendering takes from them."""
    token = given["grafana_token"] if given["grafana_url"] else ""
    return Request(
        only=ProfileKey(*given["profile"]) if given["profile"] else None,
        defaults=Defaults(labels, inputs),
        verification=Verification(
            way=Way(given["way"]), grafana_url=given["grafana_url"], grafana_token=token, namespaces=given["namespaces"]
        ),
        wait=given["wait"],
        timeout=given["timeout"],
        output=given["output"],
    )


def verify_profiles(request: Request, *, kubeconfig: str | None, context: str | None) -> int:
    """Prints the chain of each profile; returns the exit code."""
    try:
        chains = asyncio.run(_look(request, kubeconfig, context))
    except NoCluster as error:
        return _failed(no_cluster(error))
    except ApiError as error:
        return _failed(f"the cluster could not be read: {error.message}")
    except TimeoutError:
        return _failed(f"nothing was found out within {request.timeout:.0f} s")
    if request.only is not None and not chains:
        return _failed(f"there is no MonitoringProfile {request.only}")
    _show(chains, request.output)
    return max((EXIT_CODES[c.live] for c in chains), key=(0, 2, 1).index, default=0)


def _show(chains: Sequence[Chain], output: str) -> None:
    if output != TEXT:
        profiles = [{"namespace": c.namespace, "name": c.name, "live": c.live, "hops": as_data(c.hops)} for c in chains]
        print_document({"profiles": profiles}, output)
        return
    for number, found in enumerate(chains):
        if number:
            click.echo()
        click.echo(f"{found.namespace}/{found.name}")
        print_findings(found.hops)


async def _look(request: Request, kubeconfig: str | None, context: str | None) -> list[Chain]:
    async with _inspector(request, kubeconfig, context) as inspector:
        return await look(inspector, request)


async def look(inspector: Inspector, request: Request) -> list[Chain]:
    """The chains as they are, or with `wait` once all are live or time is up. Raises ApiError, and TimeoutError before the first look."""
    until, chains = time.monotonic() + request.timeout, None
    while True:
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                chains = [chain(seen) for seen in await inspector.look(request.only)]
                if not request.wait or (chains and all(c.live for c in chains)):
                    return chains
                await asyncio.sleep(PAUSE)
        except TimeoutError:
            if chains is None:
                raise
            return chains


@asynccontextmanager
async def _inspector(request: Request, kubeconfig: str | None, context: str | None) -> AsyncIterator[Inspector]:
    connection = await locate(kubeconfig, context)
    # Behind a fence that is down nothing can be written, whatever the code above it would like to.
    cluster = KubernetesCluster(connection, request.verification.namespaces, fence=lambda: -math.inf)
    http = HttpClient()
    click.echo(f"looking at {connection.server}", err=True)
    try:
        yield Inspector(cluster, http, await _defaults(cluster, request.defaults), request.verification)
    finally:
        await http.close()
        await cluster.close()


async def _defaults(cluster: Cluster, given: Defaults) -> Defaults:
    """What is given, and where that says nothing what the operator in the cluster is set to."""
    setup = await running_operator.find(cluster)
    if setup is None:
        return given
    plain, inputs = Inputs(), given.inputs
    grafana_url = inputs.grafana_url or setup.one("grafana-url")
    runbooks = inputs.runbook_base_url if inputs.runbook_base_url != plain.runbook_base_url else setup.one("runbook-base-url")
    inputs = replace(inputs, grafana_url=grafana_url, runbook_base_url=runbooks or plain.runbook_base_url)
    return Defaults(given.prometheus_labels or setup.labels(), inputs)


def _failed(message: str) -> int:
    click.echo(f"monitoring-operator: {message}", err=True)
    return 2
