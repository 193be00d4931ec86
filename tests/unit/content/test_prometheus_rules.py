"""The PrometheusRules as objects: which there are, what they carry, and that the same profile gives the same bytes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.content.profiles import NAME, NAMESPACE, profile
from monitoring_operator.api.profile import Profile
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules

TESTS = Path(__file__).parents[2]
EXTRA = [
    {
        "alert": "NightlyExportMissing",
        "expr": "absent(x)",
        "for": "10m",
        "severity": "warning",
        "summary": "No export.",
        "labels": {"a": "b"},
    },
    {
        "alert": "Q",
        "expr": "q > 1",
        "keepFiringFor": "3m",
        "severity": "info",
        "summary": "Q.",
        "annotations": {"runbook_url": "https://q"},
    },
]


def rules_of(made: Profile, inputs: Inputs | None = None) -> dict[str, list[dict[str, Any]]]:
    """Rendered rules by the name of their object."""
    manifests = render_prometheus_rules(made, inputs or Inputs())
    return {m.ref.name: [rule for group in m.body["spec"]["groups"] for rule in group["rules"]] for m in manifests}


def test_the_users_own_rules_are_apart() -> None:
    """What prometheus-operator refuses of the user's rules does not take the catalogue's alerts down."""
    rules = rules_of(profile(alerts={"extra": EXTRA}))

    assert {f"{NAME}-alerts", f"{NAME}-extra"} == rules.keys()
    assert ["NightlyExportMissing", "Q"] == [rule["alert"] for rule in rules[f"{NAME}-extra"]]


def test_no_alerts_no_objects() -> None:
    """Switched off means absent, not empty."""
    assert {} == rules_of(profile(alerts={"enabled": False, "extra": EXTRA}))
    off = {name: {"enabled": False} for name in ("ServiceDown", "InstanceDown", "InstrumentationMissing", "HttpHighServerErrorRate")}
    assert {f"{NAME}-extra"} == rules_of(profile(packs=["http"], alerts={"rules": off, "extra": EXTRA})).keys()


def test_every_alert_carries_what_routes_and_people_need() -> None:
    """namespace, profile, severity and signal fence the routes; summary, description and links tell what to do."""
    for rule in rules_of(profile(alerts={"labels": {"team": "analytics"}}))[f"{NAME}-alerts"]:
        assert {"team", "namespace", "profile", "severity", "signal"} == rule["labels"].keys()
        assert (NAMESPACE, NAME, "analytics") == tuple(rule["labels"][k] for k in ("namespace", "profile", "team"))
        assert {"summary", "description", "runbook_url", "dashboard_url"} == rule["annotations"].keys()


def test_an_extra_alert_is_labelled_like_the_others() -> None:
    """Its signal is its own name, so that only a critical of the same name mutes it; its own annotations win."""
    first, second = rules_of(profile(alerts={"extra": EXTRA}), Inputs(runbook_base_url="https://r/"))[f"{NAME}-extra"]

    assert {"a": "b", "namespace": NAMESPACE, "profile": NAME, "severity": "warning", "signal": "NightlyExportMissing"} == first["labels"]
    assert "https://r/NightlyExportMissing" == first["annotations"]["runbook_url"]
    assert "https://q" == second["annotations"]["runbook_url"]
    assert ("10m", None, None, "3m") == (first.get("for"), first.get("keep_firing_for"), second.get("for"), second.get("keep_firing_for"))


def test_runbooks_of_the_profile() -> None:
    """`runbookBaseUrl` is what the alert's name is appended to, with or without a slash at its end."""
    for base in ("https://r.example.com/x", "https://r.example.com/x/"):
        rule = rules_of(profile(alerts={"runbookBaseUrl": base}))[f"{NAME}-alerts"][0]
        assert "https://r.example.com/x/ServiceDown" == rule["annotations"]["runbook_url"]


def test_links_lead_to_a_dashboard_that_is_there() -> None:
    """Where the best dashboard is left out the first one is linked, and none where there is none."""
    some = rules_of(profile(dashboards={"include": ["database-health"]}))[f"{NAME}-alerts"]
    uids = {rule["annotations"]["dashboard_url"].split("/d/")[1].split("?")[0] for rule in some}
    assert 1 == len(uids)

    none = rules_of(profile(dashboards={"enabled": False}))[f"{NAME}-alerts"]
    assert not any("dashboard_url" in rule["annotations"] for rule in none)


def test_odd_names_are_escaped() -> None:
    """A namespace from a file may be anything; it stays a string in PromQL and in links."""
    made = profile(namespace='a"b\\<<x>>', name="n")
    rule = rules_of(made)["n-alerts"][0]

    assert 'namespace="a\\"b\\\\<<x>>"' in rule["expr"]
    assert "var-namespace=a%22b%5C%3C%3Cx%3E%3E&" in rule["annotations"]["dashboard_url"]


def test_selection_labels() -> None:
    """The profile's own labels for Prometheus win over what was gathered."""
    gathered = Inputs(prometheus_labels={"release": "kps"})

    assert "kps" == render_prometheus_rules(profile(), gathered)[0].body["metadata"]["labels"]["release"]
    own = render_prometheus_rules(profile(prometheus={"labels": {"team": "a"}}), gathered)[0].body["metadata"]["labels"]
    assert ("a", None) == (own["team"], own.get("release"))


_RENDER = """
import json
from harness.content.profiles import EVERYTHING_CHANGED, profile
from monitoring_operator.render.dashboards import render_dashboards
from monitoring_operator.render.inputs import Inputs
from monitoring_operator.render.prometheus_rules import render_prometheus_rules
p = profile(**EVERYTHING_CHANGED)
print(json.dumps([m.body for m in (*render_prometheus_rules(p, Inputs()), *render_dashboards(p, Inputs()))]))
"""


def test_the_same_profile_gives_the_same_bytes() -> None:
    """Rules and dashboards do not depend on the hash seed."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _RENDER],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(TESTS)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }

    assert 1 == len(outputs)
    assert len(outputs.pop()) > 100_000
