"""What a local stack is made of: the children of profiles and what they tell whom, as the operator would write them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from monitoring_operator.alertmanager.credentials import wanted
from monitoring_operator.alertmanager.fragment import fragment
from monitoring_operator.alertmanager.merge import Merged, merge
from monitoring_operator.api.profile import Profile
from monitoring_operator.api.resources import CONFIG_MAP, PROMETHEUS_RULE, SERVICE_MONITOR
from monitoring_operator.render import Inputs, render
from monitoring_operator.render.dashboards import FOLDER_ANNOTATION
from monitoring_operator.stack import scraping

Body = Mapping[str, Any]
"""A Kubernetes object as JSON."""

PLACEHOLDER = "replace-me"
"""What stands in the place of a credential until somebody gives it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Children by what takes them up: ServiceMonitors and PrometheusRules by Prometheus, dashboards by Grafana."""

    monitors: tuple[Body, ...]
    rules: tuple[Body, ...]
    dashboards: Mapping[PurePosixPath, str]
    notifications: Merged


def of_profiles(profiles: Iterable[tuple[Profile, Inputs]]) -> Parts:
    """The parts of `profiles`, each with what rendering knows besides, whichever Alertmanager they name: on one machine there is one.

    Credentials are placeholders. Raises InvalidProfile for what no object can hold.
    """
    given = tuple(profiles)
    fragments = (fragment(profile, dict.fromkeys(wanted(profile), PLACEHOLDER)) for profile, _ in given)
    bodies = [manifest.body for profile, inputs in given for manifest in render(profile, inputs)]
    return of_children(bodies, merge(part for part in fragments if part is not None))


def of_children(bodies: Iterable[Body], notifications: Merged) -> Parts:
    """The parts that objects as the cluster has them are, with the configuration of their Alertmanager."""
    given = tuple(bodies)
    return Parts(
        monitors=tuple(b for b in given if b["kind"] == SERVICE_MONITOR.kind),
        rules=tuple(b for b in given if b["kind"] == PROMETHEUS_RULE.kind),
        dashboards=dict(_dashboards(b for b in given if b["kind"] == CONFIG_MAP.kind)),
        notifications=notifications,
    )


def applications(parts: Parts) -> tuple[str, ...]:
    """The applications that are scraped, as NAMESPACE/NAME, in order."""
    return tuple(sorted(map(scraping.identity, parts.monitors)))


def credentials(parts: Parts) -> Iterator[PurePosixPath]:
    """The files that hold one credential each, below a folder of secrets: `alertmanager/...` and `prometheus/...`."""
    yield from (PurePosixPath("alertmanager", key) for key in parts.notifications.files)
    names = map(scraping.credential, parts.monitors)
    yield from (PurePosixPath("prometheus", name) for name in names if name is not None)


def _dashboards(config_maps: Iterable[Body]) -> Iterator[tuple[PurePosixPath, str]]:
    """Each dashboard's JSON by its path: Grafana makes a folder of each directory, and of no directory below one."""
    for body in config_maps:
        folder = (body["metadata"].get("annotations") or {}).get(FOLDER_ANNOTATION, "")
        for key, text in (body.get("data") or {}).items():
            if key.endswith(".json"):
                yield PurePosixPath(folder.replace("/", "-").strip(". "), key), text
