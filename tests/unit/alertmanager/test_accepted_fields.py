"""Every field is one that those who read it accept: one that they do not would stop everybody's changes."""

from typing import Any

import pytest
from hypothesis import given

from harness.notifications import sets_of_parts
from monitoring_operator.alertmanager.accepted import ANY_READERS, Readers, refused
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import merge

ROOT = "alertmanagerConfig"
OLD_ALERTMANAGER = Readers(alertmanager=(0, 27))


def _paths(config: dict[str, Any], readers: Readers = ANY_READERS) -> list[str]:
    return [path for path, _ in refused(config, ROOT, "", readers)]


@given(sets_of_parts())
def test_prometheus_operator_accepts_every_field(fragments: list[Fragment]) -> None:
    """Of all kinds of receivers, with and without their credentials; an old Alertmanager all but Teams' workflows."""
    config = load(merge(fragments).config)
    assert _paths(config) == []
    assert all("msteamsv2_configs" in path for path in _paths(config, OLD_ALERTMANAGER))


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"inhibit_rules": [{"name": "x"}]}, ".inhibit_rules[0].name"),
        ({"route": {"routes": [{"labels": {}}]}}, ".route.routes[0].labels"),
        ({"receivers": [{"name": "x", "labels": {}}]}, ".receivers[0].labels"),
        ({"receivers": [{"name": "x", "slack_configs": [{"app_token_file": "x"}]}]}, ".receivers[0].slack_configs[0].app_token_file"),
        (
            {"receivers": [{"slack_configs": [{"http_config": {"tls_config": {"ca": "x"}}}]}]},
            ".receivers[0].slack_configs[0].http_config.tls_config.ca",
        ),
        ({"receivers": [{"discord_configs": [{"webhook_url_file": "x"}]}]}, ".receivers[0].discord_configs[0].webhook_url_file"),
        ({"receivers": [{"msteams_configs": [{"webhook_url_file": "x"}]}]}, ".receivers[0].msteams_configs[0].webhook_url_file"),
        ({"receivers": "none"}, ".receivers"),
        ({"tracing": {}}, ".tracing"),
    ],
)
def test_what_newer_versions_know_is_refused(config: dict[str, Any], path: str) -> None:
    """Fields that Alertmanager has had for a while and prometheus-operator 0.85 has not, and what is no mapping where one is read."""
    assert _paths(config) == [path]


def test_who_reads_decides() -> None:
    """A newer prometheus-operator accepts more; what one of the two lacks is said with both versions."""
    token = {"receivers": [{"slack_configs": [{"app_token_file": "x"}]}]}
    newer = Readers((0, 88), (0, 30))
    assert _paths(token, newer) == []
    assert list(refused(token, ROOT, "", Readers((0, 88), (0, 28)))) == [
        (".receivers[0].slack_configs[0].app_token_file", "needs Alertmanager 0.30; 0.28 is there")
    ]
    assert list(refused(token, ROOT, "", Readers((0, 87), (0, 30)))) == [
        (".receivers[0].slack_configs[0].app_token_file", "needs prometheus-operator 0.88; 0.87 is there")
    ]
    teams: dict[str, Any] = {"receivers": [{"msteamsv2_configs": []}]}
    assert list(refused(teams, ROOT, "", OLD_ALERTMANAGER)) == [
        (".receivers[0].msteamsv2_configs", "needs Alertmanager 0.28; 0.27 is there")
    ]
