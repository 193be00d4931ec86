"""compose.yaml: Prometheus, Alertmanager, Grafana and, if it is an image, the application; on the loopback address alone.

Every container runs as the person who made the folder, so that credentials can be readable by that person and nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

PROMETHEUS_IMAGE = "prom/prometheus:v3.16.0"
ALERTMANAGER_IMAGE = "prom/alertmanager:v0.31.1"
GRAFANA_IMAGE = "grafana/grafana:13.2.3"

PROMETHEUS_PORT, GRAFANA_PORT, ALERTMANAGER_PORT = 9090, 3001, 9093
HOST = "host.docker.internal"
"""The machine itself, as a container sees it."""
USER_VARIABLE = "STACK_USER"

PROMETHEUS_FOLDER = PurePosixPath("/etc/prometheus")
ALERTMANAGER_FILE = PurePosixPath("/etc/alertmanager/alertmanager.yml")
PROVISIONING = PurePosixPath("/etc/grafana/provisioning")
DASHBOARDS = PurePosixPath("/var/lib/monitoring/dashboards")


@dataclass(frozen=True, slots=True)
class Application:
    """An application that runs in the stack: `source` is compose's `image` or `build`, `port` where it listens."""

    source: Mapping[str, Any]
    port: int
    environment: Mapping[str, str]


def compose(application: Application | None, alertmanager_secrets: PurePosixPath) -> dict[str, Any]:
    """The compose file. `alertmanager_secrets` is the folder in which Alertmanager's configuration looks for credentials."""
    services = {"prometheus": _prometheus(), "alertmanager": _alertmanager(alertmanager_secrets), "grafana": _grafana()}
    if application is not None:
        services["app"] = {
            **application.source,
            "ports": [_loopback(application.port, application.port)],
            # Compose takes $WORD for a variable.
            "environment": {name: value.replace("$", "$$") for name, value in application.environment.items()},
            **_CONFINED,
        }
    return {"name": "monitoring", "services": services}


_CONFINED: Mapping[str, Any] = {"restart": "unless-stopped", "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}


def _service(image: str, port: tuple[int, int], volumes: list[str], **more: Any) -> dict[str, Any]:
    user = f"${{{USER_VARIABLE}:?it stands in the file .env}}"
    return {"image": image, "user": user, **more, "ports": [_loopback(*port)], "volumes": volumes, **_CONFINED}


def _loopback(host: int, container: int) -> str:
    return f"127.0.0.1:{host}:{container}"


def _prometheus() -> dict[str, Any]:
    command = [
        f"--config.file={PROMETHEUS_FOLDER / 'prometheus.yml'}",
        "--storage.tsdb.path=/prometheus",
        "--storage.tsdb.retention.time=15d",
        f"--web.external-url=http://localhost:{PROMETHEUS_PORT}",
    ]
    volumes = [
        f"./prometheus.yml:{PROMETHEUS_FOLDER / 'prometheus.yml'}:ro",
        f"./rules:{PROMETHEUS_FOLDER / 'rules'}:ro",
        f"./secrets/prometheus:{PROMETHEUS_FOLDER / 'secrets'}:ro",
        "./data/prometheus:/prometheus",
    ]
    return _service(PROMETHEUS_IMAGE, (PROMETHEUS_PORT, 9090), volumes, command=command, extra_hosts=[f"{HOST}:host-gateway"])


def _alertmanager(secrets: PurePosixPath) -> dict[str, Any]:
    command = [
        f"--config.file={ALERTMANAGER_FILE}",
        "--storage.path=/alertmanager",
        # No peers: without this it would look for a network to gossip on.
        "--cluster.listen-address=",
        f"--web.external-url=http://localhost:{ALERTMANAGER_PORT}",
    ]
    volumes = [
        f"./alertmanager.yml:{ALERTMANAGER_FILE}:ro",
        f"./secrets/alertmanager:{secrets}:ro",
        "./data/alertmanager:/alertmanager",
    ]
    return _service(ALERTMANAGER_IMAGE, (ALERTMANAGER_PORT, 9093), volumes, command=command)


def _grafana() -> dict[str, Any]:
    environment = {
        "GF_SERVER_ROOT_URL": f"http://localhost:{GRAFANA_PORT}",
        # Nothing is reported, looked up or installed behind one's back.
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    }
    volumes = [
        f"./grafana/provisioning:{PROVISIONING}:ro",
        f"./grafana/dashboards:{DASHBOARDS}:ro",
        "./data/grafana:/var/lib/grafana",
    ]
    return _service(GRAFANA_IMAGE, (GRAFANA_PORT, 3000), volumes, environment=environment)
