"""Differences as text: what is shown of each object, and what never is."""

import base64
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import CONFIG_MAP, SECRET
from monitoring_operator.cli.changes import CHANGED, Change, of_child, of_secret

CHILD = Ref(CONFIG_MAP, "shop", "web")
ROUTES = Ref(SECRET, "monitoring", "routes")
PLANTED = "s3cr3t-planted-value"


def config_map(**fields: Any) -> dict[str, Any]:
    """A ConfigMap as the API server has it."""
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "web", "namespace": "shop", **fields}, "data": {"a": "1"}}


def routes(labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    """A configuration Secret; keys with two underscores stand for dots."""
    encoded = {k.replace("__", "."): base64.b64encode(v.encode()).decode() for k, v in data.items()}
    return {"kind": "Secret", "metadata": {"labels": labels or {"ours": "yes"}}, "data": encoded}


def test_what_the_api_server_writes_by_itself_is_no_difference() -> None:
    """Versions, times and bookkeeping change with every write; the order of keys means nothing."""
    live = config_map(resourceVersion="1", uid="u", generation=1, managedFields=[{}], creationTimestamp="t")
    applied = dict(reversed(config_map(resourceVersion="2").items()))

    assert [] == of_child(CHILD, live, applied).lines()


def test_a_difference_is_a_unified_diff() -> None:
    """It names the object on both sides and shows what goes and what comes."""
    lines = of_child(CHILD, config_map(), {**config_map(), "data": {"a": "2"}}).lines()

    assert ["--- cluster: ConfigMap shop/web", "+++ applied: ConfigMap shop/web"] == lines[:2]
    assert {"-  a: '1'", "+  a: '2'"} < set(lines)


def test_new_and_gone_objects_stand_against_nothing() -> None:
    """As diff and patch write it."""
    assert "--- /dev/null" == of_child(CHILD, None, config_map()).lines()[0]
    assert "+++ /dev/null" == of_child(CHILD, config_map(), None).lines()[1]


def test_nothing_against_nothing_is_no_difference() -> None:
    """There is nothing to show."""
    assert [] == Change(CHILD, "", "").lines()


def test_of_credentials_only_the_fact_of_a_change_is_shown() -> None:
    """Keys are shown, values never; another value is told from the same."""
    live = routes(same=PLANTED, other=PLANTED, gone=PLANTED)
    applied = routes(same=PLANTED, other=f"{PLANTED}2", new=PLANTED)
    lines = of_secret(ROUTES, live, applied).lines()

    assert {f"+  other: {CHANGED}", "-  gone: <redacted>", "+  new: <redacted>", "   same: <redacted>"} <= set(lines)
    assert PLANTED not in "\n".join(lines)


@pytest.mark.parametrize("live", [f"key: [{PLANTED}", f"{PLANTED}: {{", "\x00" + PLANTED])
def test_a_configuration_that_is_not_yaml_is_not_shown(live: str) -> None:
    """Nobody knows what in it is a credential."""
    lines = of_secret(ROUTES, routes(alertmanager__yaml=live), routes(alertmanager__yaml="route: {receiver: a}")).lines()

    assert "-  alertmanager.yaml: '<redacted>: it is not YAML'" in lines
    assert PLANTED not in "\n".join(lines)


CREDENTIALS = st.sampled_from(
    [
        "api_url",
        "routing_key",
        "service_key",
        "slack_api_url",
        "smtp_auth_password",
        "auth_secret",
        "bot_token",
        "credentials",
        "url",
        "api_key",
    ]
)


@given(name=CREDENTIALS, depth=st.integers(0, 4), in_list=st.booleans())
def test_credentials_in_a_live_configuration_are_not_shown(name: str, depth: int, in_list: bool) -> None:  # noqa: FBT001 -- drawn
    """Somebody may have written them in by hand, at any depth and under any of Alertmanager's names."""
    inner: Any = {name: PLANTED, "channel": "#a"}
    for _ in range(depth):
        inner = {"inner": [inner] if in_list else inner}
    live = routes(alertmanager__yaml=yaml.safe_dump(inner))
    lines = of_secret(ROUTES, live, routes(alertmanager__yaml="route: {receiver: a}")).lines()

    assert PLANTED not in "\n".join(lines)
    assert any(line.strip("- ") == "channel: '#a'" for line in lines)


def test_references_to_files_are_shown() -> None:
    """They are what a reader wants to compare, and no secret."""
    live, applied = (routes(alertmanager__yaml=f"receivers: [{{api_url_file: /x/{n}}}]") for n in ("a", "b"))

    assert {"-    - api_url_file: /x/a", "+    - api_url_file: /x/b"} <= set(of_secret(ROUTES, live, applied).lines())


def test_foreign_labels_of_the_secret_are_no_difference() -> None:
    """What somebody else put on it stays."""
    live = routes({"ours": "yes", "theirs": "too"}, a="1")

    assert [] == of_secret(ROUTES, live, routes(a="1")).lines()
    assert [] != of_secret(ROUTES, routes({"theirs": "too"}, a="1"), routes(a="1")).lines()
