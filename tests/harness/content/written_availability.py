"""Cases of the alerts about being there: the service, an instance, the instrumentation."""

from harness.content.written import AT, NEIGHBOURS, SERVICE, SILENT, Case
from monitoring_operator.proof.cases import up
from monitoring_operator.proof.stimuli import INSTANCE
from monitoring_operator.proof.timeline import Series

_OTHERS_DOWN = [series for at in NEIGHBOURS for series in up(at, [0.0] * 100)]
_GONE = [1.0] * 4 + [0.0] * 36
_THIS = ({"instance": INSTANCE},)
_OTHERS_CALL = [Series("ga4_api_calls_total", {**at, "instance": INSTANCE}, [1.0] * 90) for at in NEIGHBOURS]
_PACKS = ("ga4", "vector-search", "sse", "http", "database", "system")
_WITNESSES = {
    "ga4": "ga4_api_calls_total",
    "vector-search": "vector_search_latency_seconds_count",
    "sse": "sse_active_connections",
    "http": "http_requests_total",
    "database": "connection_pool_utilization_ratio",
    "system": "system_uptime_seconds",
}

CASES = (
    Case(
        "ServiceDown",
        "silent while one of two instances is up",
        [*up(AT, [0.0] * 100, [1.0] * 100), *_OTHERS_DOWN],
        {"2m": SILENT, "20m": SILENT},
    ),
    Case(
        "ServiceDown",
        "fires two minutes after the last instance went down, and ends with the first that is back",
        [*up(AT, [*_GONE, *[1.0] * 10], [*_GONE, *[0.0] * 10]), *_OTHERS_DOWN],
        {"2m45s": SILENT, "3m": SERVICE, "9m45s": SERVICE, "10m": SILENT},
    ),
    Case("ServiceDown", "fires when nothing was ever scraped", _OTHERS_DOWN, {"1m45s": SILENT, "2m": SERVICE}),
    Case(
        "ServiceDown",
        "fires when targets vanish: five minutes of staleness, then the wait",
        [*up(AT, [1.0] * 4), *_OTHERS_DOWN],
        {"5m": SILENT, "6m45s": SILENT, "8m": SERVICE},
    ),
    Case(
        "ServiceDown",
        "a rolling restart of the only instance is silent",
        [*up(AT, [1.0] * 4 + [0.0] * 8 + [1.0] * 20), *_OTHERS_DOWN],
        {"2m45s": SILENT, "3m": SILENT, "5m": SILENT},
    ),
    Case(
        "InstanceDown",
        "fires for the instance that is down, after five minutes, until it is back",
        [*up(AT, [1.0] * 4 + [0.0] * 40 + [1.0] * 9, [1.0] * 53), *_OTHERS_DOWN],
        {"5m45s": SILENT, "6m": _THIS, "10m45s": _THIS, "11m": SILENT},
    ),
    Case(
        "InstanceDown",
        "four minutes of a rolling update are silent",
        [*up(AT, [0.0] * 16 + [1.0] * 60), *_OTHERS_DOWN],
        {"4m": SILENT, "5m": SILENT, "10m": SILENT},
    ),
    Case(
        "InstrumentationMissing",
        "names the pack of which nothing is exposed, until its first series is there",
        [
            *up(AT, [1.0] * 90),
            Series("http_requests_total", {**AT, "instance": INSTANCE}, [5.0] * 90),
            Series("ga4_api_calls_total", {**AT, "instance": INSTANCE}, [None] * 80 + [1.0] * 10),
            *_OTHERS_CALL,
        ],
        {"14m45s": SILENT, "15m": ({"pack": "ga4"},), "19m45s": ({"pack": "ga4"},), "20m": SILENT},
        {"packs": ["ga4"]},
    ),
    Case("InstrumentationMissing", "silent where nothing is up", [*up(AT, [0.0] * 90), *_OTHERS_CALL], {"20m": SILENT}, {"packs": ["ga4"]}),
    Case("InstrumentationMissing", "silent where nothing is scraped", _OTHERS_CALL, {"20m": SILENT}, {"packs": ["ga4"]}),
    Case(
        "InstanceDown",
        "an instance that one of two Services can scrape is up",
        [
            *(Series(u.name, {**u.labels, "service": "web"}, u.samples) for u in up(AT, [0.0] * 60)),
            *(Series(u.name, {**u.labels, "service": "web-canary"}, u.samples) for u in up(AT, [1.0] * 60)),
        ],
        {"10m": SILENT},
    ),
    Case(
        "InstrumentationMissing",
        "one instance of three that is down changes nothing, nor do neighbours without GA4",
        [*up(AT, [0.0] * 90, [1.0] * 90, [1.0] * 90), *(series for at in NEIGHBOURS for series in up(at, [1.0] * 90))],
        {"20m": ({"pack": "ga4"},)},
        {"packs": ["ga4"]},
    ),
    Case(
        "InstrumentationMissing",
        "one instance that calls GA4 is enough",
        [*up(AT, [1.0] * 90, [1.0] * 90), Series("ga4_api_calls_total", {**AT, "instance": INSTANCE}, [1.0] * 90)],
        {"20m": SILENT},
        {"packs": ["ga4"]},
    ),
)

EACH_PACK = (
    *(
        Case(
            "InstrumentationMissing",
            f"{pack} is missed when all others are there",
            [*up(AT, [1.0] * 90), *(Series(name, {**AT, "instance": INSTANCE}, [1.0] * 90) for p, name in _WITNESSES.items() if p != pack)],
            {"16m": ({"pack": pack},)},
        )
        for pack in _PACKS
    ),
)
"""Kept apart: what holds for one pack's part of the expression holds for all, which are made alike."""
