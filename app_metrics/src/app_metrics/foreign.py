"""What the application itself (or a library) registered with prometheus-client, shown on the same page.

Nobody has to give up metrics of their own to use this library. Families that the catalogue already has are left out, and said so
once: a page with one name twice is refused as a whole. `_created` series, two for every counter, are left out as well.
"""

import logging
import os
from collections.abc import Iterable

from prometheus_client import REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from app_metrics.catalogue import BY_NAME

_log = logging.getLogger("app_metrics")
_END = b"# EOF\n"


def process_registry(*, several_processes: bool) -> CollectorRegistry | None:
    """prometheus-client's metrics of this process, or of all that share a page; None if it keeps those apart.

    With several processes a page of one's own metrics would be another's at the next scrape. prometheus-client shares them through
    PROMETHEUS_MULTIPROC_DIR; without that they are left out.
    """
    if not several_processes:
        return REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        _log.warning("PROMETHEUS_MULTIPROC_DIR is not set: metrics registered with prometheus-client are not shown")
        return None
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


class ForeignMetrics:
    """A view of a prometheus-client registry without our names and without `_created`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._warned: set[str] = set()

    def collect(self) -> Iterable[Metric]:
        """The families to show; a collector that raises costs the whole registry's page, not ours."""
        for family in self._registry.collect():
            if family.name in BY_NAME or f"{family.name}_total" in BY_NAME:
                if family.name not in self._warned:
                    self._warned.add(family.name)
                    _log.warning("%s is registered with prometheus-client too; only app_metrics' own is shown", family.name)
                continue
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family

    def page(self, *, openmetrics: bool) -> bytes:
        """These metrics without the end mark; empty if a collector fails."""
        try:
            if openmetrics:
                text: bytes = generate_openmetrics(self)
                return text.removesuffix(_END)
            return generate_latest(self)
        except Exception:  # noqa: BLE001 - any collector may raise anything, and the rest of the page is still good
            _log.exception("could not render the metrics registered with prometheus-client")
            return b""
