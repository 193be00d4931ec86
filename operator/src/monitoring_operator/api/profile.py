"""The MonitoringProfile as a whole, and the way from the cluster's JSON to it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from monitoring_operator.api.alerts import Alerts
from monitoring_operator.api.dashboards import Dashboards, Sentry
from monitoring_operator.api.model import IN_WORDS, Model, SecretSource, Unique
from monitoring_operator.api.notifications import Notifications
from monitoring_operator.api.scrape import Prometheus, Scrape

Pack = Literal["ga4", "vector-search", "sse", "http", "database", "system"]
PACKS: tuple[Pack, ...] = ("ga4", "vector-search", "sse", "http", "database", "system")

LONGEST_QUOTE = 200
"""Characters of a bad value that a message repeats."""

NAME_LIMIT = 63
"""Longest name of a profile: it becomes the value of a label."""

NOT_A_FIELD = "is not a field of a MonitoringProfile"
"""The message of a Problem with an unknown field."""


class ProfileSpec(Model):
    """What is wanted for one application. Only scrape is required."""

    scrape: Scrape
    """What to scrape: becomes one ServiceMonitor."""
    prometheus: Prometheus = Prometheus()
    """How the cluster's Prometheus finds what the operator writes."""
    packs: Annotated[tuple[Pack, ...], Field(min_length=1, max_length=6), Unique()] = PACKS
    """Which alerts and dashboards apply: the subjects that the application is about. Default: all."""
    alerts: Alerts = Alerts()
    """What to alert on: becomes PrometheusRules. Default: the catalogue of the packs."""
    notifications: Notifications | None = None
    """Who is told: becomes a part of the Alertmanager's configuration Secret. Default: nobody."""
    dashboards: Dashboards = Dashboards()
    """What to look at: becomes ConfigMaps. Default: the dashboards of the packs."""
    sentry: Sentry | None = None
    """Error tracking: becomes a ConfigMap with the environment that app_metrics reads. Default: none."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a profile: where (`spec.scrape.port`) and what, in words for its author."""

    path: str
    message: str
    line: int = field(default=0, compare=False)
    """Where the field's text has several lines: the one that is meant, from 1; 0 where that is not known."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidProfile(Exception):
    """A profile that cannot be taken as it is; `problems` names every bad field."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A valid profile: its identity and its spec. Equal to itself alone, so that what is derived from it can be remembered by it."""

    namespace: str
    name: str
    uid: str
    generation: int
    spec: ProfileSpec


def parse(body: Mapping[str, Any], *, strict: bool = False) -> Profile:
    """The profile in `body`, a MonitoringProfile as JSON.

    `strict` also refuses unknown fields, which a cluster's objects may have when the CRD is newer than we are.
    Raises InvalidProfile with every problem found.
    """
    metadata = body.get("metadata") or {}
    name = metadata.get("name", "")
    problems = []
    if not name:
        problems.append(Problem("metadata.name", "is required"))
    elif len(name) > NAME_LIMIT:
        problems.append(Problem("metadata.name", f"is {len(name)} characters long; at most {NAME_LIMIT} fit into a label"))
    try:
        # Strict types through JSON: what the API server would refuse ("5" for 5) is refused here too.
        spec = ProfileSpec.model_validate_json(json.dumps(body.get("spec") or {}), strict=True, extra="forbid" if strict else "ignore")
    except ValidationError as error:
        problems += [Problem(_path(e["loc"]), _message(e)) for e in error.errors(include_url=False) if not _follows(e)]
    if problems:
        raise InvalidProfile(tuple(sorted(problems)))
    return Profile(metadata.get("namespace") or "default", name, metadata.get("uid", ""), metadata.get("generation", 1), spec)


def _path(location: tuple[int | str, ...]) -> str:
    path = "spec"
    for part in location:
        if part == "[key]":
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path


def _follows(error: Any) -> bool:
    """Whether a list is called too short only because pydantic leaves out the items that it has found fault with."""
    return bool(error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"])


def _in_plain_words(message: str) -> str:
    """A message of pydantic's without the names of Python's types."""
    message = message.replace("Input should be", "must be").removesuffix(" after validation, not 0")
    return re.sub(r"^(Tuple|Dictionary|String|List) should", "must", message)


def _message(error: Any) -> str:
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return NOT_A_FIELD
        case "rule":
            return str(error["msg"])
        # Not quoted: what stands in the place of a reference to a Secret may well be the secret.
        case "model_type" if error["ctx"]["class_name"] == SecretSource.__name__:
            return "must be a reference, {secretKeyRef: {name: SECRET, key: KEY}}; credentials never stand in a profile"
        case "model_type" | "dict_type":
            return "must be a mapping of fields"
        case "string_type" if error["loc"][-2:] == ("scrape", "port"):
            message = "must be the NAME of a port of the Service, such as http"
        case "string_type":
            message = "must be text"
        case "string_pattern_mismatch":
            message = IN_WORDS.get(error["ctx"]["pattern"], f"must match {error['ctx']['pattern']}")
        case _:
            message = _in_plain_words(str(error["msg"]))
    shown = error.get("input")
    short = isinstance(shown, (str, int, float, bool)) and len(str(shown)) <= LONGEST_QUOTE
    # Whoever mistakes the place of a credential types it somewhere in here.
    secret = "secretKeyRef" in error["loc"] or error["loc"][:1] in (("notifications",), ("sentry",))
    return f"{message}, not {shown!r}" if short and not (secret and isinstance(shown, str)) else message
