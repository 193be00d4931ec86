"""Which format and coding a scraper gets."""

import pytest

from app_metrics.negotiation import wants_gzip, wants_openmetrics

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        (PROMETHEUS_3, True),
        (PROMETHEUS_2, True),
        ("application/openmetrics-text", True),
        ("APPLICATION/OpenMetrics-Text ; Version = 1.0.0", True),
        ('application/openmetrics-text; version="1.0.0"', True),
        ("application/openmetrics-text, text/plain", True),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.9", False),
        ("application/openmetrics-text;q=0, */*", False),
        ("application/openmetrics-text;version=9.9.9", False),
        ("application/openmetrics-text;version=2.0.0, text/plain;q=0.1", False),
        ("application/openmetrics-text;q=high", False),
        ("application/openmetrics-text;q=nan", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
        (",;,=;q", False),
    ],
)
def test_format(accept: str, *, openmetrics: bool) -> None:
    """The best quality wins; OpenMetrics only in the version that is spoken here; text when nothing fits."""
    assert openmetrics == wants_openmetrics(accept)


@pytest.mark.parametrize(
    ("accept_encoding", "gzip"),
    [("gzip", True), ("deflate, GZip;q=0.5", True), ("*", True), ("gzip;q=0, *", False), ("identity", False), ("", False)],
)
def test_coding(accept_encoding: str, *, gzip: bool) -> None:
    """Gzip only for those who take it."""
    assert gzip == wants_gzip(accept_encoding)
