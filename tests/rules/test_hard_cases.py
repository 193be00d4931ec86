"""What real counters and gauges do: born late, reset, stale, split over replicas and tenants."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.content import cases, promtool
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.stimuli import DAY, INSTANCE, OTHER_INSTANCE
from harness.content.timeline import Series, counter

AT = {"namespace": NAMESPACE, "job": NAME, "instance": INSTANCE}
CALL = {**AT, "tenant_id": "t1", "endpoint": "runReport"}
QUOTA = {"tenant_id": "t1", "property_id": "p1"}


def judge(folder: Path, name: str, series: Sequence[Series], checks: dict[str, list[dict[str, str]]], **sections: Any) -> None:
    """`checks` gives for some times the subjects for which the alert `name` fires."""
    s = cases.subject(profile(**sections), name)
    fixed = {**s.at, "profile": NAME, "severity": s.alert.severity, "signal": s.alert.alert.signal}
    test = {
        "input_series": [each.document() for each in series],
        "alert_rule_test": [
            {"eval_time": at, "alertname": name, "exp_alerts": [{"exp_labels": {**fixed, **subject}} for subject in subjects]}
            for at, subjects in checks.items()
        ],
    }
    passed, words = promtool.prove(folder, cases.groups(cases.rule(s.profile, name)), [test], interval="15s")
    assert passed, words


def calls(status: str, increments: Sequence[float | None]) -> Series:
    """GA4 calls that ended with `status`."""
    return Series("ga4_api_calls_total", {**CALL, "status": status}, counter(increments))


def test_first_errors_of_a_counter_that_was_there_at_zero(tmp_path: Path) -> None:
    """Errors that start on a counter which the library had created at 0 are seen."""
    judge(
        tmp_path,
        "Ga4ApiHighErrorRate",
        [calls("success", [50] * 80), calls("error", [0] * 20 + [50] * 60)],
        {"5m": [], "12m": [{}]},
    )


def test_a_counter_reset_hides_nothing(tmp_path: Path) -> None:
    """A restart in the middle of an outage sets the counters to 0 and does not end the alert."""
    errors = Series("ga4_api_calls_total", {**CALL, "status": "error"}, [*counter([20] * 40), *counter([20] * 40)])
    successes = Series("ga4_api_calls_total", {**CALL, "status": "success"}, [*counter([80] * 40), *counter([80] * 40)])
    judge(tmp_path, "Ga4ApiHighErrorRate", [errors, successes], {"9m": [{}], "10m15s": [{}], "12m": [{}], "19m": [{}]})


def test_cancelled_calls_are_neither_errors_nor_traffic(tmp_path: Path) -> None:
    """A thousand cancelled calls do not turn nine failed ones into enough traffic for an alert, nor hide twenty of forty."""
    few = [calls("error", [0.45] * 80), calls("cancelled", [1000] * 80)]
    judge(tmp_path, "Ga4ApiHighErrorRate", few, {"15m": []})
    many = [calls("error", [20] * 80), calls("success", [20] * 80), calls("cancelled", [1000] * 80)]
    judge(tmp_path, "Ga4ApiHighErrorRate", many, {"15m": [{}]})


def quota(instance: str, used: float, read: float, refill: float) -> list[Series]:
    """What one replica shows of a property's quota, for an hour."""
    at = {**AT, "instance": instance, **QUOTA}
    return [
        Series("ga4_quota_usage_ratio", at, [used] * 240),
        Series("ga4_quota_updated_timestamp_seconds", at, [read] * 240),
        Series("ga4_quota_reset_timestamp_seconds", at, [refill] * 240),
    ]


def test_a_reading_from_before_the_refill_is_ignored(tmp_path: Path) -> None:
    """A replica that read 99 % before midnight does not hold up what another read since."""
    series = [*quota(INSTANCE, 0.99, 10, 1800), *quota(OTHER_INSTANCE, 0.2, 2000, 1800 + DAY)]
    judge(tmp_path, "Ga4QuotaExhaustionImminent", series, {"29m": [QUOTA], "36m": []})


