"""What must be found in the cluster once everything of a profile is live: taken from its rendered objects."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring_operator.adoption.dashboards import Board, board_of
from monitoring_operator.adoption.expressions import fingerprint
from monitoring_operator.adoption.metrics_present import Needs, needs
from monitoring_operator.adoption.selection import Candidate
from monitoring_operator.adoption.suspicion import suspicion
from monitoring_operator.api import durations, names
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.resources import CONFIG_MAP, PROMETHEUS_RULE, SERVICE_MONITOR

Object = Mapping[str, Any]
Line = tuple[str, str, float, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], str]
"""Group, name, `for` in seconds, labels, annotations, and the fingerprint of the expression of a rule."""


@dataclass(frozen=True, slots=True)
class Prints:
    """Fingerprints of rules: which there are, with their settings, and with their expressions too."""

    names: str = ""
    settings: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """A PrometheusRule: how many alerts, and the fingerprints by which its loaded file is recognised.

    `suspect` is what prometheus-operator may not like about it; empty if there is nothing of that kind.
    """

    ref: Ref
    alerts: int
    prints: Prints
    suspect: str = ""


@dataclass(frozen=True, slots=True)
class Scrape:
    """A ServiceMonitor: the pool of its only endpoint, and the Services that it means. `interval` is in seconds."""

    ref: Ref
    pool: str
    selector: Object
    port: str
    interval: float


@dataclass(frozen=True, slots=True)
class Expected:
    """Everything of one profile that somebody else must take up."""

    candidates: tuple[Candidate, ...] = ()
    scrapes: tuple[Scrape, ...] = ()
    rules: tuple[Rules, ...] = ()
    boards: tuple[Board, ...] = ()
    board_labels: frozenset[str] = frozenset()
    """Keys of the labels by which Grafana's sidecar finds the dashboards."""
    needs: Needs = field(default_factory=dict)

    @property
    def alerts(self) -> int:
        """Number of alerts."""
        return sum(r.alerts for r in self.rules)


def expect(manifests: Iterable[Manifest]) -> Expected:
    """What a profile's rendered objects must become."""
    found = sorted(manifests, key=lambda m: m.ref)
    boards = [(m, board) for m in found if m.ref.resource == CONFIG_MAP and (board := board_of(m)) is not None]
    taken = [m for m in found if m.ref.resource in (SERVICE_MONITOR, PROMETHEUS_RULE)]
    return Expected(
        candidates=tuple(Candidate(m.ref, dict(m.body["metadata"].get("labels") or {}), m.digest) for m in taken),
        scrapes=tuple(_scrape(m) for m in taken if m.ref.resource == SERVICE_MONITOR),
        rules=tuple(_rules(m) for m in taken if m.ref.resource == PROMETHEUS_RULE),
        boards=tuple(board for _, board in boards),
        board_labels=frozenset(k for m, _ in boards for k in m.body["metadata"]["labels"] if not _ours(k)),
        needs=needs(found),
    )


def _ours(label: str) -> bool:
    return label == names.LABEL_MANAGED_BY or label.startswith(f"{names.GROUP}/")


def _scrape(manifest: Manifest) -> Scrape:
    ref, spec = manifest.ref, manifest.body["spec"]
    (endpoint,) = spec["endpoints"]
    pool = f"serviceMonitor/{ref.namespace}/{ref.name}/0"
    return Scrape(ref, pool, spec["selector"], endpoint["port"], durations.seconds(endpoint["interval"]))


def _rules(manifest: Manifest) -> Rules:
    lines = [_line(group["name"], rule) for group in manifest.body["spec"]["groups"] for rule in group["rules"]]
    alerts = sum("alert" in rule for group in manifest.body["spec"]["groups"] for rule in group["rules"])
    suspect = suspicion([rule for group in manifest.body["spec"]["groups"] for rule in group["rules"]])
    return Rules(manifest.ref, alerts, prints(lines), suspect)


def _line(group: str, rule: Object) -> Line:
    wait = durations.seconds(rule["for"]) if "for" in rule else 0.0
    return line(group, rule.get("alert") or rule["record"], rule["expr"], wait, rule)


def line(group: str, name: str, expr: str, wait: float, rule: Object) -> Line:
    """A rule as it is compared; `labels` and `annotations` of `rule` are so called by Kubernetes and Prometheus alike."""
    return group, name, float(wait), _pairs(rule.get("labels") or {}), _pairs(rule.get("annotations") or {}), fingerprint(expr)


def _pairs(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, v) for k, v in values.items() if v))


def prints(lines: Iterable[Line]) -> Prints:
    """The fingerprints of rules, in whatever order they come."""
    found = sorted(lines)
    return Prints(_digest([rule[:2] for rule in found]), _digest([rule[:-1] for rule in found]), _digest(found))


def _digest(value: object) -> str:
    return hashlib.blake2b(json.dumps(value, separators=(",", ":")).encode(), digest_size=16).hexdigest()
