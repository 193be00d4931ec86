"""Every field is one that the oldest supported prometheus-operator accepts: one that it does not would stop everybody's changes."""

from typing import Any

import pytest
from hypothesis import given

from harness.notifications import sets_of_parts
from monitoring_operator.alertmanager.accepted import refused
from monitoring_operator.alertmanager.document import load
from monitoring_operator.alertmanager.fragment import Fragment
from monitoring_operator.alertmanager.merge import merge


@given(sets_of_parts())
def test_prometheus_operator_accepts_every_field(fragments: list[Fragment]) -> None:
    """Of all kinds of receivers, with and without their credentials."""
    assert list(refused(load(merge(fragments).config), "config", "")) == []


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"inhibit_rules": [{"name": "x"}]}, ".inhibit_rules[0].name"),
        ({"route": {"routes": [{"labels": {}}]}}, ".route.routes[0].labels"),
        ({"receivers": [{"name": "x", "labels": {}}]}, ".receivers[0].labels"),
        ({"receivers": [{"name": "x", "slack_configs": [{"app_token_file": "x"}]}]}, ".receivers[0].slack_configs[0].app_token_file"),
        (
            {"receivers": [{"slack_configs": [{"http_config": {"tls_config": {}}}]}]},
            ".receivers[0].slack_configs[0].http_config.tls_config",
        ),
        ({"tracing": {}}, ".tracing"),
    ],
)
def test_what_newer_versions_know_is_refused(config: dict[str, Any], path: str) -> None:
    """Fields that Alertmanager has had for a while and prometheus-operator 0.85 has not, and structs that we have no list of."""
    assert list(refused(config, "config", "")) == [path]