def test_an_old_reading_of_today_still_counts(tmp_path: Path) -> None:
    """A property that is called once an hour keeps its alert: its quota cannot have been refilled."""
    judge(tmp_path, "Ga4QuotaHigh", quota(INSTANCE, 0.93, 10, DAY), {"59m": [QUOTA]})


def test_a_library_without_timestamps_is_believed(tmp_path: Path) -> None:
    """An application that exposes only the two required gauges still gets its alert."""
    series = [Series("ga4_quota_usage_ratio", {**AT, **QUOTA}, [0.97] * 80)]
    judge(tmp_path, "Ga4QuotaExhaustionImminent", series, {"10m": [QUOTA]})


def test_connections_of_all_tenants_of_an_instance_count_together(tmp_path: Path) -> None:
    """Two tenants of 500 and 460 connections bring an instance near its limit; 600 on another do not."""
    series = [
        Series("sse_active_connections", {**AT, "tenant_id": "t1", "endpoint": "/a"}, [500.0] * 60),
        Series("sse_active_connections", {**AT, "tenant_id": "t2", "endpoint": "/b"}, [460.0] * 60),
        Series("sse_active_connections", {**AT, "instance": OTHER_INSTANCE, "tenant_id": "t1", "endpoint": "/a"}, [600.0] * 60),
    ]
    judge(tmp_path, "SseConnectionsNearLimit", series, {"10m": [{"instance": INSTANCE}]})
    both = {"alerts": {"rules": {"SseConnectionsNearLimit": {"scope": "service", "threshold": 1500}}}}
    judge(tmp_path, "SseConnectionsNearLimit", series, {"10m": [{}]}, **both)


@pytest.mark.parametrize(("healthy_probes", "fires"), [(0, True), (100000, True)])
def test_probes_do_not_dilute_errors(tmp_path: Path, healthy_probes: int, fires: bool) -> None:  # noqa: FBT001
    """However often health checks succeed, ten percent of failing requests are ten percent."""
    request = {**AT, "method": "GET"}
    series = [
        Series("http_requests_total", {**request, "endpoint": "/q", "status_code": "200"}, counter([90] * 80)),
        Series("http_requests_total", {**request, "endpoint": "/q", "status_code": "503"}, counter([10] * 80)),
        Series("http_requests_total", {**request, "endpoint": "/healthz", "status_code": "200"}, counter([healthy_probes] * 80)),
    ]
    judge(tmp_path, "HttpHighServerErrorRate", series, {"10m": [{}] if fires else []})


def test_endpoints_that_only_sound_like_probes_count(tmp_path: Path) -> None:
    """/healthcare and /live/stream are routes of the application."""
    request = {**AT, "method": "GET"}
    series = [
        Series("http_requests_total", {**request, "endpoint": endpoint, "status_code": "500"}, counter([10] * 80))
        for endpoint in ("/healthcare", "/live/stream", "/readymade")
    ]
    judge(tmp_path, "HttpHighServerErrorRate", series, {"10m": [{}]})


def test_latency_in_the_last_bucket_is_seen(tmp_path: Path) -> None:
    """When every call takes longer than the highest bucket, the quantile is that bucket, which lies above the threshold."""
    series = [
        Series("ga4_api_latency_seconds_bucket", {**AT, "endpoint": "runReport", "le": le}, counter([increment] * 100))
        for le, increment in (("5", 0), ("30", 0), ("60", 0), ("+Inf", 40))
    ]
    series.append(Series("ga4_api_latency_seconds_count", {**AT, "endpoint": "runReport"}, counter([40] * 100)))
    judge(tmp_path, "Ga4ApiHighLatency", series, {"9m": [], "16m": [{"endpoint": "runReport"}]})


def test_virtual_memory_is_no_reason(tmp_path: Path) -> None:
    """A process that reserved ninety times its limit and uses half of it is well."""
    series = [
        Series("system_memory_usage_bytes", {**AT, "type": "vms"}, [90000.0] * 80),
        Series("system_memory_usage_bytes", {**AT, "type": "rss"}, [500.0] * 80),
        Series("system_memory_limit_bytes", AT, [1000.0] * 80),
    ]
    judge(tmp_path, "HighMemoryUsage", series, {"15m": []})
