"""Types of options: each turns text into a value, or says what would have been right."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import click

from monitoring_operator.api.label_selector import InvalidSelector, check

_LABEL_KEY = r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_LABEL_VALUE = r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_NAME = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"


class _Pattern(click.ParamType[Any]):
    """Text that must match a pattern as a whole."""

    pattern: ClassVar[str]
    expected: ClassVar[str]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        match = re.fullmatch(self.pattern, value)
        if match is None:
            self.fail(f"{value!r} is not {self.expected}", param, ctx)
        return self.value(match)

    def value(self, match: re.Match[str]) -> Any:
        return match.group()


class _Label(_Pattern):
    name = "K=V"
    pattern = f"(?P<key>{_LABEL_KEY})=(?P<value>{_LABEL_VALUE})"
    expected = "a Kubernetes label, such as release=kube-prometheus-stack"

    def value(self, match: re.Match[str]) -> tuple[str, str]:
        return match["key"], match["value"]


class _Url(_Pattern):
    name = "URL"
    pattern = r"(https?://[^\s/]\S*)?"
    expected = "a URL that begins with http:// or https://"


class _Alertmanager(_Pattern):
    """(namespace, name, secret)."""

    name = "alertmanager"
    pattern = f"(?P<namespace>[a-z0-9]([-a-z0-9]*[a-z0-9])?)/(?P<name>{_NAME})(:(?P<secret>{_NAME}))?"
    expected = "NAMESPACE/NAME or NAMESPACE/NAME:SECRET, such as monitoring/main"

    def value(self, match: re.Match[str]) -> tuple[str, str, str]:
        return match["namespace"], match["name"], match["secret"] or f"alertmanager-{match['name']}"


class _Profile(_Pattern):
    """(namespace, name)."""

    name = "profile"
    pattern = f"(?P<namespace>[a-z0-9]([-a-z0-9]*[a-z0-9])?)/(?P<name>{_NAME})"
    expected = "NAMESPACE/NAME, such as analytics/ga4-analytics"

    def value(self, match: re.Match[str]) -> tuple[str, str]:
        return match["namespace"], match["name"]


class _BaseConfig(_Pattern):
    """((namespace, name of the Alertmanager), Secret)."""

    name = "base"
    pattern = f"(?P<namespace>[a-z0-9]([-a-z0-9]*[a-z0-9])?)/(?P<name>{_NAME})=(?P<secret>{_NAME})"
    expected = "NAMESPACE/ALERTMANAGER=SECRET, such as monitoring/main=alertmanager-base"

    def value(self, match: re.Match[str]) -> tuple[tuple[str, str], str]:
        return (match["namespace"], match["name"]), match["secret"]


class _Duration(_Pattern):
    """Seconds."""

    name = "duration"
    pattern = r"([0-9]+(y|w|d|h|ms|m|s))+"
    expected = "a duration, such as 10m or 1h30m"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if seconds < 1:
            self.fail("must be at least 1s", param, ctx)
        return seconds

    def value(self, match: re.Match[str]) -> float:
        from monitoring_operator.api import durations

        return durations.seconds(match.group())


class _Target(_Pattern):
    """(NAMESPACE/NAME or None, HOST:PORT)."""

    name = "target"
    pattern = r"((?P<profile>[a-z0-9][-a-z0-9]*/[a-z0-9][-a-z0-9.]*)=)?(?P<address>([-A-Za-z0-9_.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5})"
    expected = "HOST:PORT or NAMESPACE/NAME=HOST:PORT, such as localhost:8000"

    def value(self, match: re.Match[str]) -> tuple[str | None, str]:
        return match["profile"], match["address"]


class _Name(_Pattern):
    name = "name"
    pattern = _NAME
    expected = "a name of a Kubernetes object, such as ga4-analytics"


class _Namespace(_Pattern):
    name = "namespace"
    pattern = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    expected = "a name of a namespace, such as analytics"


class _Shard(_Pattern):
    name = "shard"
    pattern = r"([a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?)?"
    expected = "a name of at most 40 small letters, digits and hyphens, such as team-a"


class _Selector(click.ParamType[str]):
    name = "selector"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return check(str(value))
        except InvalidSelector as invalid:
            self.fail(str(invalid), param, ctx)


class _Read(click.ParamType[Any]):
    """Text that a function of `cli.scenes` turns into a value or refuses with its reason."""

    def __init__(self, name: str, function: str) -> None:
        self.name = name
        self._function = function

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        # Imported here: scenes loads what rendering needs, and most commands never see such an option.
        from monitoring_operator.cli import scenes

        try:
            return getattr(scenes, self._function)(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


LABEL = _Label()
URL = _Url()
ALERTMANAGER = _Alertmanager()
BASE_CONFIG = _BaseConfig()
DURATION = _Duration()
TARGET = _Target()
NAME = _Name()
NAMESPACE = _Namespace()
SHARD = _Shard()
SELECTOR = _Selector()
PATH = click.Path(dir_okay=False, path_type=Path)
PROFILE = _Profile()
LABELS = _Read("labels", "read_labels")
ALERT = _Read("alert", "read_alert")


def labels(given: Iterable[tuple[str, str]]) -> Mapping[str, str] | None:
    """The labels of a repeatable option; None if it was not given. Raises click.UsageError if one key has two values."""
    out: dict[str, str] = {}
    for key, value in given:
        if out.setdefault(key, value) != value:
            raise click.UsageError(f"--prometheus-label gives {key} two values: {out[key]} and {value}")
    return out or None
