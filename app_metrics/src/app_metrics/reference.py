"""The reference of all metrics, written from the catalogue: `python -m app_metrics.reference > docs/metrics.md`.

A list by hand would be wrong by the second release; a test compares the file with this.
"""

import sys
from collections.abc import Iterable

from app_metrics.catalogue import METRICS, ON_DEMAND, Metric

PACKS = {
    "ga4": "GA4 API health",
    "vector-search": "Vector search",
    "sse": "Server-sent events",
    "http": "HTTP",
    "database": "Database",
    "system": "System and the library itself",
}
_INTRODUCTION = """# Metrics

Generated from `app_metrics/src/app_metrics/catalogue.py`; `python -m app_metrics.reference` prints it.

What an application instrumented with `app_metrics` exposes. Names are those that PromQL sees; a histogram has the series
`_bucket`, `_sum` and `_count`. Metrics marked with ○ are not in the requirements' list: they are needed to do those right. Each
label has fewer than 100 values (`instrument(app, limits=...)` changes that); what comes after them is recorded as `__other__`.
"""


def reference(metrics: Iterable[Metric] = (*METRICS, *ON_DEMAND)) -> str:
    """The reference as Markdown."""
    known = list(metrics)
    parts = [_INTRODUCTION]
    for pack, title in PACKS.items():
        rows = [_row(metric) for metric in known if metric.pack == pack]
        parts.append(f"\n## {title}\n\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n" + "".join(rows))
    buckets = [f"- `{metric.name}`: {', '.join(f'{bound:g}' for bound in metric.buckets)}\n" for metric in known if metric.buckets]
    parts.append(
        "\n## Buckets\n\nUpper bounds, in the unit of the metric. An alert's threshold always lies below the last one.\n\n"
        + "".join(buckets)
    )
    return "".join(parts)


def _row(metric: Metric) -> str:
    mark = "" if metric.required else " ○"
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "-"
    zeros = "".join(f" `{label}` starts with {', '.join(f'`{value}`' for value in values)} at 0." for label, values in metric.zeros)
    return f"| `{metric.name}`{mark} | {metric.type} | {labels} | {metric.help}{zeros} |\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
