"""Runbooks are there for every alert, and what they tell people to do can be done."""

import re
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from harness.content.profiles import profile
from harness.content.promql import parsed, selectors, unknown
from harness.content.runbooks import FOLDER, Runbook, all_runbooks
from monitoring_operator.api.profile import ProfileSpec
from monitoring_operator.content import ALERT_NAMES, catalogue
from monitoring_operator.content.effective import effective
from monitoring_operator.content.links import runbook_url
from monitoring_operator.render.inputs import DEFAULT_RUNBOOK_BASE_URL

SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Tune"]
PROGRAMS = {"kubectl", "curl"}
KUBECTL_VERBS = {"get", "describe", "logs", "delete", "rollout", "scale", "set", "top", "port-forward"}

each = pytest.mark.parametrize("runbook", all_runbooks(), ids=lambda r: r.alert)


def test_one_for_every_alert() -> None:
    """No alert without its page, no page without its alert."""
    assert sorted(ALERT_NAMES) == [runbook.alert for runbook in all_runbooks()]


@each
def test_sections(runbook: Runbook) -> None:
    """Each page answers the same questions in the same order, under the alert's name."""
    assert runbook.alert == runbook.title()
    assert SECTIONS == list(runbook.sections())
    assert all(len(text) > 20 for text in runbook.sections().values())


@each
def test_promql_runs(runbook: Runbook) -> None:
    """Every query parses and names only what is exposed; pasted as it is, it tells services apart."""
    queries = list(runbook.blocks("promql"))

    assert queries
    for query in queries:
        parsed(query)
        assert [] == list(unknown(query))
        bare = re.fullmatch(r"[a-z_]+ == 0|min_over_time\(.*\)", query)
        assert bare or "by (namespace, job" in query


@each
def test_queries_look_at_what_the_alert_watches(runbook: Runbook) -> None:
    """At least one query asks for a metric of the alert's own expression."""
    alert = next(e for e in effective(profile()) if e.alert.name == runbook.alert)
    watched = {selector.metric for selector in selectors(alert.expr)}
    asked = {selector.metric for query in runbook.blocks("promql") for selector in selectors(query)}

    assert watched & asked or runbook.alert == "InstrumentationMissing"


@each
def test_commands_are_whole(runbook: Runbook) -> None:
    """Commands are kubectl's and curl's, with the namespace said; placeholders are in capitals."""
    assert runbook.languages() <= {"promql", "console"}
    for block in runbook.blocks("console"):
        for line in block.splitlines():
            program, *arguments = line.split()
            assert program in PROGRAMS
            if program == "kubectl":
                assert ["-n", "NAMESPACE"] == arguments[:2]
                assert arguments[2] in KUBECTL_VERBS


@each
def test_mitigation_names_something_to_do(runbook: Runbook) -> None:
    """Not only what might be wrong, but what to change: a field of the profile, a command, or the page that has them."""
    mitigation = runbook.sections()["Mitigation"]

    assert "`spec." in mitigation or "kubectl" in mitigation or ".md)" in mitigation


@each
def test_links_resolve(runbook: Runbook) -> None:
    """Links lead to pages that are there; outside there is only Google's status page."""
    for link in runbook.links():
        if link.startswith("http"):
            assert link == "https://status.cloud.google.com"
        else:
            assert (FOLDER / link).is_file()


@each
def test_fields_exist(runbook: Runbook) -> None:
    """Every field of the profile that is named is one."""
    for field in sorted(runbook.fields()):
        assert _exists(ProfileSpec, field.split(".")[1:]), field


@each
def test_tune_names_what_can_be_tuned(runbook: Runbook) -> None:
    """All settings of the alert are named, and none that it does not have."""
    alert = catalogue.alerts()[runbook.alert]
    figures = {"threshold": alert.threshold, "minEvents": alert.min_events, "scope": alert.scope}
    settings = {"for", "severity", "enabled"} | {name for name, default in figures.items() if default is not None}
    prefix = f"spec.alerts.rules.{runbook.alert}."
    named = {field.removeprefix(prefix) for field in runbook.fields() if field.startswith(prefix)}

    assert settings == named


@each
def test_default_links_lead_here(runbook: Runbook) -> None:
    """An alert's default runbook_url ends in the page's name."""
    assert f"{DEFAULT_RUNBOOK_BASE_URL}/{runbook.path.stem}" == runbook_url(profile(), DEFAULT_RUNBOOK_BASE_URL, runbook.alert)


def _exists(model: Any, path: list[str]) -> bool:
    """Whether the camelCase `path` leads to a field below `model`."""
    if not path:
        return True
    field = next((f for name, f in model.model_fields.items() if path[0] == (f.alias or name)), None)
    if field is None:
        return False
    models = list(_models(field.annotation))
    if not models:
        return len(path) == 1
    # A mapping's key is the user's own word.
    rest = path[2:] if "dict" in str(field.annotation) else path[1:]
    return any(_exists(inner, rest) for inner in models)


def _models(annotation: Any) -> list[Any]:
    """The models within a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
