"""The reference of the operator's own metrics: docs/operator-metrics.md, written by `make generate`."""

from monitoring_operator.telemetry.catalogue import METRICS, Metric

_INTRODUCTION = """# The operator's own metrics

Generated from `operator/src/monitoring_operator/telemetry/catalogue.py` by `make generate`.

The operator serves them at `/metrics`; `serviceMonitor.enabled=true` in the chart has Prometheus scrape them,
`prometheusRule.enabled=true` alerts on them, and `dashboard.enabled=true` draws them. A histogram has the series `_bucket`,
`_sum` and `_count`. No label grows with the number of profiles: which profile is ill says `kubectl get mprof`. The page also has
`process_*`, `python_gc_*` and `python_info` of the Python client.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The reference as Markdown."""
    buckets = [f"- `{m.name}`: {', '.join(f'{bound:g}' for bound in m.buckets)}\n" for m in METRICS if m.buckets]
    return _INTRODUCTION + "".join(_row(m) for m in METRICS) + "\n## Buckets\n\nUpper bounds in seconds.\n\n" + "".join(buckets)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "-"
    return f"| `{metric.name}` | {metric.type} | {labels} | {metric.help} |\n"
