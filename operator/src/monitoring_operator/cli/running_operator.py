"""How the operator in the cluster is set up, by its Deployment: what it writes follows from that as much as from the profile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.cluster import ApiError, Cluster
from monitoring_operator.api.resources import DEPLOYMENT
from monitoring_operator.doctor.versions import containers, name_of_image

IMAGE = "monitoring-operator"


@dataclass(frozen=True, slots=True)
class Setup:
    """The options of its `run` by name, each with all its values."""

    options: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """The value of an option that is given once; empty where it is not."""
        return next(iter(self.options.get(name, ())), "")

    def labels(self) -> Mapping[str, str] | None:
        """Its labels for Prometheus; None where it derives them from the cluster."""
        pairs = (label.partition("=") for label in self.options.get("prometheus-label", ()))
        return {key: value for key, _, value in pairs} or None


async def find(cluster: Cluster) -> Setup | None:
    """The operator's settings; None where its Deployment is not found, or may not be looked for."""
    try:
        return setup_in([body async for body in cluster.list(DEPLOYMENT)])
    except ApiError:
        return None


def setup_in(deployments: Iterable[Mapping[str, Any]]) -> Setup | None:
    """The settings of the first of these Deployments (as JSON) that is an operator."""
    for deployment in deployments:
        for container in containers(deployment):
            arguments = [str(a) for a in container.get("args") or ()]
            if name_of_image(container.get("image", "")) == IMAGE and arguments[:1] == ["run"]:
                return Setup(_options(arguments[1:]))
    return None


def _options(arguments: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for argument in arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        found.setdefault(name, []).append(value)
    return found
