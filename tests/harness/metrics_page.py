"""What the process's own metrics page shows, for tests of what writes to it."""

from app_metrics import REGISTRY
from app_metrics.exposition import page


def shown(name: str) -> dict[str, float]:
    """What the page shows of a metric that is not 0, by its labels' values in the order of their names."""
    found = {}
    for line in page(REGISTRY).decode().splitlines():
        head, _, value = line.rpartition(" ")
        series, _, labels = head.partition("{")
        if series == name and float(value):
            found[",".join(part.split("=", 1)[1].strip('"') for part in labels.rstrip("}").split(",") if part)] = float(value)
    return found
