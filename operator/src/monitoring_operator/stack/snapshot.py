"""What Prometheus says of its targets, rules and alerts at a moment, and what is new since another."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Whatever proxy the environment names, what listens on the loopback address is reached without it.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class News:
    """One thing that has changed: whether it is good, bad or neither (None), and a sentence."""

    good: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Targets by pool and address with the error of their last scrape (None: up; empty: not scraped yet), rules, and alerts by identity."""

    targets: Mapping[tuple[str, str], str | None] = field(default_factory=dict)
    rules: int = 0
    broken: Mapping[str, str] = field(default_factory=dict)
    alerts: Mapping[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether every target was scraped and is up, and rules are loaded."""
        return bool(self.targets) and bool(self.rules) and all(error is None for error in self.targets.values())


def answers(url: str) -> bool:
    """Whether a server says at `url` that it is ready."""
    try:
        with _OPENER.open(url, timeout=TIMEOUT) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 -- HTTP
    except OSError:
        return False


def ask(prometheus: str, path: str) -> Any:
    """`data` of an answer of Prometheus' HTTP API. Raises OSError."""
    with _OPENER.open(f"{prometheus}/api/v1/{path}", timeout=TIMEOUT) as answer:
        return json.load(answer)["data"]


def take(prometheus: str) -> Snapshot:
    """The state now of the Prometheus at a URL. Raises OSError."""
    targets = ask(prometheus, "targets?state=active")["activeTargets"]
    rules = [rule for group in ask(prometheus, "rules")["groups"] for rule in group["rules"]]
    alerts = ask(prometheus, "alerts")["alerts"]
    return Snapshot(
        targets={(t["scrapePool"], t["labels"]["instance"]): _error(t) for t in targets},
        rules=len(rules),
        broken={r["name"]: r.get("lastError") or r["health"] for r in rules if r["health"] == "err"},
        alerts={_identity(a["labels"]): a["state"] for a in alerts},
    )


def news(before: Snapshot, after: Snapshot) -> Iterator[News]:
    """What a person who saw `before` wants to hear of `after`."""
    for (pool, address), error in after.targets.items():
        if error != "" and error != before.targets.get((pool, address), ""):
            name = pool.removeprefix("serviceMonitor/").rpartition("/")[0]
            yield News(error is None, f"{name} at {address}: {'scraped' if error is None else f'cannot be scraped: {error}'}")
    if after.rules != before.rules:
        yield News(good=True, text=f"{after.rules} alerts are loaded")
    for rule, error in after.broken.items():
        if before.broken.get(rule) != error:
            yield News(good=False, text=f"{rule} cannot be evaluated: {error}")
    for alert, state in after.alerts.items():
        if before.alerts.get(alert) != state:
            yield News(False if state == "firing" else None, f"{state}: {alert}")
    for alert in before.alerts:
        if alert not in after.alerts:
            yield News(good=True, text=f"over: {alert}")


def _error(target: Mapping[str, Any]) -> str | None:
    return None if target["health"] == "up" else str(target["lastError"])


def _identity(labels: Mapping[str, str]) -> str:
    shown = {k: v for k, v in labels.items() if k not in ("alertname", "namespace", "profile", "job", "signal")}
    rest = " ".join(f"{k}={v}" for k, v in sorted(shown.items()))
    return f"{labels['alertname']} {rest}".strip()
