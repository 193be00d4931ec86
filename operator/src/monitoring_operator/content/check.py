"""What the schema cannot say about a profile: alerts that could never fire, unknown names, bad PromQL, times that end before they begin."""

import difflib
from collections.abc import Iterable, Iterator

from monitoring_operator.api import durations, time_intervals
from monitoring_operator.api.alerts import AlertOverride, ExtraAlert
from monitoring_operator.api.profile import Problem, Profile
from monitoring_operator.content import ALERT_NAMES, DASHBOARD_NAMES, catalogue, effective, parameters, promql, sightless, templates
from monitoring_operator.content.catalogue import Alert
from monitoring_operator.content.promql_place import Place

MOST_LOCATED = 20
"""Bad expressions of one profile of which the line is looked for: that may take the parser half a second for a huge one."""

LOOKBACK = 300.0
"""Seconds after which Prometheus takes a sample for gone (`--query.lookback-delta`)."""

_UPPER_BOUNDS = {"ratio": 1.0, "percent": 100.0}


def problems(profile: Profile) -> tuple[Problem, ...]:
    """Everything that is wrong with the alerts, dashboards and times of `profile`, sorted by path."""
    spec = profile.spec
    interval = durations.seconds(spec.scrape.interval)
    soonest = effective.SCRAPES_BEFORE_FIRING * interval
    found: list[Problem] = []
    if spec.alerts.enabled and interval >= LOOKBACK:
        gone = f"Prometheus takes a sample for gone after {durations.text(LOOKBACK)}"
        found.append(Problem("spec.scrape.interval", f"{spec.scrape.interval} is too long for alerts: {gone}, before the next one comes"))
    for name, override in spec.alerts.rules.items():
        path = f"spec.alerts.rules.{name}"
        alert = catalogue.alerts().get(name)
        if alert is None:
            found.append(Problem(path, f"is not an alert of the catalogue{_nearest(name, ALERT_NAMES)}"))
        elif override.enabled and alert.group not in (catalogue.AVAILABILITY, *spec.packs):
            found.append(Problem(path, f"has no effect: spec.packs leaves out {alert.group}, which {name} belongs to"))
        else:
            found += _override(path, alert, override, soonest)
    found += _twins(profile)
    found += _label_names("spec.alerts.labels", spec.alerts.labels)
    found += _extras(profile)
    for index, name in enumerate(spec.dashboards.include or ()):
        if name not in DASHBOARD_NAMES:
            found.append(Problem(f"spec.dashboards.include[{index}]", f"{name} is not a dashboard{_nearest(name, DASHBOARD_NAMES)}"))
    if spec.notifications is not None:
        for field, times in (("muteTimes", spec.notifications.mute_times), ("activeTimes", spec.notifications.active_times)):
            found += [Problem(path, why) for path, why in time_intervals.problems(times, f"spec.notifications.{field}")]
    return tuple(sorted(found))


def _nearest(name: str, known: Iterable[str]) -> str:
    lower = {k.lower(): k for k in known}
    near = [lower[k] for k in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.5)]
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(sorted(lower.values()))}"


def _override(path: str, alert: Alert, override: AlertOverride, soonest: float) -> Iterator[Problem]:
    for field, given, has in (
        ("threshold", override.threshold, alert.threshold),
        ("minEvents", override.min_events, alert.min_events),
        ("scope", override.scope, alert.scope),
    ):
        if given is not None and has is None:
            yield Problem(f"{path}.{field}", f"does not apply: {alert.name} has no {field}")
    if override.threshold is not None and alert.unit is not None:
        limit = upper_bound(alert)
        if limit is not None and override.threshold >= limit[0]:
            yield Problem(f"{path}.threshold", f"{parameters.number(override.threshold)} is never exceeded: {limit[1]}")
    if override.for_ is not None and durations.seconds(override.for_) < soonest:
        least = durations.text(soonest)
        yield Problem(f"{path}.for", f"{override.for_} is shorter than two scrapes ({least}): one odd sample would fire the alert")
    if override.for_ is not None and alert.lasts is not None and durations.seconds(override.for_) >= durations.seconds(alert.lasts):
        yield Problem(f"{path}.for", f"{override.for_} is never reached: what {alert.name} is about holds for less than {alert.lasts}")


