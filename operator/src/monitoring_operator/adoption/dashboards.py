"""Dashboards that would collide: Grafana then gives up writing for everything that the same sidecar provides.

A uid that is there twice, or a title twice in one folder, costs the whole provider its write permission, every other
dashboard included (https://github.com/grafana/grafana/issues/39467). So whoever comes second must not be written.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from monitoring_operator.adoption.pages import NotAsExpected
from monitoring_operator.api.facts import Fact, Verdict
from monitoring_operator.api.manifest import Manifest, Ref
from monitoring_operator.api.names import Condition, Reason
from monitoring_operator.api.resources import CONFIG_MAP

Object = Mapping[str, Any]

FOLDER_ANNOTATIONS = ("grafana_folder", "k8s-sidecar-target-directory")
"""What sidecars read a dashboard's folder from."""


LONGEST_END = 1000
_STRING = r'"(?:\\.|[^"\\])*+"'
_NAMES = re.compile(rf'"title":(?P<title>{_STRING}),"uid":(?P<uid>{_STRING}),"version":\d++\}}\Z')
"""The end of a dashboard as we draw it, minified and with sorted keys: what is there belongs to the dashboard itself."""

SEARCH = "/api/search?type=dash-db&limit=5000"
"""One query for all dashboards of a Grafana (https://grafana.com/docs/grafana/latest/developers/http_api/folder_dashboard_search/)."""


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard: where it is, and by what Grafana tells dashboards apart."""

    ref: Ref
    uid: str
    title: str
    folder: str


def board_of(manifest: Manifest) -> Board | None:
    """The dashboard in a ConfigMap of ours; None if it holds none."""
    return next(iter(boards_in(manifest.body)), None)


def boards_in(config_map: Object) -> list[Board]:
    """The dashboards in any ConfigMap (as JSON); what is not a dashboard is passed over, as Grafana does."""
    metadata = config_map["metadata"]
    ref = Ref(CONFIG_MAP, metadata["namespace"], metadata["name"])
    annotations = metadata.get("annotations") or {}
    folder = next((annotations[a] for a in FOLDER_ANNOTATIONS if a in annotations), "")
    found = []
    for key, text in sorted((config_map.get("data") or {}).items()):
        if not key.endswith(".json"):
            continue
        named = _NAMES.search(text, max(0, len(text) - LONGEST_END))
        if named is not None:
            found.append(Board(ref, from_json(named["uid"]), from_json(named["title"]), folder))
            continue
        try:
            model = from_json(text)
        except ValueError:
            continue
        if isinstance(model, dict) and isinstance(model.get("title"), str):
            found.append(Board(ref, str(model.get("uid") or ""), model["title"], folder))
    return found


def collision(board: Board, others: Iterable[Board]) -> str:
    """Which of `others` stands in the way of `board`, as the end of a sentence; empty if none does."""
    for other in others:
        if other.ref == board.ref:
            continue
        if board.uid and board.uid == other.uid:
            return f"its dashboard has the uid {board.uid}, which the one in {other.ref} has already"
        if (board.title, board.folder) == (other.title, other.folder):
            where = f"folder {board.folder}" if board.folder else "the same folder"
            return f"its dashboard has the title {board.title!r}, which the one in {other.ref} has already in {where}"
    return ""


def uids(body: bytes) -> frozenset[str]:
    """The uids in an answer to `SEARCH`. Raises NotAsExpected."""
    try:
        return frozenset(str(found["uid"]) for found in from_json(body))
    except (ValueError, TypeError, KeyError) as error:
        raise NotAsExpected("not a list of Grafana's dashboards") from error


@dataclass(frozen=True, slots=True)
class Shown:
    """What a Grafana said of its dashboards; `uids` is None where it said nothing, and `failure` then says why."""

    uids: frozenset[str] | None
    failure: str = ""


def judge(boards: Sequence[Board], unwritten: Mapping[Ref, tuple[str, str]], grafana: Shown | None, *, overdue: bool) -> Fact | None:
    """The fact `DashboardsApplied`; None for a profile without dashboards.

    `unwritten` gives reason and words for those that are not in the cluster; `grafana` is None where none is to be asked.
    """
    if not boards:
        return None
    if unwritten:
        ref, (reason, why) = min(unwritten.items())
        return _fact("False", reason, f"{ref} is not written: {why}.")
    if grafana is None:
        return _fact("True", Reason.DASHBOARDS_APPLIED, f"{len(boards)} dashboards are there for Grafana's sidecar.")
    if grafana.uids is None:
        return _fact("Unknown", Reason.GRAFANA_UNREACHABLE, f"Grafana does not answer ({grafana.failure}).")
    missing = [b.title for b in boards if b.uid not in grafana.uids]
    return _missing(missing[0], overdue=overdue) if missing else _all(boards)


def _all(boards: Sequence[Board]) -> Fact:
    return _fact("True", Reason.DASHBOARDS_APPLIED, f"Grafana has all {len(boards)} dashboards.")


def _missing(title: str, *, overdue: bool) -> Fact:
    if not overdue:
        return _fact("Unknown", Reason.PENDING, f"Grafana has yet to load the dashboard {title!r}.")
    return _fact(
        "False",
        Reason.DASHBOARDS_MISSING,
        f"Grafana has no dashboard {title!r}; its sidecar must look for spec.dashboards.labels in the ConfigMap's namespace.",
    )


def _fact(status: Verdict, reason: str, message: str) -> Fact:
    return Fact(Condition.DASHBOARDS_APPLIED, status, reason, message)
