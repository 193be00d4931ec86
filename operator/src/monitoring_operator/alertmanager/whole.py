"""Whether a whole configuration holds together: what Alertmanager would refuse for everybody if one name in it were wrong."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from monitoring_operator.alertmanager.matching import parse_matchers
from monitoring_operator.api import durations
from monitoring_operator.api.profile import Problem

_OF_ROOT = ("match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals")
_TIMES = ("mute_time_intervals", "active_time_intervals")


def whole_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the names and references of `config`, whose fields are known to be accepted. No value is quoted but names."""
    receivers = _names(config, "receivers")
    times = [*_names(config, "time_intervals"), *_names(config, "mute_time_intervals")]
    for kind, names in (("receivers", receivers), ("time_intervals", times)):
        for name, count in Counter(names).items():
            if not name or count > 1:
                yield Problem(kind, f"{name!r} stands there {count} times" if name else "one has no name")
    root = config.get("route")
    if not isinstance(root, dict) or not root.get("receiver"):
        yield Problem("route", "must have a receiver: it is the one for everything that nobody else takes")
        return
    for field in _OF_ROOT:
        if root.get(field):
            yield Problem(f"route.{field}", "must not stand on the first route, which takes everything")
    yield from _route(root, "route", frozenset(receivers), frozenset(times))
    for index, rule in enumerate(config.get("inhibit_rules") or ()):
        for field in ("source_matchers", "target_matchers"):
            yield from _matchers(rule, field, f"inhibit_rules[{index}]")


def _names(config: Mapping[str, Any], field: str) -> list[str]:
    return [str(thing.get("name") or "") for thing in config.get(field) or ()]


def _route(route: Mapping[str, Any], path: str, receivers: frozenset[str], times: frozenset[str]) -> Iterator[Problem]:
    receiver = route.get("receiver")
    if receiver and receiver not in receivers:
        yield Problem(f"{path}.receiver", f"there is no receiver {receiver!r}")
    for field in _TIMES:
        for name in route.get(field) or ():
            if name not in times:
                yield Problem(f"{path}.{field}", f"there is no time interval {name!r}")
    for field, least in (("group_wait", 0.0), ("group_interval", 0.001), ("repeat_interval", 0.001)):
        if route.get(field):
            try:
                if durations.seconds(str(route[field])) < least:
                    yield Problem(f"{path}.{field}", "must be longer than zero")
            except ValueError:
                yield Problem(f"{path}.{field}", "is not a duration")
    yield from _matchers(route, "matchers", path)
    for index, child in enumerate(route.get("routes") or ()):
        yield from _route(child, f"{path}.routes[{index}]", receivers, times)


def _matchers(holder: Mapping[str, Any], field: str, path: str) -> Iterator[Problem]:
    for index, text in enumerate(holder.get(field) or ()):
        try:
            parse_matchers(str(text))
        except ValueError:
            yield Problem(f"{path}.{field}[{index}]", "is not a matcher")
