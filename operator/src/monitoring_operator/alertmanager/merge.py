"""All profiles' parts as the one file that Alertmanager reads, byte for byte the same in whatever order they came."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from monitoring_operator.alertmanager.document import dump
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.inhibition import inhibit_rules

NOBODY = "null"
"""Name of the receiver that tells nobody: where alerts end that no profile has a route for."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A whole configuration: `config` is alertmanager.yaml without any credential, `files` the credentials by key of the Secret."""

    config: str
    files: Mapping[str, str] = field(repr=False)


def merge(fragments: Iterable[Fragment]) -> Merged:
    """The configuration of all `fragments`, of which there may be none. Raises ValueError if a profile occurs twice."""
    parts = sorted(fragments, key=lambda f: (f.namespace, f.profile))
    for one, other in itertools.pairwise(parts):
        if (one.namespace, one.profile) == (other.namespace, other.profile):
            raise ValueError(f"two parts for profile {one.namespace}/{one.profile}")
    config = {
        "route": {"receiver": NOBODY, "routes": [part.route for part in parts]},
        "inhibit_rules": inhibit_rules(),
        "receivers": [{"name": NOBODY}, *sorted((r for part in parts for r in part.receivers), key=lambda r: str(r["name"]))],
    }
    files = {key: value for part in parts for key, value in part.files.items()}
    return Merged(dump(config), dict(sorted(files.items())))
