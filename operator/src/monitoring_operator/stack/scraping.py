"""A ServiceMonitor as a scrape configuration with targets that are given: what prometheus-operator makes of it, less the discovery."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

_LIMITS = ("sampleLimit", "targetLimit", "labelLimit", "labelNameLengthLimit", "labelValueLengthLimit")


def identity(monitor: Mapping[str, Any]) -> str:
    """NAMESPACE/NAME of a ServiceMonitor, which is that of its profile."""
    return f"{monitor['metadata']['namespace']}/{monitor['metadata']['name']}"


def credential(monitor: Mapping[str, Any]) -> str | None:
    """Name of the file for the bearer token that `monitor` scrapes with; None if it scrapes without one."""
    authorization = monitor["spec"]["endpoints"][0].get("authorization")
    if authorization is None:
        return None
    ref = authorization["credentials"]
    return f"{monitor['metadata']['namespace']}.{ref['name']}.{ref['key']}"


def scrape_config(monitor: Mapping[str, Any], targets: Sequence[str], secrets: PurePosixPath | None) -> dict[str, Any]:
    """What Prometheus scrapes at `targets` (host:port) as the cluster's would through `monitor`: same pool, labels, relabelling, limits.

    `secrets` is the folder of credentials as Prometheus sees it; without it, it scrapes without any.
    """
    spec, metadata = monitor["spec"], monitor["metadata"]
    endpoint = spec["endpoints"][0]
    # What prometheus-operator puts on every target of a Service; instance is Prometheus' own.
    labels = {"namespace": metadata["namespace"], "service": metadata["name"], "job": metadata["name"], "endpoint": endpoint["port"]}
    config: dict[str, Any] = {
        "job_name": f"serviceMonitor/{identity(monitor)}/0",
        "metrics_path": endpoint["path"],
        "scheme": endpoint["scheme"],
        "scrape_interval": endpoint["interval"],
        "scrape_timeout": endpoint["scrapeTimeout"],
        **{_snake(limit): spec[limit] for limit in _LIMITS if limit in spec},
        "static_configs": [{"targets": list(targets), "labels": labels}],
        "relabel_configs": [{_snake(k): v for k, v in relabelling.items()} for relabelling in endpoint["relabelings"]],
    }
    file = credential(monitor)
    if file is not None and secrets is not None:
        config["authorization"] = {"type": endpoint["authorization"]["type"], "credentials_file": str(secrets / file)}
    return config


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
