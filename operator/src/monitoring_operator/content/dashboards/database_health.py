"""Database Health: does the application get its connections, and how do its queries fare."""

from monitoring_operator.content.dashboards.model import Dashboard, Panel, Row, Target, tile
from monitoring_operator.content.dashboards.query import aggregate, mean, quantile, rate, ratio, series

_ERROR = 'status="error"'
_POOL_ALERTS = ("ConnectionPoolHigh", "ConnectionPoolExhaustionImminent")

GLANCE = Row(
    "At a glance",
    (
        tile(
            "Fullest pool",
            "Utilization of the fullest connection pool of all instances.",
            "percentunit",
            aggregate("max", series("connection_pool_utilization_ratio")),
            alerts=_POOL_ALERTS,
            width=6,
        ),
        tile("Query rate", "Database queries per second.", "ops", rate("database_queries_total"), width=6),
        tile("Query errors", "Share of the database queries that failed.", "percentunit", ratio("database_queries_total", _ERROR), width=6),
        tile(
            "Query latency p95",
            "Nineteen of twenty queries took at most this long.",
            "s",
            quantile(0.95, "database_query_duration_seconds"),
            width=6,
        ),
    ),
)

POOLS = Row(
    "Connection pools",
    (
        Panel(
            "Pool utilization",
            "Connections in use over those that the pool may open, overflow included. The lines are where the alerts fire.",
            "percentunit",
            (
                Target(
                    aggregate("max", series("connection_pool_utilization_ratio"), ("instance", "pool_type")), "{{instance}} {{pool_type}}"
                ),
            ),
            width=12,
            alerts=_POOL_ALERTS,
            maximum=1,
        ),
        Panel(
            "Connections in use",
            "Connections in use, and those that all instances together may open: the database must grant that many.",
            "short",
            (
                Target(aggregate("sum", series("connection_pool_active_connections"), ("pool_type",)), "{{pool_type}} in use"),
                Target(aggregate("sum", series("connection_pool_max_connections"), ("pool_type",)), "{{pool_type}} allowed"),
            ),
            width=12,
        ),
        Panel(
            "Wait for a connection",
            "Time spent waiting for a connection. It rises before utilization shows it: bursts fall between two scrapes.",
            "s",
            tuple(
                Target(quantile(q, "connection_pool_wait_seconds", by=("pool_type",)), f"{{{{pool_type}}}} {n}")
                for q, n in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
            ),
            width=12,
        ),
        Panel(
            "Timeouts",
            "Waits for a connection that were given up, per second. Each one is a request that failed.",
            "ops",
            (Target(rate("connection_pool_timeouts_total", by=("pool_type",)), "{{pool_type}}"),),
            width=12,
        ),
    ),
)

QUERIES = Row(
    "Queries: rate, errors, duration",
    (
        Panel(
            "Queries by operation",
            "Database queries per second by operation.",
            "ops",
            (Target(rate("database_queries_total", by=("operation",)), "{{operation}}"),),
            stacked=True,
        ),
        Panel(
            "Error ratio by operation",
            "Share of each operation's queries that failed.",
            "percentunit",
            (Target(ratio("database_queries_total", _ERROR, by=("operation",)), "{{operation}}"),),
        ),
        Panel(
            "Latency p95 by operation",
            "Nineteen of twenty queries of the operation took at most this long.",
            "s",
            (Target(quantile(0.95, "database_query_duration_seconds", by=("operation",)), "{{operation}}"),),
        ),
        Panel(
            "Slowest operations",
            "Mean duration of a query by operation and pool, slowest first.",
            "s",
            (
                Target(
                    f"sort_desc({mean('database_query_duration_seconds', by=('operation', 'pool_type'))})",
                    "{{operation}} {{pool_type}}",
                    instant=True,
                ),
            ),
            "bargauge",
        ),
        Panel(
            "Time spent by operation",
            "Seconds of query time per second: how many connections each operation keeps busy.",
            "short",
            (Target(rate("database_query_duration_seconds_sum", by=("operation",)), "{{operation}}"),),
            stacked=True,
        ),
        Panel(
            "Distribution of durations",
            "How many queries took how long. Two bands mean two kinds of query under one name.",
            "s",
            (Target(rate("database_query_duration_seconds_bucket", by=("le",)), "{{le}}"),),
            "heatmap",
        ),
    ),
)

DASHBOARD = Dashboard(
    "database-health",
    "Database Health",
    "Whether the application gets its database connections in time, and how fast and how well its queries are answered.",
    (GLANCE, POOLS, QUERIES),
)
