"""The chart as Helm renders it, without a cluster: what users get is what is tested, not the templates."""

import functools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from harness import tools

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "monitoring-operator"
NAME = "monitoring-operator"
NAMESPACE = "operators"

Object = dict[str, Any]


class Refused(AssertionError):
    """Helm ended with an error; the message holds its words."""


def helm(*args: str | Path, values: Object | None = None, kubeconfig: Path = Path(os.devnull)) -> str:
    """Standard output of helm with `values` over the chart's own. Raises Refused.

    No cluster is asked unless a kubeconfig is named.
    """
    given = ["--values=-"] if values is not None else []
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    command = [tools.find("helm"), *args, *given]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, timeout=120, check=False, env=environment)
    if done.returncode:
        raise Refused(done.stderr.strip())
    return done.stdout


def template(values: Object | None = None, *, release: str = NAME, chart: Path = CHART) -> list[Object]:
    """Every object that the chart makes of `values`, hooks included, in Helm's order of installation. Raises Refused."""
    text = helm("template", release, chart, f"--namespace={NAMESPACE}", "--kube-version=1.31.0", values=values or {})
    return [document for document in yaml.safe_load_all(text) if document]


def notes(values: Object | None = None) -> str:
    """What an installation with `values` prints at its end. Raises Refused."""
    command = ("install", NAME, CHART, f"--namespace={NAMESPACE}", "--dry-run=client")
    return helm(*command, values=values or {}).partition("\nNOTES:\n")[2]


@functools.cache
def default() -> tuple[Object, ...]:
    """The objects of an installation without any values. Not to be changed."""
    return tuple(template())


def of_kind(objects: list[Object] | tuple[Object, ...], kind: str) -> list[Object]:
    """The objects of one kind, in their order."""
    return [o for o in objects if o["kind"] == kind]


def only(objects: list[Object] | tuple[Object, ...], kind: str) -> Object:
    """The one object of a kind. Raises ValueError if there is none, or more than one."""
    (found,) = of_kind(objects, kind)
    return found


def operator_container(objects: list[Object] | tuple[Object, ...]) -> Object:
    """The operator's container in its Deployment."""
    (container,) = only(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(container)


def pod_specs(objects: list[Object] | tuple[Object, ...]) -> dict[str, Object]:
    """The specs of every pod that the chart makes, by kind and name."""
    found = {f"Deployment/{o['metadata']['name']}": o["spec"]["template"]["spec"] for o in of_kind(objects, "Deployment")}
    return found | {f"Pod/{o['metadata']['name']}": o["spec"] for o in of_kind(objects, "Pod")}
