"""Profiles in which a fault can be planted, all scraped from one small pod that fails where it is told to."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.cluster import Cluster, Object
from harness.profiles import condition, get
from harness.profiles import profile as profile_of
from harness.wait import wait_for

# Each path has its metrics and its own switch, so that one pod serves all profiles.
_APPLICATION = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
failing = set()
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        verb, _, name = self.path.lstrip('/').partition('/')
        if verb == 'break':
            failing.add(name)
        if verb == 'mend':
            failing.discard(name)
        self.send_response(500 if verb == 'metrics' and name in failing else 200)
        self.send_header('Content-Type', 'text/plain; version=0.0.4')
        self.end_headers()
        self.wfile.write(b'http_requests_total{method="GET",endpoint="/",status_code="200"} 1\\n')
    def log_message(self, *args):
        pass
ThreadingHTTPServer(('', 8000), Handler).serve_forever()
"""


@dataclass
class Faulty:
    """A namespace with the pod, and profiles by the name of their fault; `apart` is another such namespace."""

    cluster: Cluster
    namespace: str
    apart: "Faulty | None" = None

    def start(self, *names: str) -> None:
        """The pod, and a Service and a profile for each name."""
        self.cluster.apply(
            _pod(self.namespace), *(thing for n in names for thing in (service(self.namespace, n), profile(self.namespace, n)))
        )

    def get(self, name: str) -> Object:
        """A profile as it is now."""
        return get(self.cluster, self.namespace, name)

    def patch(self, name: str, spec: Object) -> None:
        """Merges a change into a profile's spec."""
        self.cluster.apply({**profile(self.namespace, name), "spec": {**profile(self.namespace, name)["spec"], **spec}})

    def tell(self, what: str, name: str) -> None:
        """`break` or `mend` the metrics page of a profile's application."""
        self.cluster.kubectl("get", "--raw", f"/api/v1/namespaces/{self.namespace}/pods/app:8000/proxy/{what}/{name}")

    def wait_until_live(self, name: str, *, timeout: float) -> None:
        """Returns once a profile is Ready and live."""
        wait_for(lambda: reason(self.get(name)) == "Live", what=f"{name} is live", timeout=timeout, interval=1)

    @staticmethod
    def seconds_until(done: Callable[[], Any], what: str, *, timeout: float, since: float | None = None) -> float:
        """Seconds from `since`, or now, until something holds."""
        since = time.monotonic() if since is None else since
        wait_for(done, what=what, timeout=timeout, interval=0.5)
        return time.monotonic() - since


def reason(found: Object, type_: str = "Ready") -> str:
    """The reason of a condition about the profile's present generation; empty if there is none."""
    verdict = condition(found, type_)
    return verdict.get("reason", "") if verdict.get("observedGeneration") == found["metadata"]["generation"] else ""


def service(namespace: str, name: str) -> Object:
    """A Service of the pod's, found by the profile's selector."""
    metadata = {"namespace": namespace, "name": name, "labels": {"app": name}}
    ports = [{"name": "http", "port": 8000, "targetPort": 8000}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": {"run": "app"}, "ports": ports}}


def profile(namespace: str, name: str, **spec: Any) -> Object:
    """A profile with alerts, without dashboards, scraped from a path of its own."""
    found = profile_of(namespace, name, packs=["http"], dashboards={"enabled": False}, **spec)
    found["spec"]["scrape"] |= {"interval": "5s", "timeout": "4s", "path": f"/metrics/{name}"}
    return found


def _pod(namespace: str) -> Object:
    container = {
        "name": "app",
        "image": "localhost/ga4-app:dev",
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", _APPLICATION],
        "ports": [{"containerPort": 8000}],
    }
    metadata = {"namespace": namespace, "name": "app", "labels": {"run": "app"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False},
    }
