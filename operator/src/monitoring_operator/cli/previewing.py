"""`monitoring-operator preview`: dashboards as pages for a browser, filled from a Prometheus or from the recording that ships with us."""

import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from monitoring_operator.api import durations
from monitoring_operator.api.profile import InvalidProfile, Profile
from monitoring_operator.api.resources import CONFIG_MAP
from monitoring_operator.cli.documents import Loaded, UnreadableError, load
from monitoring_operator.content import grafana
from monitoring_operator.preview.page import Link, page
from monitoring_operator.preview.source import Series, Source, recorded
from monitoring_operator.render import Inputs
from monitoring_operator.render.dashboards import render_dashboards

POINTS = 240
"""Points of a line: about as many as a panel is pixels wide at a third of a screen."""
TIMEOUT = 30.0


class PrometheusFailed(Exception):
    """Prometheus did not answer, or refused a query; the message is its own."""


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus over HTTP: the last `length` seconds of what it knows. `filled` are the variables of the dashboards."""

    url: str
    length: float
    filled: Mapping[str, str]
    now: float = field(default_factory=time.time)

    @property
    def about(self) -> str:
        return f"Data from {self.url}"

    @property
    def span(self) -> tuple[float, float, float]:
        step = max(1, math.ceil(self.length / POINTS))
        end = self.now // step * step
        return end - self.length // step * step, end, step

    def series(self, expression: str, *, instant: bool) -> Sequence[Series]:
        start, end, step = self.span
        times = {"time": str(end)} if instant else {"start": str(start), "end": str(end), "step": str(step)}
        data = self._ask("query" if instant else "query_range", query=grafana.fill(expression, self.filled), **times)
        if data["resultType"] == "scalar":
            return [{"labels": {}, "points": [_point(data["result"])]}]
        return [{"labels": s["metric"], "points": [_point(p) for p in s.get("values") or [s["value"]]]} for s in data["result"]]

    def values(self, query: str) -> Sequence[str]:
        selector, _, label = query.removeprefix("label_values(").removesuffix(")").rpartition(",")
        start, end, _ = self.span
        asked = {"match[]": grafana.fill(selector, self.filled)} if selector else {}
        found: list[str] = self._ask(f"label/{label.strip()}/values", start=str(start), end=str(end), **asked)
        return found

    def _ask(self, path: str, **parameters: str) -> Any:
        body = urllib.parse.urlencode(parameters)
        # By POST where that is possible: queries of dashboards can be longer than what proxies take of a URL.
        get = path.startswith("label/")
        url = f"{self.url.rstrip('/')}/api/v1/{path}" + (f"?{body}" if get else "")
        try:
            with urllib.request.urlopen(url, None if get else body.encode(), TIMEOUT) as answer:  # noqa: S310 -- checked by the option
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise PrometheusFailed(
                f"{self.url} refused {parameters.get('query', path)}: {error.read().decode(errors='replace')[:300]}"
            ) from error
        except (OSError, ValueError, KeyError) as error:
            raise PrometheusFailed(f"{self.url} did not answer as Prometheus does: {error}") from error


def _point(pair: Sequence[Any]) -> list[float | None]:
    value = float(pair[1])
    return [float(pair[0]), value if math.isfinite(value) else None]


def preview_file(file: str, *, folder: str, prometheus: str | None, inputs: Inputs, length: float) -> int:
    """Writes a page for every dashboard of every profile into `folder`; returns the exit code."""
    try:
        loaded = load([file])
        for note in (*loaded.notes, *loaded.findings):
            click.echo(note, err=True)
        if loaded.findings:
            return 1
        pages = {name: text for _, profile in loaded.profiles for name, text in _pages(profile, loaded, inputs, prometheus, length).items()}
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
    except (UnreadableError, PrometheusFailed) as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 2
    except InvalidProfile as error:
        click.echo(f"monitoring-operator: {error}", err=True)
        return 1
    except OSError as error:
        click.echo(f"monitoring-operator: cannot write into {folder}: {error.strerror}", err=True)
        return 2
    for name in pages:
        click.echo(str(Path(folder) / name))
    return 0


def _pages(profile: Profile, loaded: Loaded, inputs: Inputs, prometheus: str | None, length: float) -> dict[str, str]:
    manifests = render_dashboards(profile, replace(inputs, own_dashboards=loaded.own_dashboards(profile)))
    texts = {k: v for m in manifests if m.ref.resource == CONFIG_MAP for k, v in m.body["data"].items()}
    dashboards = {key.removesuffix(".json"): json.loads(text) for key, text in texts.items()}
    owner = f" ({profile.namespace}/{profile.name})"
    links = [Link(d["title"], str(d["title"]).removesuffix(owner), f"{name}.html") for name, d in dashboards.items()]
    pages = {}
    for name, dashboard in dashboards.items():
        source: Source = recorded(profile.namespace, profile.name)
        if prometheus is not None:
            source = Prometheus(prometheus, length, _filled(dashboard, profile, length))
        chosen = {str(v.get("label") or k): _shown(v) for k, v in grafana.variables(dashboard).items() if v.get("type") != "datasource"}
        pages[f"{name}.html"] = page(dashboard, source, links, chosen)
    return pages


def _shown(variable: grafana.Json) -> str:
    current = variable.get("current")
    words = current.get("text") if isinstance(current, dict) else None
    return ", ".join(map(str, words)) if isinstance(words, list) else str(words or "All")


def _filled(dashboard: grafana.Json, profile: Profile, length: float) -> dict[str, str]:
    """The variables as they are when the dashboard is opened, and Grafana's own for this time range."""
    step = max(1, math.ceil(length / POINTS))
    rate = max(4 * durations.seconds(profile.spec.scrape.interval), step + durations.seconds(profile.spec.scrape.interval))
    own = {
        "__interval": f"{step}s",
        "__interval_ms": str(step * 1000),
        "__rate_interval": f"{math.ceil(rate)}s",
        "__range": f"{math.ceil(length)}s",
        "__range_s": str(math.ceil(length)),
    }
    chosen = {name: grafana.chosen(variable) or ".*" for name, variable in grafana.variables(dashboard).items()}
    return {**grafana.BUILT_IN, **own, **chosen}
