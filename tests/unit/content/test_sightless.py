"""Rules of users' own about the profile's metrics that could never fire, and those that are none of our business."""

import pytest

from harness.content.profiles import profile
from monitoring_operator.content.check import problems
from monitoring_operator.content.sightless import problems as sightless

JOB = 'job="ga4-analytics"'


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (f'rate(http_requests_total{{{JOB},stauts_code="500"}}[5m]) > 1', "http_requests_total has no label stauts_code; it has container"),
        (f'sum(ga4_api_latency_seconds_count{{{JOB},tenant_id="a"}}) > 1', "ga4_api_latency_seconds_count has no label tenant_id"),
        (f'http_requests_total{{{JOB},le="1"}} > 1', "http_requests_total has no label le"),
        (
            f"histogram_quantile(0.9, sum by (le) (rate(ga4_api_latency_seconds_bucket{{{JOB}}}[5m]))) > 60",
            "60 is never exceeded: 60 is the highest bucket of ga4_api_latency_seconds",
        ),
        (f"(histogram_quantile(0.9, rate(ga4_api_latency_seconds_bucket{{{JOB}}}[5m]))) >= 61", "61 is never exceeded"),
    ],
)
def test_what_never_fires(expression: str, words: str) -> None:
    """Said with what there is instead, under the field's path."""
    (found,) = sightless(expression, profile())
    extra = {"alert": "A", "expr": expression, "severity": "info", "summary": "s"}

    assert words in found
    assert [f"spec.alerts.extra[0].expr: {found} (alert A)"] == list(map(str, problems(profile(alerts={"extra": [extra]}))))


@pytest.mark.parametrize(
    "expression",
    [
        'http_requests_total{handler="/x",code="500"} > 1',
        'http_requests_total{job="other",code="500"} > 1',
        'http_requests_total{job=~"ga4-analytics",code="500"} > 1',
        f'http_requests_total{{{JOB},status_code=~"5..",pod!="x",service="a"}} > 1',
        f'http_requests_total{{{JOB},cluster=""}} > 1',
        f'export_success_total{{{JOB},stage="x"}} > 1',
        f'ga4_api_latency_seconds_bucket{{{JOB},le="5"}} > 1',
        f"histogram_quantile(0.9, rate(ga4_api_latency_seconds_bucket{{{JOB}}}[5m])) > 59",
        f"histogram_quantile(0.9, rate(ga4_api_latency_seconds_bucket{{{JOB}}}[5m])) >= 60",
        f"histogram_quantile(0.9, rate(ga4_api_latency_seconds_bucket{{{JOB}}}[5m])) < 100",
        f"histogram_quantile(0.9, rate(export_seconds_bucket{{{JOB}}}[5m])) > 1000",
        "histogram_quantile(0.9, rate(ga4_api_latency_seconds_bucket[5m])) > 1000",
    ],
)
def test_what_may_fire(expression: str) -> None:
    """Metrics of others, labels that everybody has, bounds that can be reached."""
    assert [] == list(sightless(expression, profile()))
