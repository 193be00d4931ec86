"""docs/alerts.md, made from the catalogue: what each alert asks, its defaults and the fields that change them.

`python -m harness.content.alerts_page` with tests/ on PYTHONPATH writes it anew.
"""

from collections.abc import Iterator
from pathlib import Path

from monitoring_operator.api.profile import Profile, parse
from monitoring_operator.content import parameters
from monitoring_operator.content.check import upper_bound
from monitoring_operator.content.dashboards import DASHBOARDS
from monitoring_operator.content.effective import Effective, effective

PAGE = Path(__file__).parents[3] / "docs" / "alerts.md"

_INTRO = """\
# Alerts

Every alert of the catalogue as a profile `PROFILE` in the namespace `NAMESPACE` gets it when it says nothing about it. This page is made
from the catalogue (`make generate`); the [runbooks](runbooks.md) say what to do when an alert fires.

- A profile gets the alerts of its `spec.packs`, and those of *availability* whatever its packs.
- `spec.alerts.rules.<alert>` changes one alert; only what differs need be said:

  ```yaml
  spec:
    alerts:
      rules:
        Ga4ApiHighErrorRate: {threshold: 0.02, for: 10m}
        HighMemoryUsage: {enabled: false}
  ```

- Thresholds are in base units: a ratio from 0 to 1, seconds, counts; CPU is in percent. A threshold that nothing can exceed, a `for` of
  less than two scrapes, or a warning that would come after its critical twin is refused.
- `minEvents` guards ratios and quantiles: so many events must lie in the window before the alert may fire. Unless it is set, a stricter
  ratio raises it, so that a single bad event never fires an alert.
- Rates look back five minutes, or four scrapes where these are rarer than that.
- Every alert carries the labels `namespace`, `profile`, `severity` and `signal`, and those that its query keeps. A critical alert mutes the
  warning with the same `signal` about the same subject; `ServiceDown` mutes all other alerts of its service.
- Names are CamelCase. `Ga4ApiHighErrorRate` is what other collections of these rules call `GA4_API_HighErrorRate`.
"""


def page() -> str:
    """The whole page."""
    alerts = effective(_profile())
    return "\n".join([_INTRO, *_overview(alerts), *(line for alert in alerts for line in _section(alert))])


def _profile() -> Profile:
    spec = {"scrape": {"selector": {"matchLabels": {"app": "app"}}, "port": "http"}}
    return parse({"metadata": {"namespace": "NAMESPACE", "name": "PROFILE"}, "spec": spec})


def _overview(alerts: tuple[Effective, ...]) -> Iterator[str]:
    yield "| alert | fires above | for | severity | pack |"
    yield "| --- | --- | --- | --- | --- |"
    for alert in alerts:
        name = alert.alert.name
        yield f"| [{name}](#{name.lower()}) | {alert.limit or '-'} | {alert.for_} | {alert.severity} | {alert.alert.group} |"
    yield ""


def _section(alert: Effective) -> Iterator[str]:
    name = alert.alert.name
    board = DASHBOARDS[alert.alert.dashboard].title
    yield f"## {name}\n"
    yield f"{alert.summary} Signal `{alert.alert.signal}`; [runbook](runbooks/{name}.md); dashboard {board}.\n"
    yield f"```promql\n{alert.expr}\n```\n"
    yield "| field | default | |"
    yield "| --- | --- | --- |"
    for field, default, meaning in _fields(alert):
        yield f"| `spec.alerts.rules.{name}.{field}` | {default} | {meaning} |"
    if alert.alert.keep_firing_for is not None:
        yield f"\nIt goes on firing for {alert.alert.keep_firing_for} after its condition has gone, so that a lost scrape does not end it."
    yield ""


def _fields(alert: Effective) -> Iterator[tuple[str, str, str]]:
    source = alert.alert
    if source.threshold is not None:
        bound = upper_bound(source)
        below = f", below {parameters.number(bound[0])}" if bound else ""
        yield "threshold", parameters.number(source.threshold), f"{source.unit}{below}"
    yield "for", alert.for_, "how long the condition must hold"
    if source.min_events is not None:
        yield "minEvents", str(alert.min_events), "events that there must be"
    if source.scope is not None:
        yield "scope", source.scope, "`instance` or `service`: what the threshold is compared with"
    yield "severity", source.severity, "`critical`, `warning` or `info`"
    yield "enabled", "true", ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
