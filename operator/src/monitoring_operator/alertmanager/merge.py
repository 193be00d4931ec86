"""All profiles' parts as the one file that Alertmanager reads, byte for byte the same in whatever order they came."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring_operator.alertmanager.base import Base
from monitoring_operator.alertmanager.document import dump
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.inhibition import inhibit_rules

NOBODY = "null"
"""Name of the receiver that tells nobody: where alerts end that no profile has a route for."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A whole configuration: `config` is alertmanager.yaml, `files` the profiles' credentials by key of the Secret.

    Of credentials, `config` holds those alone that the author of `base` has written into it; hence no repr shows it.
    """

    config: str = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    base: Base | None = None


def merge(fragments: Iterable[Fragment], base: Base | None = None) -> Merged:
    """The configuration of all `fragments`, of which there may be none, and of the user's own `base`.

    The profiles' routes come first and keep their alerts to themselves; what belongs to no profile goes the ways of `base`, and at
    the end to its first receiver, as do alerts of a severity that their profile tells nobody of. Raises ValueError if a profile
    occurs twice.
    """
    parts = sorted(fragments, key=lambda f: (f.namespace, f.profile))
    for one, other in itertools.pairwise(parts):
        if (one.namespace, one.profile) == (other.namespace, other.profile):
            raise ValueError(f"two parts for profile {one.namespace}/{one.profile}")
    theirs: Mapping[str, Any] = {"route": {"receiver": NOBODY}, "receivers": [{"name": NOBODY}]} if base is None else base.config
    config: dict[str, Any] = {
        **theirs,
        "route": {**theirs["route"], "routes": [*(part.route for part in parts), *(theirs["route"].get("routes") or ())]},
        "inhibit_rules": [*inhibit_rules(), *(theirs.get("inhibit_rules") or ())],
        "receivers": [*theirs["receivers"], *sorted((r for part in parts for r in part.receivers), key=_name)],
    }
    times = sorted((t for part in parts for t in part.time_intervals), key=_name)
    if times:
        config["time_intervals"] = [*(theirs.get("time_intervals") or ()), *times]
    files = {key: value for part in parts for key, value in part.files.items()}
    return Merged(dump(config), dict(sorted(files.items())), base)


def clashes(fragment: Fragment, base: Base) -> str:
    """Why the part and the base cannot stand in one configuration: a name that both have; empty if they can."""
    for field_, ours in (("receivers", fragment.receivers), ("time_intervals", fragment.time_intervals)):
        taken = {str(thing["name"]) for thing in base.config.get(field_) or ()}
        if field_ == "time_intervals":
            taken |= {str(thing["name"]) for thing in base.config.get("mute_time_intervals") or ()}
        for thing in ours:
            if thing["name"] in taken:
                return f"{field_} of the base configuration has {thing['name']} already"
    return ""


def _name(thing: Mapping[str, Any]) -> str:
    return str(thing["name"])
