"""The fields of an Alertmanager configuration that those accept who will read it.

prometheus-operator decodes the configuration strictly into structs of its own: one field that they lack, though Alertmanager
knows it, and nobody's change takes effect any more. amtool does not notice. The other way round an older Alertmanager refuses
what prometheus-operator lets pass.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.alertmanager.accepted_fields import STRUCTS

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads a configuration, by major and minor version.

    By default the oldest prometheus-operator that is supported, and the Alertmanager that it runs where nobody names another.
    """

    prometheus_operator: Version = (0, 85)
    alertmanager: Version = (0, 28)


ANY_READERS = Readers()


def readers_of(alertmanagers: Iterable[Mapping[str, Any]], prometheus_operator: Version | None) -> Readers:
    """Who reads the configuration of these Alertmanager objects (as JSON): of each kind the oldest.

    An Alertmanager's version is what its object names, or the tag of its image. `prometheus_operator` is None where it is not known.
    """
    named = [version for body in alertmanagers if (version := _named(body.get("spec") or {})) is not None]
    operator = ANY_READERS.prometheus_operator if prometheus_operator is None else prometheus_operator
    return Readers(operator, min(named, default=ANY_READERS.alertmanager))


def _named(spec: Mapping[str, Any]) -> Version | None:
    return version_of(spec.get("version") or str(spec.get("image") or "").partition("@")[0].rpartition(":")[2])


def version_of(text: str) -> Version | None:
    """Major and minor version of a text such as v0.28.1; None if it is none."""
    found = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the struct that its value is made of (empty: a plain value, or a map with any keys), and since when it is known."""

    inner: str
    prometheus_operator: Version
    alertmanager: Version


@functools.cache
def fields(struct: str) -> dict[str, Field]:
    """The fields of one of prometheus-operator's structs."""
    found = {}
    for text in STRUCTS[struct].split():
        known, _, alertmanager = text.partition("!")
        typed, _, operator = known.partition("@")
        name, _, inner = typed.partition(":")
        found[name] = Field(inner, _version(operator), _version(alertmanager))
    return found


def _version(text: str) -> Version:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if text else (0, 0)


def refused(value: Any, struct: str, path: str, readers: Readers = ANY_READERS) -> Iterator[tuple[str, str]]:
    """(path, why) of what `readers` would not take in `value`, which stands at `path` and is a `struct` or a list of them."""
    if isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from refused(inner, struct, f"{path}[{index}]", readers)
    elif isinstance(value, dict):
        for name, inner in value.items():
            below = f"{path}.{name}"
            field = fields(struct).get(name)
            if field is None:
                yield below, "is not a field that prometheus-operator accepts"
            elif field.prometheus_operator > readers.prometheus_operator:
                yield below, f"needs prometheus-operator {_text(field.prometheus_operator)}; {_text(readers.prometheus_operator)} is there"
            elif field.alertmanager > readers.alertmanager:
                yield below, f"needs Alertmanager {_text(field.alertmanager)}; {_text(readers.alertmanager)} is there"
            elif field.inner:
                yield from refused(inner, field.inner, below, readers)
    elif value is not None:
        yield path, "must be a mapping of fields"


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
