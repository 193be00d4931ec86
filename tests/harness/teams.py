"""Two teams that share an Alertmanager, and operators for them: shards, an assembler, or one for all."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cluster import Object
from harness.controlplane import ControlPlane
from harness.operator import NAMESPACE, Operator, assembler_kubeconfig
from harness.profiles import alertmanager, notifications, profile, receivers, secret, settled


@dataclass
class Scene:
    """A place for an Alertmanager, namespaces of two teams, and operators by name."""

    cluster: ControlPlane
    monitoring: str
    teams: dict[str, str]
    account: Path
    assembler_account: Path
    assembler_user: str
    folder: Path
    running: ExitStack

    def start(self, name: str, *args: str, account: Path | None = None, release: str = "") -> Operator:
        """An operator with a log of its own, ready; of a release of its own unless it is one of several replicas."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        identity = f"--identity=operators/{release or name}"
        operator = self.running.enter_context(Operator(account or self.account, identity, *args, folder=folder))
        operator.wait_until_ready(120)
        return operator

    def shard(self, team: str, *, selector: str = "") -> Operator:
        """The shard of a team, that selects by its label."""
        return self.start(f"shard-{team}", f"--shard={team}", f"--selector={selector or f'team={self.label(team)}'}")

    def replica(self, team: str, name: str, account: Path) -> Operator:
        """One of several operators of a team's shard, with the Lease of its release."""
        lease = ("--leader-elect", f"--lease-name=shard-{team}", f"--lease-namespace={NAMESPACE}")
        shard = (f"--shard={team}", f"--selector=team={self.label(team)}")
        return self.start(name, *shard, *lease, account=account, release=f"shard-{team}")

    def assembler(self) -> Operator:
        """The operator that assembles, confined to the Alertmanager's namespace."""
        return self.start("all", "--assemble", f"--namespace={self.monitoring}", account=self.assembler_account)

    def label(self, team: str) -> str:
        """The value of a team's label, which no other test's profiles have."""
        return f"{self.monitoring}-{team}"

    def profile(self, team: str, name: str = "web", **spec: Any) -> Object:
        """A profile of a team, that notifies."""
        body = profile(self.teams[team], name, notifications=notifications(self.monitoring), alerts={"enabled": False}, **spec)
        return {**body, "metadata": {**body["metadata"], "labels": {"team": self.label(team)}}}

    def apply(self, team: str, name: str = "web") -> None:
        """Makes it."""
        self.cluster.apply(self.profile(team, name))

    def settled(self, team: str, name: str = "web", **how: Any) -> Object:
        """The profile of a team once its status is as it should be."""
        return settled(self.cluster, self.teams[team], name, **how)

    def receivers(self) -> set[str]:
        """Teams and names of the profiles that have receivers."""
        team = {namespace: team for team, namespace in self.teams.items()}
        found = {tuple(r.split("/")[:2]) for r in receivers(self.cluster, self.monitoring) if "/" in r}
        return {f"{team[namespace]}/{name}" for namespace, name in found}


@contextmanager
def two_teams(cluster: ControlPlane, account: Path, folder: Path, diagnose: Callable[[str, Callable[[], str]], None]) -> Iterator[Scene]:
    """An Alertmanager, credentials in two namespaces, and no operator yet."""
    with ExitStack() as running:
        monitoring, a, b = (running.enter_context(cluster.namespace(n)) for n in ("shared", "team-a", "team-b"))
        cluster.apply(alertmanager(monitoring), *(secret(n, pagerduty=f"key-{n}", slack="https://hooks.example.com/x") for n in (a, b)))
        assembler, user = assembler_kubeconfig(cluster, monitoring)
        found = Scene(cluster, monitoring, {"a": a, "b": b}, account, assembler, user, folder, running)
        diagnose("logs", lambda: "\n".join(f"--- {log.parent.name}\n{log.read_text()[-6000:]}" for log in folder.glob("*/operator.log")))
        for namespace in (monitoring, a, b):
            diagnose(f"namespace {namespace}", lambda namespace=namespace: cluster.dump(namespace))  # type: ignore[misc]
        yield found
