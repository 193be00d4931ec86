"""What a dashboard is made of, before it is drawn for a profile: plain data, so that tests can ask questions of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from monitoring_operator.api.profile import Pack

Kind = Literal["timeseries", "stat", "table", "heatmap", "bargauge", "state-timeline"]
Bad = Literal["none", "any"]


@dataclass(frozen=True, slots=True)
class Target:
    """One query. `instant` asks for the last value only, as tables and tiles show it."""

    expr: str
    legend: str = ""
    instant: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One panel, known by its identity: there is one of each. Width and height are in Grafana's grid, which is 24 wide.

    `alerts` are the catalogue's alerts that watch what the panel shows: their thresholds become its lines, their runbooks its links.
    `related` alerts have their runbooks linked only, because their thresholds are about something else than the panel's values.
    `bad` colours a value red: `none` below 1, for things of which there must be at least one, `any` from 1 on. `maximum` is the end of
    the axis, where nothing lies beyond it. `defaults` and `overrides` are added to what the kind of panel brings along.
    """

    title: str
    description: str
    unit: str
    targets: tuple[Target, ...]
    kind: Kind = "timeseries"
    width: int = 8
    height: int = 8
    alerts: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    bad: Bad | None = None
    stacked: bool = False
    maximum: float | None = None
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    overrides: tuple[Mapping[str, Any], ...] = ()
    transformations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading. A row of a `pack` is left out where the profile does not have it."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False
    pack: Pack | None = None
    repeat: str | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard of the catalogue. `tenant` gives it a variable for tenants."""

    name: str
    title: str
    description: str
    rows: tuple[Row, ...]
    tenant: bool = False


def tile(
    title: str, description: str, unit: str, expr: str, *, alerts: tuple[str, ...] = (), bad: Bad | None = None, width: int = 4
) -> Panel:
    """A single current value."""
    return Panel(title, description, unit, (Target(expr),), "stat", width, 4, alerts=alerts, bad=bad)
