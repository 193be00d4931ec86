"""Requests to Prometheus, Alertmanager and Grafana: an answer, or in few words why there is none."""

import asyncio

import pytest

from harness.fake_monitoring import FakeMonitoring, as_proxy
from monitoring_operator.api.cluster import NoAnswer
from monitoring_operator.http_get import HttpClient


def get(url: str, token: str = "") -> bytes:
    """One request with a client of its own."""

    async def ask() -> bytes:
        client = HttpClient()
        try:
            return await client.get(url, token=token)
        finally:
            await client.close()

    return asyncio.run(ask())


def test_the_body_of_an_answer() -> None:
    """As it comes."""
    with as_proxy(FakeMonitoring(dashboards=["a"])) as server:
        assert b"a" in get(f"{server}/api/search")


def test_every_failure_has_words_that_stay_the_same() -> None:
    """They stand in status: neither a port nor an address of the attempt may be in them."""
    with as_proxy(FakeMonitoring(silent={""})) as server, pytest.raises(NoAnswer, match=r"^HTTP 503$"):
        get(f"{server}/metrics")
    with pytest.raises(NoAnswer, match=r"^no connection$"):
        get(f"{server}/metrics")
    with pytest.raises(NoAnswer, match=r"^its name is not known$"):
        get("http://prometheus-0.prometheus-operated.monitoring.invalid:9090/")


def test_a_proxy_of_the_environment_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As other tools do, and as NO_PROXY says."""
    monitoring = FakeMonitoring()
    with as_proxy(monitoring) as server:
        monkeypatch.setenv("HTTP_PROXY", server)
        get("http://prometheus-0.prometheus-operated.monitoring.svc:9090/metrics")

    assert ["http://prometheus-0.prometheus-operated.monitoring.svc:9090/metrics"] == monitoring.requests
