"""`monitoring-operator run`: hands over from the command line to the operator's process."""

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitoring_operator.adoption.replicas import Way
from monitoring_operator.api import names
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import LEASE
from monitoring_operator.cli import error_reports
from monitoring_operator.cluster import NoCluster, locate
from monitoring_operator.handlers.informer import Patience
from monitoring_operator.handlers.runtime import Options, ResourcesChanged, Webhook, operate
from monitoring_operator.health import CannotServe
from monitoring_operator.reconcile.scope import Scope
from monitoring_operator.reconcile.world import Defaults, Verification
from monitoring_operator.render.inputs import DEFAULT_RUNBOOK_BASE_URL, Inputs

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `run`. Intervals and timeouts are in seconds; `prometheus_labels` None derives them from the cluster."""

    namespaces: tuple[str, ...] = ()
    prometheus_labels: Mapping[str, str] | None = None
    runbook_base_url: str | None = None
    grafana_url: str = ""
    dashboard_namespaces: tuple[str, ...] = ()
    base_configs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    resync_interval: float = 600.0
    watch_timeout: float = 90.0
    poll_interval: float = 60.0
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    verify: str = "auto"
    grafana_token: str = field(default="", repr=False)
    webhook_port: int | None = None
    webhook_certificates: str = "/etc/monitoring-operator/webhook"
    identity: str = ""
    selector: str = ""
    shard: str = ""
    assemble: bool = False
    leader_elect: bool = False
    lease_name: str = names.FIELD_MANAGER
    lease_namespace: str = ""
    log_format: str = "json"
    log_level: str = "info"


def run_operator(settings: Settings) -> int:
    """Runs the operator until a signal ends it; returns the exit code."""
    _set_up_logging(settings)
    if os.environ.get("SENTRY_DSN"):
        error_reports.set_up()
    inputs = Inputs(runbook_base_url=settings.runbook_base_url or DEFAULT_RUNBOOK_BASE_URL, grafana_url=settings.grafana_url)
    options = Options(
        namespaces=settings.namespaces,
        defaults=Defaults(
            prometheus_labels=settings.prometheus_labels,
            inputs=inputs,
            dashboard_namespaces=frozenset(settings.dashboard_namespaces) if settings.dashboard_namespaces else None,
            bases=settings.base_configs,
        ),
        resync_interval=settings.resync_interval,
        patience=Patience(settings.watch_timeout),
        poll_interval=settings.poll_interval,
        http_host=settings.http_host,
        http_port=settings.http_port,
        verification=Verification(
            way=Way(settings.verify),
            grafana_url=settings.grafana_url,
            grafana_token=settings.grafana_token if settings.grafana_url else "",
            namespaces=settings.namespaces,
        ),
        scope=Scope(
            settings.identity or f"{_own_namespace()}/{names.FIELD_MANAGER}",
            settings.namespaces,
            settings.selector,
            settings.shard,
            settings.assemble,
        ),
        webhook=Webhook(settings.webhook_port, Path(settings.webhook_certificates)) if settings.webhook_port is not None else None,
        lease=Ref(LEASE, settings.lease_namespace or _own_namespace(), settings.lease_name) if settings.leader_elect else None,
    )
    try:
        asyncio.run(_run(options))
    except asyncio.CancelledError:
        return 0
    except ResourcesChanged:
        logging.getLogger(__name__).warning("a watched resource type has come or gone; ending, to be started again")
    except NoCluster as error:
        sys.stderr.write(f"monitoring-operator: no cluster: {error}. Set KUBECONFIG, or run it inside a cluster.\n")
        return 2
    except CannotServe as error:
        sys.stderr.write(f"monitoring-operator: {error}\n")
        return 2
    except Exception:
        # Whatever it is, a new process is the remedy, and it lists everything.
        logging.getLogger(__name__).exception("ending, to be started again")
        return 1
    return 0


def _own_namespace() -> str:
    """The namespace of the pod that we are, or `default` where we are none."""
    try:
        return NAMESPACE_FILE.read_text().strip()
    except OSError:
        return "default"


async def _run(options: Options) -> None:
    await operate(await locate(), options)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with time (RFC 3339, UTC), severity, logger and message; a traceback where there is one."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "severity": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _set_up_logging(settings: Settings) -> None:
    handler = logging.StreamHandler()
    if settings.log_format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    # kopf says at info what it says for every event; its warnings are what a reader needs.
    logging.getLogger("kopf").setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("aiohttp").setLevel(logging.WARNING)
