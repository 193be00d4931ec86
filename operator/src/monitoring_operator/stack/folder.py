"""The folder of a stack for a container engine: every file, what it holds and who may read it. Nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from monitoring_operator import yaml_output
from monitoring_operator.alertmanager.receivers import DIRECTORY
from monitoring_operator.stack import compose, prometheus, readme
from monitoring_operator.stack.parts import PLACEHOLDER, Parts, credentials

MARK = "# Written by `monitoring-operator stack`; write it anew instead of editing it.\n"
"""The first line of compose.yaml, by which a folder of ours is known."""
DATA = ("prometheus", "alertmanager", "grafana")
"""Who keeps data in a folder of its own under data/."""


@dataclass(frozen=True, slots=True)
class File:
    """A file's text. `secret`: for the owner's eyes alone, and kept where it exists, because its owner has filled it in."""

    text: str = field(repr=False)
    secret: bool = False


def files(
    parts: Parts, targets: Mapping[str, Sequence[str]], application: compose.Application | None, user: str
) -> dict[PurePosixPath, File]:
    """Every file by its path in the folder. `targets` are host:port by NAMESPACE/NAME, `user` is uid:gid that the containers run as."""
    config = prometheus.configuration(
        parts,
        targets,
        alertmanager=f"alertmanager:{compose.ALERTMANAGER_PORT}",
        rules=compose.PROMETHEUS_FOLDER / "rules",
        secrets=compose.PROMETHEUS_FOLDER / "secrets",
    )
    written = {
        "compose.yaml": MARK + yaml_output.document(compose.compose(application, PurePosixPath(DIRECTORY))),
        ".env": f"# uid:gid that the containers run as. Where the engine is rootless, 0:0 is you.\n{compose.USER_VARIABLE}={user}\n",
        ".gitignore": "/data/\n/secrets/\n",
        "prometheus.yml": yaml_output.document(config),
        "alertmanager.yml": parts.notifications.config,
        "README.md": readme.text(parts, runs_application=application is not None),
        "grafana/provisioning/datasources/datasources.yaml": yaml_output.document(_datasources()),
        "grafana/provisioning/dashboards/dashboards.yaml": yaml_output.document(_provider()),
        **{f"rules/{name}": yaml_output.document(rules) for name, rules in prometheus.rule_files(parts.rules).items()},
    }
    return {
        **{PurePosixPath(path): File(text) for path, text in written.items()},
        **{"grafana/dashboards" / path: File(text) for path, text in parts.dashboards.items()},
        **{"secrets" / path: File(f"{PLACEHOLDER}\n", secret=True) for path in credentials(parts)},
    }


def _datasources() -> dict[str, Any]:
    """With the uids that kube-prometheus-stack gives them too."""
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Prometheus",
                "uid": "prometheus",
                "type": "prometheus",
                "url": f"http://prometheus:{compose.PROMETHEUS_PORT}",
                "isDefault": True,
                # What $__rate_interval is made from: four scrapes.
                "jsonData": {"timeInterval": prometheus.INTERVAL, "httpMethod": "POST"},
            },
            {
                "name": "Alertmanager",
                "uid": "alertmanager",
                "type": "alertmanager",
                "url": f"http://alertmanager:{compose.ALERTMANAGER_PORT}",
                "jsonData": {"implementation": "prometheus"},
            },
        ],
    }


def _provider() -> dict[str, Any]:
    options = {"path": str(compose.DASHBOARDS), "foldersFromFilesStructure": True}
    return {"apiVersion": 1, "providers": [{"name": "monitoring-operator", "type": "file", "options": options}]}
