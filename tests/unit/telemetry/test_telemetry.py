"""The operator's own metrics: what is on the page is what the reference says, and figures are those of the moment."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitoring_operator.api.names import Condition
from monitoring_operator.api.resources import CONFIG_MAP, SECRET, SERVICE_MONITOR
from monitoring_operator.telemetry import Picture, Telemetry
from monitoring_operator.telemetry.catalogue import METRICS
from monitoring_operator.telemetry.reference import page

Sample = tuple[str, tuple[tuple[str, str], ...]]


def profile(name: str, *, generation: int = 1, observed: int | None = None, **conditions: str) -> dict[str, Any]:
    """A MonitoringProfile as JSON, with conditions by their type."""
    found = [{"type": t, "status": s} for t, s in conditions.items()]
    metadata = {"namespace": "shop", "name": name, "uid": f"uid-{name}", "generation": generation}
    return {"metadata": metadata, "status": {"observedGeneration": observed, "conditions": found}}


def samples(telemetry: Telemetry) -> dict[Sample, float]:
    """The page, by name and labels."""
    families = text_string_to_metric_families(telemetry.page().decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def value(telemetry: Telemetry, name: str, **labels: str) -> float:
    """One sample."""
    return samples(telemetry)[name, tuple(sorted(labels.items()))]


def watched(*profiles: dict[str, Any]) -> Telemetry:
    """Telemetry of an operator with these profiles."""
    telemetry = Telemetry()
    kept = [SERVICE_MONITOR, CONFIG_MAP, CONFIG_MAP]
    telemetry.watch(Picture(lambda: profiles, lambda: kept, lambda: 3, lambda: 1.5, lambda: 2.5))
    return telemetry


def everything_counted() -> Telemetry:
    """Telemetry in which every instrument has counted something."""
    telemetry = watched(profile("a", Ready="True"))
    telemetry.reconciled("profile", "success", 0.1)
    telemetry.checked([SECRET], "applied")
    telemetry.wrote(SECRET, "apply")
    telemetry.base("monitoring", "main", good=True)
    telemetry.asked("Prometheus", answered=True)
    telemetry.requested("GET", 200, 0.1)
    return telemetry


def test_what_is_exposed_is_what_is_documented() -> None:
    """Same names, types and labels; what the Python client brings along is its own affair."""
    families = text_string_to_metric_families(everything_counted().page().decode())
    exposed = {}
    for family in families:
        if family.name.startswith("monitoring_operator_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            exposed[name] = (family.type, labels)

    assert {m.name: (m.type, set(m.labels)) for m in METRICS} == exposed


def test_the_reference_names_every_metric_once() -> None:
    """With its labels."""
    rows = [line for line in page().splitlines() if line.startswith("| `monitoring_operator_")]

    assert [m.name for m in METRICS] == [row.split("`")[1] for row in rows]
    assert all(f"`{label}`" in row for m, row in zip(METRICS, rows, strict=True) for label in m.labels)


def test_names_follow_prometheus_conventions() -> None:
    """Counters end in _total, times are in seconds, histograms have buckets that rise, and no label can name a profile."""
    for metric in METRICS:
        assert metric.name.startswith("monitoring_operator_")
        assert (metric.type == "counter") == metric.name.endswith("_total")
        assert (metric.type == "histogram") == bool(metric.buckets)
        assert sorted(set(metric.buckets)) == list(metric.buckets)
        assert metric.type != "histogram" or metric.name.endswith("_seconds")
        assert not {"namespace", "name", "profile", "uid"} & set(metric.labels)


def test_gauges_are_those_of_the_moment() -> None:
    """Profiles by readiness, conditions by type and status with a zero where there is none, children by resource, the queue."""
    telemetry = watched(profile("a", Ready="True", Applied="True"), profile("b", Ready="False", Applied="False"), profile("c"))

    assert (1, 2) == tuple(value(telemetry, "monitoring_operator_profiles", ready=r) for r in ("true", "false"))
    assert 1 == value(telemetry, "monitoring_operator_profile_conditions", type="Applied", status="False")
    assert 0 == value(telemetry, "monitoring_operator_profile_conditions", type="Valid", status="Unknown")
    assert (2, 0) == tuple(value(telemetry, "monitoring_operator_children", resource=r) for r in ("configmaps", "secrets"))
    assert (3, 1.5, 2.5) == tuple(
        value(telemetry, f"monitoring_operator_queue_{n}") for n in ("depth", "oldest_wait_seconds", "longest_run_seconds")
    )


def test_series_do_not_grow_with_profiles() -> None:
    """A thousand profiles and two have the same series; a condition that somebody else added makes none."""
    few = watched(profile("a", Ready="True"), profile("b", Ready="False"))
    many = watched(*(profile(f"p{n}", Ready="True", Foreign="True") for n in range(1000)))

    assert samples(few).keys() == samples(many).keys()
    assert len([1 for name, _ in samples(many) if name == "monitoring_operator_profile_conditions"]) == 3 * len(Condition.ALL)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("monitoring_operator_reconciles_total", {"key": "alertmanager", "result": "error"}),
        ("monitoring_operator_watch_missed_total", {"resource": "secrets"}),
        ("monitoring_operator_drift_repaired_total", {"resource": "servicemonitors"}),
        ("monitoring_operator_queue_retries_total", {"key": "profile"}),
    ],
)
def test_what_is_alerted_on_begins_at_zero(name: str, labels: dict[str, str]) -> None:
    """`increase` does not see a series come: the first count would go unnoticed."""
    assert 0 == value(Telemetry(), name, **labels)


def test_a_request_without_an_answer_has_a_code_of_its_own() -> None:
    """0 is no HTTP status."""
    telemetry = Telemetry()
    telemetry.requested("PATCH", 0, 10.0)
    telemetry.requested("PATCH", 409, 0.1)

    assert 1 == value(telemetry, "monitoring_operator_api_requests_total", method="PATCH", code="none")
    assert 1 == value(telemetry, "monitoring_operator_api_requests_total", method="PATCH", code="409")
    assert 2 == value(telemetry, "monitoring_operator_api_request_duration_seconds_count", method="PATCH")
