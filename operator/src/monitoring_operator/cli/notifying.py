"""`monitoring-operator notify-test`: a test alert through the real Alertmanager, and whether it went out."""

import asyncio
import sys
from dataclasses import dataclass

import click

from monitoring_operator.adoption.replicas import Replica, replicas
from monitoring_operator.alertmanager.target import NoTarget, choose, target_of
from monitoring_operator.alertmanager.trial import trial_labels
from monitoring_operator.api.alerts import Severity
from monitoring_operator.api.cluster import ApiError
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.notifications import AlertmanagerRef
from monitoring_operator.api.profile import InvalidProfile, parse
from monitoring_operator.api.resources import ALERTMANAGER, PROFILE
from monitoring_operator.cli.connection import connected, no_cluster
from monitoring_operator.cli.formats import TEXT, data
from monitoring_operator.cli.trial_run import CannotTest, Outcome, Trial, Way
from monitoring_operator.cluster import KubernetesCluster, NoCluster


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for. `patience` is in seconds (None: Alertmanager's own); `agreed` sends without asking first.

    `output` is that of the outcomes; as data they are alone on standard output.
    """

    namespace: str
    name: str
    severity: Severity = "warning"
    alertmanager: tuple[str, str] | None = None
    patience: float | None = None
    agreed: bool = False
    kubeconfig: str | None = None
    context: str | None = None
    output: str = TEXT


def notify_test(request: Request) -> int:
    """Sends a test alert of a profile and reports; returns the exit code."""
    try:
        return asyncio.run(_run(request))
    except NoCluster as error:
        return _failed(no_cluster(error))
    except ApiError as error:
        return _failed(f"the cluster could not be read: {error.message}")
    except (CannotTest, NoTarget, InvalidProfile) as error:
        return _failed(str(error))


async def _run(request: Request) -> int:
    async with connected(request.kubeconfig, request.context, doing="testing on") as cluster:
        pods = await _replicas(cluster, request)
        trial = Trial(cluster, pods, trial_labels(request.namespace, request.name, request.severity))
        ways = await trial.ways()
        _announce(request, pods, ways)
        if not ways:
            report(request, [])
            return 1
        if not request.agreed and not _agrees():
            return _failed("nothing was sent; give --yes to send without being asked")
        outcomes = await trial.run(ways, patience=request.patience, progress=_progress)
    _progress("")
    report(request, outcomes)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


async def _replicas(cluster: KubernetesCluster, request: Request) -> list[Replica]:
    """The pods of the profile's Alertmanager."""
    profile = f"{request.namespace}/{request.name}"
    body = await cluster.get(Ref(PROFILE, request.namespace, request.name))
    if body is None:
        raise CannotTest(f"there is no profile {profile}")
    notifications = parse(body).spec.notifications
    if notifications is None:
        raise CannotTest(f"{profile} has no notifications")
    ref = notifications.alertmanager
    if request.alertmanager is not None:
        ref = AlertmanagerRef(namespace=request.alertmanager[0], name=request.alertmanager[1])
    if ref is not None:
        named = await cluster.get(Ref(ALERTMANAGER, ref.namespace, ref.name))
        bodies = [named] if named else []
    else:
        bodies = [b async for b in cluster.list(ALERTMANAGER)]
    target = choose(ref, map(target_of, bodies))
    (chosen,) = (b for b in bodies if (b["metadata"]["namespace"], b["metadata"]["name"]) == (target.namespace, target.name))
    pods = replicas(chosen)
    if not pods:
        raise CannotTest(f"Alertmanager {target.namespace}/{target.name} is scaled to zero")
    return pods


def _announce(request: Request, pods: list[Replica], ways: list[Way]) -> None:
    where, profile, aside = pods[0].of, f"{request.namespace}/{request.name}", request.output != TEXT
    alert = f"a test alert of {profile}, {request.severity}"
    click.echo(f"{alert}, through Alertmanager {where.namespace}/{where.name} ({len(pods)} replicas)", err=aside)
    for way in ways:
        foreign = "" if way.receiver.startswith(f"{profile}/") else " (not a receiver of the profile)"
        click.echo(f"  tells {way} after {way.wait:.0f}s{foreign}", err=aside)
    if not ways:
        click.echo("  tells nobody: Alertmanager runs no route of the profile for it; see the profile's condition RoutesLive", err=aside)


def _agrees() -> bool:
    return sys.stdin.isatty() and click.confirm("Send it?", err=True)


def _progress(words: str) -> None:
    """On a terminal, one line that is written over."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{words}", nl=False, err=True)


def report(request: Request, outcomes: list[Outcome]) -> None:
    """What became of the alert on every way."""
    if request.output != TEXT:
        told = [
            {"receiver": o.way.receiver, "integration": str(o.way.integration), "wentOut": o.ok is True, "message": o.words}
            for o in outcomes
        ]
        test = {"namespace": request.namespace, "name": request.name, "severity": request.severity, "outcomes": told}
        click.echo(data(test, request.output), nl=False)
        return
    for outcome in outcomes:
        click.echo(f"{'ok' if outcome.ok else 'FAILED'}: {outcome.way}: {outcome.words}")
    if outcomes:
        click.echo(_end(outcomes))


def _end(outcomes: list[Outcome]) -> str:
    longest = max(outcome.way.again for outcome in outcomes)
    return f"The alert has ended; whoever hears of ends is told within {longest:.0f}s."


def _failed(message: str) -> int:
    click.echo(f"monitoring-operator: {message}", err=True)
    return 2
