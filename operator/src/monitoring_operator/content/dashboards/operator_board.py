"""The dashboard about the operator itself, which the chart brings along: not a profile's, and so not in the catalogue.

It is drawn once, with words in capitals where the chart puts the release's own.
"""

from monitoring_operator.content.dashboards.draw import Frame, framed
from monitoring_operator.content.dashboards.frame import annotation, target_variables
from monitoring_operator.content.dashboards.model import Dashboard, Panel, Row, Target, tile
from monitoring_operator.content.dashboards.panel import Mark
from monitoring_operator.content.dashboards.query import aggregate, quantile, rate, ratio, series

NAMESPACE, NAME, UID, RUNBOOKS = "RELEASE-NAMESPACE", "RELEASE-NAME", "RELEASE-UID", "RELEASE-RUNBOOKS"
"""What the chart replaces. The uid must differ from release to release: two of one uid freeze Grafana's whole provider."""

_METRIC = "monitoring_operator_"
_QUANTILES = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
_FAILED = 'code=~"5..|429|none"'


def _all(metric: str, *matchers: str) -> str:
    return aggregate("sum", series(_METRIC + metric, *matchers))


GLANCE = Row(
    "At a glance",
    (
        tile(
            "Operators up",
            "Instances that Prometheus can scrape. Without one, what was set up goes on working, but no change is taken up.",
            "short",
            aggregate("sum", series("up")),
            bad="none",
        ),
        tile("Profiles ready", "Profiles whose monitoring is in place.", "short", _all("profiles", 'ready="true"')),
        tile("Profiles not ready", "Which, and why, says kubectl get mprof.", "short", _all("profiles", 'ready="false"')),
        tile("Keys waiting", "Profiles and Alertmanagers that wait for a worker.", "short", _all("queue_depth")),
        tile(
            "Longest wait",
            "How long the key that waits longest has waited. It should be well under a second.",
            "s",
            aggregate("max", series(f"{_METRIC}queue_oldest_wait_seconds")),
        ),
        tile(
            "API errors",
            "Share of the requests to the API server that failed.",
            "percentunit",
            ratio(f"{_METRIC}api_requests_total", _FAILED),
        ),
    ),
)

PROFILES = Row(
    "Profiles",
    (
        Panel(
            "Readiness",
            "Profiles that are ready and that are not.",
            "short",
            (Target(aggregate("sum", series(f"{_METRIC}profiles"), ("ready",)), "ready: {{ready}}"),),
            stacked=True,
            related=("MonitoringProfilesNotReady",),
        ),
        Panel(
            "Conditions that do not hold",
            "Profiles by what is wrong with them: a condition that is False for many at once has one cause.",
            "short",
            (
                Target(
                    aggregate(
                        "sum", series(f"{_METRIC}profile_conditions", 'status="False"', 'type!~"Reconciling|Stalled|Ready"'), ("type",)
                    ),
                    "{{type}}",
                ),
            ),
            related=("MonitoringProfilesNotReady",),
        ),
        Panel(
            "Conditions that nobody knows",
            "Profiles of which it could not be told whether a condition holds, such as while a Prometheus does not answer.",
            "short",
            (Target(aggregate("sum", series(f"{_METRIC}profile_conditions", 'status="Unknown"'), ("type",)), "{{type}}"),),
        ),
        Panel(
            "From a change to Ready",
            "Time from when a change of a profile was heard of until everything that it asks for was live.",
            "s",
            tuple(Target(quantile(q, f"{_METRIC}adoption_seconds"), n) for q, n in _QUANTILES),
        ),
        Panel(
            "Objects",
            "Objects that are kept for profiles.",
            "short",
            (Target(aggregate("sum", series(f"{_METRIC}children"), ("resource",)), "{{resource}}"),),
        ),
        Panel(
            "Objects looked at",
            "What reconciles found: nothing to do (unchanged), something to write (applied), or something in the way (failed).",
            "ops",
            (Target(rate(f"{_METRIC}children_checked_total", by=("result",)), "{{result}}"),),
            stacked=True,
        ),
    ),
)

