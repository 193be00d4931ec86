"""docs/reference/operator-metrics.md: what the operator says of itself on /metrics."""

from collections.abc import Iterator

from monitoring_operator.telemetry import Telemetry

_INTRO = """\
# The operator's own metrics

On port 8080 of the operator's pod, path `/metrics`. With `serviceMonitor.enabled` of the chart they are scraped, with
`prometheusRule.enabled` there are alerts on them. Beside these there are the usual metrics of a Python process.

| metric | type | labels | |
| --- | --- | --- | --- |"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, *_rows(), ""])


def _rows() -> Iterator[str]:
    telemetry = Telemetry()
    for metric in sorted(vars(telemetry).values(), key=lambda value: getattr(value, "_name", "")):
        if hasattr(metric, "_labelnames"):
            family = next(iter(metric.describe()))
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = ", ".join(f"`{label}`" for label in metric._labelnames) or "-"
            yield f"| `{name}` | {family.type} | {labels} | {family.documentation} |"
