"""Of zero targets the status says which link of the chain is missing, and what there is instead."""

from typing import Any

from monitoring_operator.adoption.expected import Scrape
from monitoring_operator.adoption.services import Scene, trouble
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import SERVICE_MONITOR

SCRAPE = Scrape(Ref(SERVICE_MONITOR, "shop", "web"), "serviceMonitor/shop/web/0", {"matchLabels": {"app": "web"}}, "http", 15.0)


def service(name: str = "web", app: str = "web", ports: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A Service."""
    found = [{"name": "http", "port": 80, "targetPort": "metrics"}] if ports is None else ports
    return {"metadata": {"name": name, "labels": {"app": app}}, "spec": {"selector": {"run": app}, "ports": found}}


def endpoints(name: str = "web", port: str = "http", count: int = 1) -> dict[str, Any]:
    """An EndpointSlice."""
    labels = {"kubernetes.io/service-name": name}
    return {
        "metadata": {"name": f"{name}-1", "labels": labels},
        "ports": [{"name": port}],
        "endpoints": [{"addresses": ["10.0.0.1"]}] * count,
    }


def reason_and_message(*things: dict[str, Any]) -> tuple[str, str]:
    """What is found in a namespace with these Services and EndpointSlices."""
    services, slices = [t for t in things if "spec" in t], [t for t in things if "endpoints" in t]
    found = trouble(SCRAPE, Scene(services, slices))
    return (found.reason, found.message) if found else ("", "")


def test_a_whole_chain_is_no_trouble() -> None:
    """Others in the namespace do not matter."""
    assert ("", "") == reason_and_message(service(), endpoints(), service("other", "other"))


def test_no_service() -> None:
    """The selector and the labels of the Services that there are."""
    reason, message = reason_and_message(service("shop", "shop"))

    assert "ServiceMissing" == reason
    assert "app=web" in message
    assert "shop (app=shop)" in message


def test_a_misnamed_port() -> None:
    """The names that there are; a port without a name is shown by its number."""
    reason, message = reason_and_message(service(ports=[{"name": "web", "port": 80}, {"port": 9000}]), endpoints())

    assert "PortNotFound" == reason
    assert "named http" in message
    assert "web has 9000 (without a name), web" in message


def test_nothing_behind_the_service() -> None:
    """The Service's own selector, which is what must be mended, or the application started."""
    assert "NoEndpoints" == reason_and_message(service())[0]
    reason, message = reason_and_message(service(), endpoints(count=0))

    assert "NoEndpoints" == reason
    assert "run=web" in message


def test_a_target_port_that_no_pod_has() -> None:
    """Kubernetes leaves such a port out of the EndpointSlice."""
    reason, message = reason_and_message(service(), endpoints(port="other"))

    assert "NoEndpoints" == reason
    assert "container port metrics" in message
