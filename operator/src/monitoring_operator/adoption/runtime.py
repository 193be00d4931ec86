"""Which configuration a Prometheus runs, told in a few hundred bytes: as long as it is the same one, so are the loaded rules.

API: https://prometheus.io/docs/prometheus/latest/querying/api/#runtime-information
"""

import json
from dataclasses import dataclass

from monitoring_operator.adoption.pages import NotAsExpected

PATH = "/api/v1/status/runtimeinfo"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration by the process that runs it, and by when it was read (to the second); both as Prometheus writes them."""

    process: str
    read: str


def parse(body: bytes) -> Configuration | None:
    """The configuration that runs; None where the last one was refused, and may have been taken up in part. Raises NotAsExpected."""
    try:
        data = json.loads(body)["data"]
        found = Configuration(data["startTime"], data["lastConfigTime"])
        refused = data["reloadConfigSuccess"] is not True
    except (ValueError, KeyError, TypeError) as error:
        raise NotAsExpected("not runtime information of Prometheus' HTTP API") from error
    return None if refused else found
