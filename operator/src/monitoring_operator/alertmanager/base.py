"""The user's own configuration, which an Alertmanager had before: taken from a Secret of theirs, merged, never written.

Its text may hold credentials in the open, because its author put them there. No message here repeats a value of it.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from monitoring_operator.alertmanager.accepted import ANY_READERS, Readers, refused
from monitoring_operator.alertmanager.document import Unquoted, dump
from monitoring_operator.alertmanager.whole import whole_problems
from monitoring_operator.api.profile import Problem

CONFIG_KEY = "alertmanager.yaml"
BASE_KEY = "monitoring-operator.base.yaml"
"""Where our Secret keeps the base that it was merged from: the memory of the last good one."""

_OURS = re.compile(r"\.(critical|warning)\.[0-9]+\.[a-z_]+$")
"""What the keys of profiles' credentials end with."""


class InvalidBase(Exception):
    """A base configuration that cannot be merged; `problems` says where and why, and quotes nothing of it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Base:
    """A base configuration: its text, its content, and the further keys of its Secret (templates), as Kubernetes holds them."""

    text: str = field(repr=False)
    config: Mapping[str, Any] = field(repr=False, compare=False)
    files: Mapping[str, str] = field(repr=False)


def parse_base(data: Mapping[str, str], readers: Readers = ANY_READERS) -> Base:
    """The base in `data`, a Secret's data in base64. Raises InvalidBase."""
    if CONFIG_KEY not in data:
        raise InvalidBase((Problem(CONFIG_KEY, "is not a key of the Secret"),))
    taken = sorted(key for key in data if key == BASE_KEY or _OURS.search(key))
    if taken:
        raise InvalidBase(tuple(Problem(key, "is a key that the operator writes itself") for key in taken))
    try:
        text = base64.b64decode(data[CONFIG_KEY], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidBase((Problem(CONFIG_KEY, "is not text"),)) from None
    return base_of(text, {key: value for key, value in data.items() if key != CONFIG_KEY}, readers)


def base_of(text: str, files: Mapping[str, str], readers: Readers = ANY_READERS) -> Base:
    """The base that `text` is, with `files` beside it. Raises InvalidBase."""
    try:
        config = yaml.load(text, Loader=_AsWritten)  # noqa: S506 -- it makes nothing but texts, lists and maps
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        # YAML's own words quote the text, and with it what may be a credential.
        raise InvalidBase((Problem(CONFIG_KEY, f"is not YAML{where}"),)) from None
    except RecursionError:
        raise InvalidBase((Problem(CONFIG_KEY, "is nested too deeply"),)) from None
    try:
        problems = tuple(sorted(set(_problems(config, readers))))
        if not problems:
            # What cannot be written again is found out here, and not with everybody's parts.
            dump(dict(config))
    except RecursionError:
        problems = (Problem(CONFIG_KEY, "holds itself"),)
    except (AttributeError, KeyError, TypeError, ValueError):
        problems = (Problem(CONFIG_KEY, "has not the shape of an Alertmanager configuration"),)
    if problems:
        raise InvalidBase(problems)
    return Base(text, config, dict(sorted(files.items())))


def last_base(data: Mapping[str, str]) -> Base | None:
    """The base from which a live Secret of ours, with `data` in base64, was merged; None if there was none."""
    if BASE_KEY not in data:
        return None
    files = {k: v for k, v in data.items() if k not in (CONFIG_KEY, BASE_KEY) and not _OURS.search(k)}
    try:
        # What was good when it was written is not judged again by who reads it now.
        return base_of(base64.b64decode(data[BASE_KEY], validate=True).decode(), files, Readers((99, 0), (99, 0)))
    except (InvalidBase, binascii.Error, UnicodeDecodeError):
        return None


def _problems(config: Any, readers: Readers) -> Iterator[Problem]:
    if not isinstance(config, dict):
        yield Problem(CONFIG_KEY, "is not a mapping of fields")
        return
    found = [Problem(path.removeprefix("."), why) for path, why in refused(config, "alertmanagerConfig", "", readers)]
    yield from found
    if not found:
        yield from whole_problems(config)


class _AsWritten(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Keeps plain words as they are written: Alertmanager's YAML reads `on`, `17:00` and `1.10` in other ways than Python's."""


def _plain(loader: Any, node: yaml.ScalarNode) -> str:  # noqa: ARG001 -- PyYAML's signature
    return Unquoted(node.value) if not node.style else str(node.value)


def _no_tag(loader: Any, node: yaml.Node) -> Any:  # noqa: ARG001
    raise yaml.constructor.ConstructorError(problem="a tag", problem_mark=node.start_mark)


for _tag in ("null", "bool", "int", "float", "timestamp", "binary"):
    _AsWritten.add_constructor(f"tag:yaml.org,2002:{_tag}", _plain)
_AsWritten.add_constructor(None, _no_tag)
