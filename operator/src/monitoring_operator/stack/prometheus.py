"""Prometheus' own files: prometheus.yml, and the rules that PrometheusRules hold."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from monitoring_operator.api import durations
from monitoring_operator.stack.parts import Parts
from monitoring_operator.stack.scraping import identity, scrape_config

INTERVAL = "15s"
"""Between two scrapes of what does not say; also between two evaluations of rules, unless something is scraped more often."""


def configuration(
    parts: Parts, targets: Mapping[str, Sequence[str]], *, alertmanager: str, rules: PurePosixPath, secrets: PurePosixPath | None
) -> dict[str, Any]:
    """prometheus.yml for `parts`: `targets` by NAMESPACE/NAME, `alertmanager` as host:port, folders as Prometheus sees them.

    Without `secrets` nothing is sent that needs a credential.
    """
    scraped = [monitor["spec"]["endpoints"][0]["interval"] for monitor in parts.monitors]
    return {
        "global": {"scrape_interval": INTERVAL, "evaluation_interval": min([INTERVAL, *scraped], key=durations.seconds)},
        "rule_files": [str(rules / name) for name in rule_files(parts.rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [scrape_config(monitor, targets[identity(monitor)], secrets) for monitor in parts.monitors],
    }


def rule_files(rules: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The content of each file of rules, by name."""
    return {f"{body['metadata']['namespace']}.{body['metadata']['name']}.yaml": {"groups": body["spec"]["groups"]} for body in rules}
