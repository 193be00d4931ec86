"""Every metric of the operator's own, written down once: the instruments, the reference and the tests are made from this.

No label grows with the number of profiles: which of them is ill is in their status, and in `kubectl get mprof`.
"""

from dataclasses import dataclass
from typing import Literal

SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LONG_SECONDS = (0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as PromQL sees it; `buckets` in the unit of its name."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


BUILD_INFO = Metric("monitoring_operator_build_info", "gauge", "1, with the version of the operator and of Python.", ("version", "python"))
LEADER = Metric("monitoring_operator_leader", "gauge", "1 if this replica is the one that writes, else 0.")
PROFILES = Metric("monitoring_operator_profiles", "gauge", "Profiles by readiness: true or false.", ("ready",))
CONDITIONS = Metric(
    "monitoring_operator_profile_conditions", "gauge", "Profiles by the type and the status of their conditions.", ("type", "status")
)
CHILDREN = Metric("monitoring_operator_children", "gauge", "Objects that are kept for profiles, by resource.", ("resource",))
ADOPTION = Metric(
    "monitoring_operator_adoption_seconds",
    "histogram",
    "Time from when a change of a profile was heard of until the profile was Ready with it.",
    buckets=LONG_SECONDS,
)
RECONCILES = Metric(
    "monitoring_operator_reconciles_total",
    "counter",
    "Reconciles by kind of key (profile or alertmanager) and result (success, retry or error).",
    ("key", "result"),
)
RECONCILE_DURATION = Metric(
    "monitoring_operator_reconcile_duration_seconds", "histogram", "Duration of a reconcile.", ("key",), buckets=SECONDS
)
CHECKED = Metric(
    "monitoring_operator_children_checked_total",
    "counter",
    "Objects that a reconcile looked at, by resource and result: applied, unchanged (nothing was written) or failed.",
    ("resource", "result"),
)
WRITES = Metric("monitoring_operator_writes_total", "counter", "Writes to the API server by resource and verb.", ("resource", "verb"))
REPAIRS = Metric(
    "monitoring_operator_drift_repaired_total", "counter", "Objects that somebody had changed and that were put right.", ("resource",)
)
MISSED = Metric("monitoring_operator_watch_missed_total", "counter", "Changes that a watch had lost and a resync found.", ("resource",))
BASE_CONFIG = Metric(
    "monitoring_operator_base_config_good",
    "gauge",
    "1 if the base configuration of an Alertmanager can be merged, else 0: then the last good one stays.",
    ("alertmanager_namespace", "alertmanager"),
)
QUEUE_DEPTH = Metric("monitoring_operator_queue_depth", "gauge", "Keys that wait for a worker.")
QUEUE_OLDEST = Metric("monitoring_operator_queue_oldest_wait_seconds", "gauge", "How long the key that waits longest has waited.")
QUEUE_RUNNING = Metric(
    "monitoring_operator_queue_longest_run_seconds", "gauge", "How long the oldest reconcile that runs has been running."
)
QUEUE_WAIT = Metric(
    "monitoring_operator_queue_wait_seconds", "histogram", "Time that a key waited for a worker, back-off left out.", buckets=SECONDS
)
QUEUE_RETRIES = Metric(
    "monitoring_operator_queue_retries_total", "counter", "Keys that were put back to be tried again, by kind.", ("key",)
)
QUERIES = Metric(
    "monitoring_operator_observer_queries_total",
    "counter",
    "Questions whether what was written is live, by whom they went to (Prometheus, Alertmanager ...) and result: answered or failed.",
    ("of", "result"),
)
API_REQUESTS = Metric(
    "monitoring_operator_api_requests_total",
    "counter",
    "Requests to the API server by method and HTTP status, `none` where no answer came. Watches are not counted.",
    ("method", "code"),
)
API_DURATION = Metric(
    "monitoring_operator_api_request_duration_seconds",
    "histogram",
    "Duration of a request to the API server.",
    ("method",),
    buckets=SECONDS,
)

METRICS = (
    BUILD_INFO,
    LEADER,
    PROFILES,
    CONDITIONS,
    CHILDREN,
    ADOPTION,
    RECONCILES,
    RECONCILE_DURATION,
    CHECKED,
    WRITES,
    REPAIRS,
    MISSED,
    BASE_CONFIG,
    QUEUE_DEPTH,
    QUEUE_OLDEST,
    QUEUE_RUNNING,
    QUEUE_WAIT,
    QUEUE_RETRIES,
    QUERIES,
    API_REQUESTS,
    API_DURATION,
)