WORK = Row(
    "Work",
    (
        Panel(
            "Reconciles",
            "Reconciles per second. Errors are faults of the operator; retries wait for somebody else.",
            "ops",
            (Target(rate(f"{_METRIC}reconciles_total", by=("key", "result")), "{{key}} {{result}}"),),
            related=("MonitoringOperatorReconcilesFail",),
        ),
        Panel(
            "Duration of a reconcile, p95",
            "Nineteen of twenty reconciles took at most this long.",
            "s",
            (Target(quantile(0.95, f"{_METRIC}reconcile_duration_seconds", by=("key",)), "{{key}}"),),
        ),
        Panel(
            "Wait for a worker",
            "Time that a key waited until a worker took it, back-off left out.",
            "s",
            tuple(Target(quantile(q, f"{_METRIC}queue_wait_seconds"), n) for q, n in _QUANTILES),
            related=("MonitoringOperatorQueueStuck",),
        ),
        Panel(
            "Queue",
            "Keys that wait, and how long the oldest of them has waited and the oldest reconcile has run.",
            "short",
            (
                Target(_all("queue_depth"), "keys"),
                Target(aggregate("max", series(f"{_METRIC}queue_oldest_wait_seconds")), "longest wait in seconds"),
                Target(aggregate("max", series(f"{_METRIC}queue_longest_run_seconds")), "longest run in seconds"),
            ),
            related=("MonitoringOperatorQueueStuck",),
        ),
        Panel(
            "Retries",
            "Keys that were put back to be tried again, per second.",
            "ops",
            (Target(rate(f"{_METRIC}queue_retries_total", by=("key",)), "{{key}}"),),
        ),
        Panel(
            "Writes",
            "Writes to the API server per second. At rest there are none.",
            "ops",
            (Target(rate(f"{_METRIC}writes_total", by=("resource", "verb")), "{{verb}} {{resource}}"),),
            stacked=True,
        ),
        Panel(
            "Drift repaired",
            "Objects that somebody had changed and that were put right, per second. A steady rate is a second writer.",
            "ops",
            (Target(rate(f"{_METRIC}drift_repaired_total", by=("resource",)), "{{resource}}"),),
        ),
        Panel(
            "Changes that watches missed",
            "What only the periodic comparison with the cluster has found, per second.",
            "ops",
            (Target(rate(f"{_METRIC}watch_missed_total", by=("resource",)), "{{resource}}"),),
            related=("MonitoringOperatorWatchMisses",),
        ),
    ),
)

API = Row(
    "API server, and those who take the objects up",
    (
        Panel(
            "Requests by answer",
            "Requests to the API server per second by HTTP status; none is one without an answer.",
            "reqps",
            (Target(rate(f"{_METRIC}api_requests_total", by=("code",)), "{{code}}"),),
            width=12,
            stacked=True,
            related=("MonitoringOperatorApiErrors",),
        ),
        Panel(
            "Duration of a request, p95",
            "Nineteen of twenty requests were answered within this time.",
            "s",
            (Target(quantile(0.95, f"{_METRIC}api_request_duration_seconds", by=("method",)), "{{method}}"),),
            width=12,
        ),
        Panel(
            "Questions that failed",
            "Share of the questions to Prometheus, Alertmanager and Grafana that got no answer: conditions are Unknown for so long.",
            "percentunit",
            (Target(ratio(f"{_METRIC}observer_queries_total", 'result="failed"', by=("of",)), "{{of}}"),),
            width=12,
            related=("MonitoringOperatorObservationFails",),
        ),
        Panel(
            "Base configurations that are bad",
            "Alertmanagers whose base configuration cannot be taken; the last good one is kept.",
            "short",
            (
                Target(
                    f"{aggregate('min', series(f'{_METRIC}base_config_good'), ('alertmanager_namespace', 'alertmanager'))} == bool 0",
                    "{{alertmanager_namespace}}/{{alertmanager}}",
                ),
            ),
            width=12,
            related=("MonitoringOperatorBaseConfigBad",),
        ),
        Panel(
            "Questions",
            "Questions per second whether what was written is live. They do not grow with the number of profiles.",
            "reqps",
            (Target(rate(f"{_METRIC}observer_queries_total", by=("of", "result")), "{{of}} {{result}}"),),
            width=12,
        ),
    ),
)

PROCESS = Row(
    "Process",
    (
        Panel(
            "CPU",
            "Processors that the operator keeps busy, 1 being a whole one.",
            "short",
            (Target(rate("process_cpu_seconds_total", by=("instance",)), "{{instance}}"),),
        ),
        Panel(
            "Memory",
            "Resident memory; at the limit of its container the kernel kills it.",
            "bytes",
            (Target(series("process_resident_memory_bytes"), "{{instance}}"),),
        ),
        Panel(
            "Leader",
            "Which replica writes: exactly one of them should.",
            "short",
            (Target(series(f"{_METRIC}leader"), "{{instance}}"),),
        ),
        Panel(
            "Version",
            "Which version runs, and on which Python.",
            "short",
            (Target(aggregate("sum", series(f"{_METRIC}build_info"), ("version", "python")), "{{version}} on Python {{python}}"),),
        ),
    ),
    collapsed=True,
)

DASHBOARD = Dashboard(
    "operator",
    "Monitoring Operator",
    "Whether the operator does its work: profiles and what is wrong with them, its queue, the API server, and itself.",
    (GLANCE, PROFILES, WORK, API, PROCESS),
)


def template() -> str:
    """The dashboard as Grafana reads it, with the words that the chart replaces."""
    started = series("process_start_time_seconds")
    around = Frame(
        owner=f"{NAMESPACE}/{NAME}",
        uid=UID,
        annotations=[
            annotation(
                "Firing alerts",
                "red",
                'ALERTS{alertstate="firing",alertname=~"MonitoringOperator.+|MonitoringProfiles.+"}',
                "{{alertname}}",
                "{{severity}}",
            ),
            annotation("Restarts", "blue", f"time() - {started} < 60", "Started", "{{instance}} has just started"),
        ],
        variables=target_variables(NAMESPACE, NAME),
    )
    return framed(DASHBOARD, DASHBOARD.rows, around, _marks)


def _marks(panel: Panel) -> tuple[Mark, ...]:
    """The runbooks of a panel's alerts."""
    return tuple(Mark(name, None, "warning", f"{RUNBOOKS}/{name}") for name in panel.related)