def upper_bound(alert: Alert) -> tuple[float, str] | None:
    """The value that the alert's expression cannot exceed, with the reason; None if there is none."""
    # Imported here: without histograms in play nothing of the library's is needed.
    from app_metrics.catalogue import BY_NAME  # noqa: PLC0415

    if alert.histogram is not None:
        top = BY_NAME[alert.histogram].buckets[-1]
        return top, f"{parameters.number(top)} is the highest bucket of {alert.histogram}, and no quantile is seen beyond it"
    if alert.unit in _UPPER_BOUNDS:
        top = _UPPER_BOUNDS[alert.unit]
        return top, f"it is a {alert.unit}, at most {parameters.number(top)}"
    return None


def _twins(profile: Profile) -> Iterator[Problem]:
    """A warning that fires later than its critical twin warns of nothing."""
    wanted = effective.effective(profile)
    criticals = {e.alert.signal: e for e in wanted if e.severity == "critical"}
    for warning in (e for e in wanted if e.severity == "warning"):
        critical = criticals.get(warning.alert.signal)
        if critical is None or warning.by != critical.by or warning.threshold is None or critical.threshold is None:
            continue
        if warning.threshold > critical.threshold:
            override = profile.spec.alerts.rules.get(warning.alert.name)
            blamed = critical if override is None or override.threshold is None else warning
            yield Problem(
                f"spec.alerts.rules.{blamed.alert.name}.threshold",
                f"{warning.alert.name} would warn only above {warning.limit}, after {critical.alert.name} has fired at {critical.limit}",
            )


def _extras(profile: Profile) -> Iterator[Problem]:
    seen: set[tuple[str, str, tuple[tuple[str, str], ...]]] = set()
    located = 0
    for index, extra in enumerate(profile.spec.alerts.extra):
        path = f"spec.alerts.extra[{index}]"
        if extra.alert in ALERT_NAMES:
            yield Problem(f"{path}.alert", f"{extra.alert} is an alert of the catalogue; give the extra alert a name of its own")
        identity = (extra.alert, extra.severity, tuple(sorted(extra.labels.items())))
        if identity in seen:
            yield Problem(f"{path}.alert", f"{extra.alert} is there already with the same severity and labels")
        seen.add(identity)
        wrong = promql.error(extra.expr)
        if wrong is not None:
            located += 1
            yield _not_promql(f"{path}.expr", extra, wrong, promql.place_of_error(extra.expr) if located <= MOST_LOCATED else None)
        else:
            yield from (Problem(f"{path}.expr", f"{never} (alert {extra.alert})") for never in sightless.problems(extra.expr, profile))
        yield from _label_names(f"{path}.labels", extra.labels)
        yield from _templates(path, extra)


def _not_promql(path: str, extra: ExtraAlert, wrong: str, place: Place | None) -> Problem:
    where = f", {place}" if place is not None else ""
    return Problem(path, f"{wrong} (alert {extra.alert}{where})", place.line if place is not None else 0)


def _templates(path: str, extra: ExtraAlert) -> Iterator[Problem]:
    texts = {"summary": extra.summary, "description": extra.description or ""}
    texts |= {f"labels.{k}": v for k, v in extra.labels.items()} | {f"annotations.{k}": v for k, v in extra.annotations.items()}
    for field, text in texts.items():
        wrong = templates.error(text)
        if wrong is not None:
            yield Problem(f"{path}.{field}", wrong)
    for name, value in extra.labels.items():
        if "$value" in value or ".Value" in value:
            yield Problem(f"{path}.labels.{name}", "must not hold the value: every change of it would be a new alert, which never fires")


def _label_names(path: str, labels: Iterable[str]) -> Iterator[Problem]:
    for name in labels:
        if name == "__name__":
            yield Problem(f"{path}.{name}", "is the metric's name, not a label of an alert")
