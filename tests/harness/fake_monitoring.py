"""What Prometheus and Alertmanager would answer, on a dict: for states that real ones cannot be brought into at will."""

import base64
import gzip
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from monitoring_operator.adoption.routes import config_hash
from monitoring_operator.api import durations
from monitoring_operator.api.cluster import NoAnswer

Object = dict[str, Any]


@dataclass
class FakeMonitoring:
    """The `Http` protocol for the pods of one Prometheus and one Alertmanager, and for Grafana.

    `rules` are the PrometheusRules that are loaded, `targets` the scraped ones by pool: each a health and an error. `silent` hosts do not
    answer.
    """

    rules: list[Object] = field(default_factory=list)
    failing: dict[str, str] = field(default_factory=dict)
    """Alert to the error with which it cannot be evaluated."""
    targets: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    metrics: list[Mapping[str, str]] = field(default_factory=list)
    config: bytes = b""
    reloaded: bool = True
    dashboards: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    behind: set[str] = field(default_factory=set)
    """Hosts that have loaded no rules and found no targets yet."""
    requests: list[str] = field(default_factory=list)

    async def get(self, url: str, *, token: str = "") -> bytes:
        """The answer to a GET."""
        self.requests.append(f"{url} {token}".strip())
        host = urlsplit(url).hostname or ""
        if host.split(".")[0] in self.silent:
            raise NoAnswer("no connection")
        return self.answer(url)

    def answer(self, url: str) -> bytes:
        """What stands at a URL."""
        behind = (urlsplit(url).hostname or "").split(".")[0] in self.behind
        match urlsplit(url).path:
            case "/api/v1/rules":
                return _success({"groups": [g for rule in self.rules if not behind for g in self._groups(rule)]})
            case "/api/v1/targets":
                return _success({"activeTargets": [t for pool in self.targets if not behind for t in self._targets(pool)]})
            case "/api/v1/query":
                return _success({"resultType": "vector", "result": [{"metric": m, "value": [0, "1"]} for m in self.metrics]})
            case "/metrics":
                reloaded = f"alertmanager_config_last_reload_successful {int(self.reloaded)}"
                return f"# TYPE x gauge\nalertmanager_config_hash {config_hash(self.config)!r}\n{reloaded}\n".encode()
            case "/api/search":
                return json.dumps([{"uid": uid, "title": uid} for uid in self.dashboards]).encode()
        raise NoAnswer("HTTP 404")

    def _groups(self, rule: Object) -> Iterator[Object]:
        metadata = rule["metadata"]
        file = f"/etc/prometheus/rules/{metadata['namespace']}-{metadata['name']}-{metadata['uid']}.yaml"
        for group in rule["spec"]["groups"]:
            yield {"name": group["name"], "file": file, "rules": [self._rule(r) for r in group["rules"]]}

    def _rule(self, rule: Object) -> Object:
        error = self.failing.get(rule["alert"], "")
        return {
            "name": rule["alert"],
            "query": rule["expr"].replace(" ", "\n  "),
            "duration": int(durations.seconds(rule.get("for", "0s"))),
            "labels": rule.get("labels", {}),
            "annotations": rule.get("annotations", {}),
            "health": "err" if error else "ok",
            "lastError": error,
            "type": "alerting",
        }

    def _targets(self, pool: str) -> Iterator[Object]:
        for number, (health, error) in enumerate(self.targets[pool]):
            yield {"scrapePool": pool, "scrapeUrl": f"http://10.0.0.{number}:8000/metrics", "health": health, "lastError": error}


def _success(data: Object) -> bytes:
    return json.dumps({"status": "success", "data": data}, separators=(",", ":")).encode()


def generated_secret(namespace: str, name: str, config: bytes) -> Object:
    """The Secret that prometheus-operator makes for an Alertmanager."""
    data = {"alertmanager.yaml.gz": base64.b64encode(gzip.compress(config)).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": namespace, "name": f"alertmanager-{name}-generated"},
        "data": data,
    }


@contextmanager
def as_proxy(monitoring: FakeMonitoring) -> Iterator[str]:
    """An HTTP proxy on the loopback address behind which every host answers as `monitoring`; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            monitoring.requests.append(self.path)
            silent = (urlsplit(self.path).hostname or "").split(".")[0] in monitoring.silent
            body = b"" if silent else monitoring.answer(self.path)
            self.send_response(503 if silent else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_port}"
        finally:
            listener.shutdown()
            thread.join()
