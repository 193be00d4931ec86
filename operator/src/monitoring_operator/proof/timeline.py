"""Time series for promtool's rule tests, sample by sample."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Labels = Mapping[str, str]
Samples = Sequence[float | None]


@dataclass(frozen=True)
class Series:
    """A series and its samples, one per scrape; None is a scrape that failed to bring one."""

    name: str
    labels: Labels
    samples: Samples

    def document(self) -> dict[str, str]:
        """As promtool's `input_series` has it."""
        matchers = ",".join(f'{k}="{v}"' for k, v in sorted(self.labels.items()))
        return {"series": f"{self.name}{{{matchers}}}", "values": " ".join("_" if s is None else f"{s:.10g}" for s in self.samples)}


def counter(increments: Iterable[float | None], start: float = 0.0) -> list[float | None]:
    """A counter's samples: it starts at `start` and grows by one increment per scrape. None is a missing sample."""
    total = start
    samples: list[float | None] = [total]
    for increment in increments:
        total += increment or 0.0
        samples.append(None if increment is None else total)
    return samples[:-1]
