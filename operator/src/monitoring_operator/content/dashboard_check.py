"""Whether Grafana would load a dashboard that a user wrote, and whether its queries parse."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitoring_operator.content import grafana, promql
from monitoring_operator.content.grafana import Json

MOST_PROBLEMS = 10
"""Problems of one dashboard that are named: a broken one tends to be broken everywhere."""

_FUNCTION = re.compile(r"\s*(label_values|label_names|metrics|query_result)\s*\((.*)\)\s*", re.DOTALL)
_LABEL = re.compile(r"[a-zA-Z_]\w*|\$\w+|\$\{\w+\}")
_GUESSES = ("a", "1", "5m")
"""What a variable of which only Grafana knows the values may stand for: a label's value, a number or a duration."""
_BUILT_IN_SOURCES = frozenset({"-- Grafana --", "-- Mixed --", "-- Dashboard --", "grafana", "default"})


class Unusable(Exception):
    """A text that Grafana would not load, or not as meant; `problems` says why, in words for its author."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read(text: str) -> dict[str, Any]:
    """The dashboard in `text`. Raises Unusable."""
    try:
        # Python's parser takes NaN and numbers beyond all floats; Grafana's takes neither.
        dashboard = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Unusable((f"is not JSON: {error or 'it is nested too deeply'}",)) from None
    frame = next(_frame(dashboard), None)
    if frame is not None:
        raise Unusable((frame,))
    problems = list(dict.fromkeys(_content(dashboard)))
    if problems:
        more = len(problems) - MOST_PROBLEMS
        raise Unusable((*problems[:MOST_PROBLEMS], *([f"and {more} more problems"] if more > 0 else ())))
    return dict(dashboard)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number in JSON")
    return number


def _frame(dashboard: Any) -> Iterator[str]:
    """What makes a document something else than a dashboard that files may hold."""
    if not isinstance(dashboard, dict):
        yield "is not a dashboard: its JSON is not an object"
    elif "elements" in dashboard or "dashboard.grafana.app/v2" in str(dashboard.get("apiVersion")):
        yield "is in Grafana's schema version 2, which file provisioning refuses; export it in the classic one"
    elif "apiVersion" in dashboard and "spec" in dashboard:
        yield "is a Kubernetes object of Grafana's; give what stands in its spec"
    elif isinstance(dashboard.get("dashboard"), dict):
        yield "is an answer of Grafana's API; give what stands in its field dashboard"
    elif not isinstance(dashboard.get("title"), str) or not dashboard["title"].strip():
        yield "has no title"
    elif not any(True for _ in grafana.panels(dashboard)):
        yield "has no panels"


def _content(dashboard: Json) -> Iterator[str]:
    variables = grafana.variables(dashboard)
    data_sources = {name: str(v.get("query")) for name, v in variables.items() if v.get("type") == "datasource"}
    for name, variable in variables.items():
        where = f"variable {name}: "
        yield from (where + p for p in _data_source(variable.get("datasource"), data_sources))
        if variable.get("type") == "query" and _speaks_promql(variable.get("datasource"), data_sources):
            wrong = _variable_query(grafana.query_of(variable), variables)
            if wrong is not None:
                yield where + wrong
    for panel in grafana.panels(dashboard):
        where = f'panel "{panel.get("title") or panel.get("id")}": '
        yield from (where + p for p in _data_source(panel.get("datasource"), data_sources))
        for target in grafana.targets(panel):
            yield from (where + p for p in _target(target, panel, data_sources, variables))


def _target(target: Json, panel: Json, data_sources: Mapping[str, str], variables: Mapping[str, Json]) -> Iterator[str]:
    yield from _data_source(target.get("datasource"), data_sources)
    expression = target.get("expr")
    if expression and _speaks_promql(target.get("datasource") or panel.get("datasource"), data_sources):
        wrong = _promql(str(expression), variables)
        if wrong is not None:
            yield f"{target.get('refId', 'its query')} {wrong}"


def _data_source(given: object, data_sources: Mapping[str, str]) -> Iterator[str]:
    """A data source that nobody fills in: exports hold inputs that only Grafana's import dialogue asks for."""
    name = given.get("uid") if isinstance(given, dict) else given
    variable = grafana.referred(name) if isinstance(name, str) else None
    if variable is not None and variable not in data_sources:
        yield f"its data source {name} is no variable of the dashboard: add one of the type datasource and refer to that"


def _speaks_promql(given: object, data_sources: Mapping[str, str]) -> bool:
    """Whether a query to this data source is PromQL, as far as one can tell: by its type, else what is not said is Prometheus."""
    kind, name = (given.get("type"), given.get("uid")) if isinstance(given, dict) else (None, given)
    if isinstance(name, str) and name in _BUILT_IN_SOURCES:
        return name in ("-- Mixed --", "default")
    variable = grafana.referred(name) if isinstance(name, str) else None
    return (kind or data_sources.get(variable or "", "prometheus")) == "prometheus"


def _promql(expression: str, variables: Mapping[str, Json]) -> str | None:
    """What is wrong with a query whatever its variables may be; the parser's words for the likeliest of their values."""
    fixed = {name: value for name, value in _fixed(variables) if value is not None}
    found = [promql.syntax_error(grafana.fill(expression, {**dict.fromkeys(variables, guess), **fixed})) for guess in _GUESSES]
    return None if None in found else found[0]


def _fixed(variables: Mapping[str, Json]) -> Iterator[tuple[str, str | None]]:
    yield from grafana.BUILT_IN.items()
    for name, variable in variables.items():
        match variable.get("type"):
            case "custom" | "constant" | "textbox":
                yield name, grafana.chosen(variable) or (str(variable["query"]) if variable.get("query") else None)
            case "interval":
                yield name, "5m"


def _variable_query(query: str, variables: Mapping[str, Json]) -> str | None:
    called = _FUNCTION.fullmatch(query)
    if called is None:
        return f"its query is none of label_values(), label_names(), metrics() and query_result(): {query!r}"
    function, argument = called.groups()
    match function:
        case "label_values":
            selector, _, label = argument.rpartition(",")
            if not _LABEL.fullmatch(label.strip()):
                return f"label_values() ends with a label's name, not with {label.strip()!r}"
            return _promql(selector, variables) if selector.strip() else None
        case "query_result":
            return _promql(argument, variables)
    return None
