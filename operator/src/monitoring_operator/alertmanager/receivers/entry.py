"""What every kind of receiver is made into, and what they have in common.

A credential's file is read whenever a notification is sent, so a rotated one takes effect without a reload, and the
configuration itself can be shown and logged.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.model import SecretSource

DIRECTORY = "/etc/alertmanager/config"
"""Where prometheus-operator mounts the configuration Secret's further keys."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to be told: the list it belongs to in a receiver, the credentials it needs by name, and how to write it.

    `config` takes what stands for each credential, by the same names: the path of the file that holds it.
    """

    section: str
    credentials: Mapping[str, SecretSource]
    config: Callable[[Mapping[str, Any]], dict[str, Any]]


def literal(text: str) -> str:
    """`text` such that Alertmanager's templates give it back unchanged and the config-reloader finds no `$(VARIABLE)` in it.

    The reloader refuses a configuration with a variable that its environment lacks: one channel would stop everybody's reloads.
    """
    return re.sub(r"\{|\$(?=\()", lambda found: f'{{{{ "{found[0]}" }}}}', text)


def bearer(credential: Any) -> dict[str, Any]:
    """The part of a configuration that sends a token with every request."""
    return {"http_config": {"authorization": {"type": "Bearer", "credentials_file": credential}}}
