"""The Kubernetes API without kubectl between: a request takes milliseconds, so that a repair of milliseconds can be timed."""

import json
from pathlib import Path

from kubernetes.config import new_client_from_config

from harness.cluster import Object
from monitoring_operator.api.resources import Resource


class ApiFailed(OSError):
    """The API server refused; the message holds its words."""


class Api:
    """Single requests on one explicit kubeconfig. Every method raises ApiFailed, or LookupError where the object is not there."""

    def __init__(self, kubeconfig: Path) -> None:
        self._client = new_client_from_config(config_file=str(kubeconfig))

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
        prepared = self._client.param_serialize(
            method=method,
            resource_path=path,
            query_params=list(query.items()),
            header_params={"Accept": "application/json", "Content-Type": "application/merge-patch+json"},
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = self._client.call_api(*prepared, _request_timeout=10)
        content: Object = json.loads(answer.read())
        if answer.status == 404:
            raise LookupError(content["message"])
        if answer.status >= 400:
            raise ApiFailed(content["message"])
        return content


def _path(resource: Resource, namespace: str = "", name: str = "") -> str:
    return "/".join(filter(None, (resource.root, f"namespaces/{namespace}" if namespace else "", resource.plural, name)))
