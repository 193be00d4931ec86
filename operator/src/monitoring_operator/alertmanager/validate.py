"""Whether one part may be merged: what is wrong with it would otherwise be wrong with everybody's configuration."""

from collections.abc import Iterator
from typing import Any

from monitoring_operator.alertmanager.accepted import ANY_READERS, Readers, refused
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.matchers import fence
from monitoring_operator.alertmanager.matching import parse_matchers
from monitoring_operator.alertmanager.receivers import DIRECTORY
from monitoring_operator.api import durations
from monitoring_operator.api.profile import Problem

LONGEST_CREDENTIAL = 4096
"""Characters. All profiles share one Secret of at most 1 MiB: what is longer is no credential, and could take everybody's room."""

_NUMBERS = frozenset({"chat_id", "max_alerts"})
"""Fields that Alertmanager reads as integers."""

_INLINE = frozenset(
    {
        *("routing_key", "service_key", "credentials", "bearer_token", "api_key", "api_secret", "auth_password", "auth_secret"),
        *("password", "client_secret", "user_key", "token", "bot_token", "webhook_url", "access_key", "secret_key"),
    }
)
"""Fields whose value would be a credential in the open."""


def problems(fragment: Fragment, readers: Readers = ANY_READERS) -> tuple[Problem, ...]:
    """Everything that is wrong with `fragment` by itself, sorted; paths are those of Alertmanager's configuration.

    Checked are the fence, matchers, durations, names, references to receivers and to files, and the fields that `readers`
    accept. Templates are not run.
    """
    unknown = (
        *refused(fragment.route, "route", "route", readers),
        *refused(fragment.receivers, "receiver", "receivers", readers),
        *refused(fragment.time_intervals, "timeInterval", "time_intervals", readers),
    )
    found = [
        *(Problem(path, why) for path, why in unknown),
        *_fence(fragment),
        *_routes(fragment, fragment.route, "route"),
        *_names(fragment),
        *_files(fragment),
        *_values(fragment, fragment.route, "route"),
        *_values(fragment, list(fragment.receivers), "receivers"),
        *_values(fragment, list(fragment.time_intervals), "time_intervals"),
    ]
    return tuple(sorted(set(found)))


def _fence(fragment: Fragment) -> Iterator[Problem]:
    expected = fence(fragment.namespace, fragment.profile)
    if fragment.route.get("matchers") != expected:
        yield Problem("route.matchers", f"must be {expected}: they keep the profile's alerts from everybody else's")


def _routes(fragment: Fragment, route: dict[str, Any], path: str) -> Iterator[Problem]:
    names = {r.get("name") for r in fragment.receivers}
    if route.get("continue"):
        yield Problem(f"{path}.continue", "must not be set: the alert would go on to another profile's routes")
    if "receiver" in route and route["receiver"] not in names:
        yield Problem(f"{path}.receiver", f"{route['receiver']!r} is not a receiver of the profile")
    yield from _times(fragment, route, path)
    for index, text in enumerate(route.get("matchers") or ()):
        try:
            parse_matchers(text)
        except ValueError as error:
            yield Problem(f"{path}.matchers[{index}]", str(error))
    for field, least in (("group_wait", 0.0), ("group_interval", 0.001), ("repeat_interval", 0.001)):
        if field in route:
            yield from _duration(route[field], least, f"{path}.{field}")
    for index, child in enumerate(route.get("routes") or ()):
        yield from _routes(fragment, child, f"{path}.routes[{index}]")


def _times(fragment: Fragment, route: dict[str, Any], path: str) -> Iterator[Problem]:
    known = {t.get("name") for t in fragment.time_intervals}
    for field in ("mute_time_intervals", "active_time_intervals"):
        for index, name in enumerate(route.get(field) or ()):
            if name not in known:
                yield Problem(f"{path}.{field}[{index}]", f"{name!r} is not a time interval of the profile")


def _duration(text: Any, least: float, path: str) -> Iterator[Problem]:
    try:
        if durations.seconds(text) < least:
            yield Problem(path, "must be longer than zero")
    except (ValueError, TypeError):
        yield Problem(path, f"not a duration: {text!r}")


def _names(fragment: Fragment) -> Iterator[Problem]:
    for path, things in (("receivers", fragment.receivers), ("time_intervals", fragment.time_intervals)):
        names = [str(t.get("name")) for t in things]
        for index, name in enumerate(names):
            if not name.startswith(f"{fragment.namespace}/{fragment.profile}/"):
                yield Problem(f"{path}[{index}].name", f"{name!r} must start with {fragment.namespace}/{fragment.profile}/")
            if name in names[:index]:
                yield Problem(f"{path}[{index}].name", f"{name!r} stands there twice")


def _files(fragment: Fragment) -> Iterator[Problem]:
    for key, value in fragment.files.items():
        if len(value) > LONGEST_CREDENTIAL:
            yield Problem(key, f"has {len(value)} characters; a credential may have {LONGEST_CREDENTIAL}")


def _values(fragment: Fragment, value: Any, path: str) -> Iterator[Problem]:
    """Problems of fields and values anywhere below `value`."""
    if isinstance(value, dict):
        for field, inner in value.items():
            yield from _field(fragment, field, inner, f"{path}.{field}")
            yield from _values(fragment, inner, f"{path}.{field}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _values(fragment, inner, f"{path}[{index}]")
    elif isinstance(value, str):
        if "$(" in value:
            yield Problem(path, "holds $(, which prometheus-operator's config-reloader would expand")
    elif not isinstance(value, bool) and not (isinstance(value, int) and path.rpartition(".")[2] in _NUMBERS):
        yield Problem(path, f"must be text, not {value!r}")


def _field(fragment: Fragment, field: Any, value: Any, path: str) -> Iterator[Problem]:
    """Problems of one field: credentials in the open, files of others."""
    if not isinstance(field, str):
        yield Problem(path, "is not the name of a field")
    elif field in _INLINE and not (field == "routing_key" and ".victorops_configs[" in path):
        yield Problem(path, "holds a credential; give a file")
    elif field.endswith("_file") and str(value).removeprefix(f"{DIRECTORY}/") not in fragment.files:
        yield Problem(path, f"{value} is not a file of the profile")
