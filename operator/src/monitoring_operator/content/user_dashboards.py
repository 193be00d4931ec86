"""Dashboards of the user's own as one profile's: found in what the cluster or files hold, and given a uid and a title anew.

Two dashboards with one uid, or with one title in a folder, make Grafana stop saving every dashboard that comes from files.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_operator.api.manifest import digest
from monitoring_operator.api.profile import Problem, Profile
from monitoring_operator.content import links
from monitoring_operator.content.dashboard_check import Unusable, read
from monitoring_operator.content.dashboards import DASHBOARDS
from monitoring_operator.content.grafana import Json
from monitoring_operator.content.selection import dashboard_names

Source = tuple[str, str]
"""A ConfigMap's name and its key."""

SIZE_LIMIT = 1024 * 1024
_LONGEST_STEM = 40


@dataclass(frozen=True, slots=True)
class Taken:
    """The dashboards that can be delivered, as JSON; those whose ConfigMap or key is missing; and what is wrong with the rest."""

    texts: Mapping[Source, str]
    missing: tuple[Problem, ...] = ()
    unusable: tuple[Problem, ...] = ()


def sources(profile: Profile) -> tuple[Source, ...]:
    """What the profile refers to, in its order; nothing if dashboards are switched off."""
    wanted = profile.spec.dashboards
    refs = (extra.config_map_key_ref for extra in wanted.extra)
    return tuple((ref.name, ref.key) for ref in refs) if wanted.enabled else ()


def take(profile: Profile, texts: Mapping[Source, str]) -> Taken:
    """The profile's own dashboards out of `texts`, the contents of ConfigMaps in its namespace."""
    owner = f"{profile.namespace}/{profile.name}"
    missing, unusable = [], []
    parsed: dict[Source, dict[str, Any]] = {}
    titles = {DASHBOARDS[name].title: f"the catalogue's {name}" for name in dashboard_names(profile)}
    for index, source in enumerate(sources(profile)):
        path = f"spec.dashboards.extra[{index}]"
        text = texts.get(source)
        if text is None:
            missing.append(Problem(path, f"there is no ConfigMap {source[0]} with the key {source[1]}"))
            continue
        try:
            dashboard = read(text)
        except Unusable as error:
            unusable += [Problem(path, problem) for problem in error.problems]
            continue
        title = dashboard["title"].strip()
        if title in titles:
            unusable.append(Problem(path, f"its title {title!r} is that of {titles[title]}"))
            continue
        titles[title] = path
        parsed[source] = dashboard
    uids = {str(d["uid"]): uid(profile, source) for source, d in parsed.items() if d.get("uid")}
    adopted = {source: _adopt(dashboard, uid(profile, source), owner, uids) for source, dashboard in parsed.items()}
    for index, source in enumerate(sources(profile)):
        if len(adopted.get(source, "")) > SIZE_LIMIT:
            message = f"has {len(adopted.pop(source))} bytes; a ConfigMap holds {SIZE_LIMIT}"
            unusable.append(Problem(f"spec.dashboards.extra[{index}]", message))
    return Taken(adopted, tuple(missing), tuple(unusable))


def uid(profile: Profile, source: Source) -> str:
    """Grafana's uid of a dashboard from `source`: it stays whatever becomes of the list that names it."""
    return links.dashboard_uid(profile, f"extra/{source[0]}/{source[1]}")


def slot(source: Source) -> str:
    """What distinguishes the ConfigMap of a dashboard from `source`: readable, and another one for every source."""
    stem = re.sub(r"[^a-z0-9]+", "-", source[1].lower().removesuffix(".json")).strip("-")[:_LONGEST_STEM].strip("-")
    return "-".join(part for part in ("extra", stem, digest(list(source))[:8]) if part)


def _adopt(dashboard: Json, new: str, owner: str, uids: Mapping[str, str]) -> str:
    """The dashboard as this profile's, as minified JSON with sorted keys; links to its siblings follow their new uids."""
    given = dashboard.get("tags")
    tags = given if isinstance(given, list) else []
    rest = {k: _relinked(v, uids) for k, v in dashboard.items() if not k.startswith("__")}
    ours = {
        "id": None,
        "tags": list(dict.fromkeys([*map(str, tags), "monitoring-operator", owner])),
        "title": f"{dashboard['title'].strip()} ({owner})",
        "uid": new,
    }
    return json.dumps({**rest, **ours}, sort_keys=True, separators=(",", ":"))


def _relinked(value: Any, uids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {k: _relinked_url(v, uids) if k == "url" and isinstance(v, str) else _relinked(v, uids) for k, v in value.items()}
    return [_relinked(item, uids) for item in value] if isinstance(value, list) else value


def _relinked_url(url: str, uids: Mapping[str, str]) -> str:
    return re.sub(r"(?<=/d/)[^/?#]+", lambda found: uids.get(found[0], found[0]), url)
