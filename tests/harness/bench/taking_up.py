"""A Prometheus and an Alertmanager that take up at once whatever is written: only what the operator does then takes time.

Their pages are as large as the real ones, and as restless: each time they are asked, evaluations and scrapes have gone on.
"""

import base64
import gzip
import itertools
import json
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from harness.bench.client import APPLY, Client, path
from harness.cluster import Object
from harness.fake_monitoring import FakeMonitoring, generated_secret
from monitoring_operator.adoption.routes import GENERATED_KEY
from monitoring_operator.api.resources import PROMETHEUS_RULE, SECRET, SERVICE_MONITOR, Resource

NAMESPACE = "monitoring"
REPLICAS = 2
"""Of Prometheus."""
CONFIGURATION = "routes"

_TICK = "@tick@"


class TakingUp(FakeMonitoring):
    """Loads each PrometheusRule and scrapes each ServiceMonitor that `follow` hears of; a page is joined from pieces made once."""

    def __init__(self) -> None:
        super().__init__()
        self._loaded: dict[str, str] = {}
        self._scraped: dict[str, str] = {}
        self._ticks = itertools.count()
        self._reloads = 0

    @property
    def loaded(self) -> int:
        """How many rules there are."""
        return sum(piece.count('"keepFiringFor"') for piece in self._loaded.values())

    def asked(self, after: int = 0) -> Counter[str]:
        """How often each pod was asked for each path, from a position in `requests` on."""
        urls = map(urlsplit, self.requests[after:])
        return Counter(f"{(url.hostname or '').partition('.')[0]} {url.path}" for url in urls)

    def answer(self, url: str) -> bytes:
        """What stands at a URL."""
        match urlsplit(url).path:
            case "/api/v1/status/runtimeinfo":
                info = {"startTime": "2026-01-02T03:04:05Z", "lastConfigTime": f"reload {self._reloads}", "reloadConfigSuccess": True}
                return _compact({"status": "success", "data": info}).encode()
            case "/api/v1/rules":
                return self._page("groups", self._loaded)
            case "/api/v1/targets":
                return self._page("activeTargets", self._scraped)
            case "/api/v1/query":
                names = re.findall(r'__name__=~"([^"]*)"', parse_qs(urlsplit(url).query)["query"][0])[0].split("|")
                jobs = [key.split("/") for key in list(self._scraped)]
                self.metrics = [{"__name__": n, "namespace": namespace, "job": job} for namespace, job in jobs for n in names]
        return super().answer(url)

    def _page(self, field: str, pieces: dict[str, str]) -> bytes:
        text = f'{{"status":"success","data":{{"{field}":[{",".join(list(pieces.values()))}]}}}}'
        return text.replace(_TICK, f"{next(self._ticks):06d}").encode()

    async def follow(self, client: Client, resource: Resource) -> None:
        """Takes up what there is of PrometheusRules or ServiceMonitors from now on, until cancelled."""
        everywhere = f"{resource.root}/{resource.plural}"
        listed = await client.get(everywhere, limit="1")
        async for event in client.watch(everywhere, listed["metadata"]["resourceVersion"]):
            body = event["object"]
            key = f"{body['metadata']['namespace']}/{body['metadata']['name']}"
            if resource == PROMETHEUS_RULE:
                self._reloads += 1
                self._loaded[key] = ",".join(map(_compact, map(_evaluated, self._groups(body))))
            elif resource == SERVICE_MONITOR:
                self._scraped[key] = _compact(_target(f"serviceMonitor/{key}/0"))

    async def make_configurations(self, client: Client) -> None:
        """prometheus-operator's part: from each Secret that is written, the one that Alertmanager mounts; until cancelled."""
        listed = await client.get(path(SECRET, NAMESPACE))
        async for event in client.watch(path(SECRET, NAMESPACE), listed["metadata"]["resourceVersion"]):
            body = event["object"]
            if body["metadata"]["name"] != CONFIGURATION:
                continue
            config = base64.b64decode(body["data"]["alertmanager.yaml"])
            made = generated_secret(NAMESPACE, "main", config)
            await client.send("PATCH", path(SECRET, NAMESPACE, made["metadata"]["name"]), made, APPLY, fieldManager="made", force="true")
            self.config = gzip.decompress(base64.b64decode(made["data"][GENERATED_KEY]))


def workloads() -> tuple[Object, Object]:
    """The Prometheus that selects everything, and the Alertmanager."""
    everything = ("serviceMonitorSelector", "serviceMonitorNamespaceSelector", "ruleSelector", "ruleNamespaceSelector")
    kinds: dict[str, dict[str, Any]] = {
        "Prometheus": {"replicas": REPLICAS} | {field: {} for field in everything},
        "Alertmanager": {"configSecret": CONFIGURATION},
    }
    prometheus, alertmanager = (
        {"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": {"name": "main", "namespace": NAMESPACE}, "spec": spec}
        for kind, spec in kinds.items()
    )
    return prometheus, alertmanager


def _evaluated(group: Object) -> Object:
    moment = {"evaluationTime": 0.000123, "lastEvaluation": f"2026-01-02T03:04:05.{_TICK}Z"}
    rules = [{"state": "inactive", **rule, "keepFiringFor": 0, "alerts": [], **moment} for rule in group["rules"]]
    return {**group, "rules": rules, "interval": 30, "limit": 0, **moment}


def _target(pool: str) -> Object:
    address = {"__address__": "192.0.2.1:8000", "__scheme__": "http", "__metrics_path__": "/metrics", "__scrape_interval__": "30s"}
    found = {f"__meta_kubernetes_pod_label_{n}": f"value-{n}" for n in range(30)}
    return {
        "discoveredLabels": address | found,
        "labels": {"instance": "192.0.2.1:8000", "job": pool, "namespace": "x", "pod": "x", "service": "x"},
        "scrapePool": pool,
        "scrapeUrl": "http://192.0.2.1:8000/metrics",
        "globalUrl": "http://192.0.2.1:8000/metrics",
        "lastError": "",
        "lastScrape": f"2026-01-02T03:04:05.{_TICK}Z",
        "lastScrapeDuration": 0.001,
        "health": "up",
        "scrapeInterval": "30s",
        "scrapeTimeout": "10s",
    }


def _compact(body: Object) -> str:
    return json.dumps(body, separators=(",", ":"))
