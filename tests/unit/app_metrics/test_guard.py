"""No label has more values than its bound, whatever is thrown at it, and nothing is lost from the sums."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from app_metrics import Registry, instrument
from app_metrics.guard import MAX_LENGTH, OTHER, Guard, clean


@given(st.lists(st.text(max_size=8), max_size=300), st.integers(1, 20))
def test_bound_holds(values: list[str], limit: int) -> None:
    """At most `limit` values come out, `__other__` included; a value that was admitted once stays itself."""
    guard = Guard({"tenant_id": limit})

    admitted = [guard.admit("m", "tenant_id", value) for value in values]
    again = [guard.admit("m", "tenant_id", value) for value in values]

    assert limit >= len(set(admitted))
    assert all(second == first for first, second in zip(admitted, again, strict=True) if first != OTHER)


def test_default_is_below_a_hundred_and_sums_are_exact(registry: Registry, read: Callable[[], dict[str, float]]) -> None:
    """A thousand tenants: 98 by name, the rest together, no call lost, the other labels kept."""
    for n in range(1000):
        registry.increment("ga4_api_calls_total", f"tenant{n}", "runReport", "error")

    calls = {head: value for head, value in read().items() if head.startswith("ga4_api_calls_total") and 'status="error"' in head}
    assert 99 == len(calls)
    assert 1000.0 == sum(calls.values())
    assert 902.0 == calls['ga4_api_calls_total{endpoint="runReport",status="error",tenant_id="__other__"}']


def test_overflow_is_counted_and_said_once(
    registry: Registry, read: Callable[[], dict[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    """Folding is visible: a counter per metric and label, a gauge of admitted values, one line in the log."""
    for n in range(200):
        registry.increment("ga4_cache_hits_total", f"tenant{n}")

    page = read()
    assert 102.0 == page['app_metrics_label_overflow_total{label="tenant_id",metric="ga4_cache_hits_total"}']
    assert 98.0 == page['app_metrics_label_values{label="tenant_id"}']
    assert ["label tenant_id has reached its limit of 99 values; further ones are recorded as __other__"] == caplog.messages


def test_pinned_values_are_always_admitted() -> None:
    """Whoever must be seen by name is, however late."""
    registry = Registry(limits={"tenant_id": 3}, pinned={"tenant_id": ["vip"]})
    for tenant in ("a", "b", "c", "vip"):
        registry.increment("ga4_cache_hits_total", tenant)

    assert [("a",), (OTHER,), ("vip",)] == list(registry.values["ga4_cache_hits_total"].series)


@given(st.text())
def test_values_are_cleaned(value: str) -> None:
    """Short, and nothing that breaks a page or a terminal."""
    cleaned = clean(value)

    assert MAX_LENGTH >= len(cleaned)
    cleaned.encode()
    assert not any(ord(char) < 32 for char in cleaned)


def test_values_need_not_be_text(registry: Registry, read: Callable[[], dict[str, float]]) -> None:
    """A tenant may be a number, or unknown."""
    registry.increment("ga4_cache_hits_total", 42)
    registry.increment("ga4_cache_hits_total", 42)
    registry.increment("ga4_cache_hits_total", None)

    assert (2.0, 1.0) == (read()['ga4_cache_hits_total{tenant_id="42"}'], read()['ga4_cache_hits_total{tenant_id=""}'])


def test_instrument_sets_limits_and_pins(registry: Registry) -> None:
    """The application says which tenants it must see by name, and how many it can afford."""
    instrument(Starlette(), registry=registry, limits={"tenant_id": 2}, pinned={"tenant_id": ["vip"], "endpoint": ["/late"]})
    for tenant in ("a", "vip"):
        registry.increment("ga4_cache_hits_total", tenant)

    assert [(OTHER,), ("vip",)] == list(registry.values["ga4_cache_hits_total"].series)


def test_limit_below_one_is_refused() -> None:
    """With the label's name and the number."""
    with pytest.raises(ValueError, match=r"limits\['tenant_id'\] must be at least 1, not 0"):
        Guard({"tenant_id": 0})


def test_siblings_are_created_at_zero(registry: Registry, read: Callable[[], dict[str, float]]) -> None:
    """`rate` does not see a counter that is born at 1: the error counter exists from the first success on."""
    registry.increment("ga4_api_calls_total", "acme", "runReport", "success")

    calls = {head.split('status="')[1].split('"')[0]: value for head, value in read().items() if head.startswith("ga4_api_calls_total")}
    assert {"success": 1.0, "error": 0.0, "cancelled": 0.0} == calls


def test_gauges_of_the_departed_go_away(registry: Registry, read: Callable[[], dict[str, float]]) -> None:
    """A quota that nobody updates any more must not hold an alert."""
    registry.set("ga4_quota_usage_ratio", "acme", "1", to=0.99)
    registry.values["ga4_quota_usage_ratio"].remove("acme", 1)

    assert not [head for head in read() if head.startswith("ga4_quota_usage_ratio")]


def test_wrong_number_of_labels_is_refused(registry: Registry) -> None:
    """The message names the metric and its labels."""
    with pytest.raises(ValueError, match=r"ga4_cache_hits_total takes the labels \('tenant_id',\), not \('a', 'b'\)"):
        registry.increment("ga4_cache_hits_total", "a", "b")
