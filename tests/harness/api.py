"""The Kubernetes API without kubectl between: a request takes milliseconds, so that a repair of milliseconds can be timed."""

import asyncio
import json
from pathlib import Path

import httpx

from harness.cluster import Object
from monitoring_operator.api.resources import Resource
from monitoring_operator.cluster import locate


class ApiFailed(OSError):
    """The API server refused; the message holds its words."""


class Api:
    """Single requests on one explicit kubeconfig. Every method raises ApiFailed, or LookupError where the object is not there."""

    def __init__(self, kubeconfig: Path) -> None:
        connection = asyncio.run(locate(str(kubeconfig)))
        self._token = connection.token
        self._client = httpx.Client(base_url=connection.server, verify=connection.tls, timeout=10, trust_env=False)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object."""
        return self._request("GET", _path(resource, namespace, name))

    def list(self, resource: Resource, selector: str) -> list[Object]:
        """The objects of one kind in all namespaces that a label selector names."""
        items: list[Object] = self._request("GET", _path(resource), labelSelector=selector)["items"]
        return [item | {"kind": resource.kind} for item in items]

    def delete(self, resource: Resource, namespace: str, name: str) -> None:
        """Delete an object; returns when the server has accepted it."""
        self._request("DELETE", _path(resource, namespace, name))

    def merge(self, resource: Resource, namespace: str, name: str, change: Object) -> Object:
        """Merge a change into an object, as `kubectl patch --type=merge` does; returns the object as it then is."""
        return self._request("PATCH", _path(resource, namespace, name), change, fieldManager="somebody-else")

    def _request(self, method: str, path: str, body: Object | None = None, **query: str) -> Object:
        headers = {"Content-Type": "application/merge-patch+json"}
        if token := asyncio.run(self._token.get()):
            headers["Authorization"] = f"Bearer {token}"
        content = None if body is None else json.dumps(body)
        answer = self._client.request(method, path, params=query, content=content, headers=headers)
        found: Object = answer.json()
        if answer.status_code == 404:
            raise LookupError(found["message"])
        if answer.status_code >= 400:
            raise ApiFailed(found["message"])
        return found


def _path(resource: Resource, namespace: str = "", name: str = "") -> str:
    return "/".join(filter(None, (resource.root, f"namespaces/{namespace}" if namespace else "", resource.plural, name)))
