"""Where a preview's data come from, and the recording that ships with the product."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol

Series = dict[str, Any]
"""`labels`, and `points` as [time, value or None]."""


class Source(Protocol):
    """Answers to the queries of dashboards over a time range, in Unix seconds."""

    @property
    def about(self) -> str:
        """Where the data come from, for the reader of a page."""

    @property
    def span(self) -> tuple[float, float, float]:
        """Start, end, and seconds between two points."""

    def series(self, expression: str, *, instant: bool) -> Sequence[Series]:
        """What a query of a panel gets."""

    def values(self, query: str) -> Sequence[str]:
        """What a variable with this query offers."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers that were recorded from the example application, told as if they were the profile's own.

    They are known by the query as it stands in a dashboard, so only the catalogue's dashboards find theirs.
    """

    namespace: str
    job: str
    content: Mapping[str, Any]

    @property
    def about(self) -> str:
        return str(self.content["about"])

    @property
    def span(self) -> tuple[float, float, float]:
        start, end, step = self.content["span"]
        return start, end, step

    def series(self, expression: str, *, instant: bool) -> Sequence[Series]:
        start, end, step = self.span
        found = self.content["instant" if instant else "range"].get(self._as_recorded(expression), [])
        first = end if instant else start
        return [
            {"labels": self._renamed(labels), "points": [[first + i * step, value] for i, value in enumerate(values)]}
            for labels, values in found
        ]

    def values(self, query: str) -> Sequence[str]:
        return list(self.content["values"].get(query.rpartition(", ")[2].removesuffix(")"), []))

    def _as_recorded(self, expression: str) -> str:
        """A query about this profile as it was asked about the one that was recorded."""
        namespace, job = self.content["profile"]
        return expression.replace(f'namespace="{self.namespace}",profile="{self.job}"', f'namespace="{namespace}",profile="{job}"')

    def _renamed(self, labels: Mapping[str, str]) -> dict[str, str]:
        namespace, job = self.content["profile"]
        own = {"namespace": {namespace: self.namespace}, "job": {job: self.job}, "profile": {job: self.job}}
        return {name: own.get(name, {}).get(value, value) for name, value in labels.items()}


def recorded(namespace: str, job: str) -> Recorded:
    """The recording that ships with the product, as that of a profile."""
    text = (resources.files("monitoring_operator.preview") / "recorded.json").read_text(encoding="utf-8")
    return Recorded(namespace, job, json.loads(text))
