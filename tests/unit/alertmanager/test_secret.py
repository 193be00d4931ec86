"""The Secret: what it looks like, whose it is, and what is not read back from it."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.notifications import pagerduty, part, slack
from monitoring_operator.alertmanager.matchers import fence
from monitoring_operator.alertmanager.merge import Merged, merge
from monitoring_operator.alertmanager.secret import is_ours, previous, render_secret
from monitoring_operator.alertmanager.target import Target
from monitoring_operator.alertmanager.validate import problems

TARGET = Target("monitoring", "main", "alertmanager-main")
FENCE = fence("analytics", "ga4")


def _body(merged: Merged) -> dict[str, Any]:
    return render_secret(TARGET, merged).body


def _holding(config: str | bytes) -> dict[str, Any]:
    raw = config.encode() if isinstance(config, str) else config
    return {"data": {"alertmanager.yaml": base64.b64encode(raw).decode()}}


def test_the_whole_secret() -> None:
    """Named as the Alertmanager reads it, labelled as ours, the configuration beside its credentials."""
    merged = merge([part(critical=[pagerduty()])])
    assert _body(merged) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "alertmanager-main",
            "namespace": "monitoring",
            "labels": {
                "app.kubernetes.io/managed-by": "monitoring-operator",
                "monitoring-operator.dev/role": "child",
                "monitoring-operator.dev/alertmanager": "main",
            },
        },
        "type": "Opaque",
        "data": {
            "alertmanager.yaml": base64.b64encode(merged.config.encode()).decode(),
            "analytics.ga4.critical.0.routing_key": base64.b64encode(b"value-of-pagerduty").decode(),
        },
    }


@pytest.mark.parametrize(
    ("metadata", "ours"),
    [
        ({"labels": {"app.kubernetes.io/managed-by": "monitoring-operator"}}, True),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, False),
        ({"labels": {}}, False),
        ({}, False),
        (
            {
                "labels": {"app.kubernetes.io/managed-by": "monitoring-operator"},
                "annotations": {"meta.helm.sh/release-name": "kube-prometheus-stack"},
            },
            False,
        ),
    ],
)
def test_only_a_secret_with_our_label_is_ours(metadata: dict[str, Any], ours: bool) -> None:  # noqa: FBT001 -- a table
    """What Helm or a person made is never written, whoever relabelled it."""
    assert is_ours({"metadata": metadata}) is ours


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None},
        {"data": {"alertmanager.yaml": "not base64!"}},
        _holding(b"\xff"),
        _holding(""),
        _holding("a: [b"),
        _holding("just text"),
        _holding("route: {receiver: x}"),
        _holding("route: {receiver: x, routes: [x]}\nreceivers: []"),
        _holding("route: {receiver: x, routes: [{receiver: y}]}\nreceivers: [{}]"),
        _holding(f"route: &r {{routes: [*r], matchers: {FENCE}}}\nreceivers: []"),
        _holding(f"route: {{routes: [{{matchers: {FENCE}, routes: [{{matchers: [1]}}]}}]}}\nreceivers: [{{name: x}}]"),
    ],
    ids=repr,
)
def test_what_we_did_not_write_holds_no_part(body: dict[str, Any]) -> None:
    """Empty, damaged or somebody else's: no part, and no exception that would stop everybody else's."""
    assert previous(body, "analytics", "ga4") is None


@given(st.data())
def test_no_edit_of_the_live_secret_raises(data: st.DataObject) -> None:
    """People edit Secrets: whatever stands there now, it is the part as it was, a part that may be merged, or none."""
    text = merge([part(critical=[pagerduty()], warning=[slack()])]).config
    body = _body(merge([part(critical=[pagerduty()], warning=[slack()])]))
    for _ in range(data.draw(st.integers(1, 3))):
        start, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 30))
        inserted = data.draw(st.sampled_from(["", "{", "- ", "\n", ": ", "[]", "1", "&a", "*a", "null", "'", "  "]))
        text = text[:start] + inserted + text[start + length :]
    body["data"]["alertmanager.yaml"] = base64.b64encode(text.encode()).decode()
    found = previous(body, "analytics", "ga4")
    assert found is None or problems(found) == ()


def test_a_part_without_its_credential_is_no_last_good_part() -> None:
    """Its receiver could not send anything."""
    body = _body(merge([part(warning=[slack()])]))
    del body["data"]["analytics.ga4.warning.0.api_url"]
    assert previous(body, "analytics", "ga4") is None


def test_a_part_is_found_by_its_exact_names() -> None:
    """A namespace or profile whose name begins alike is another."""
    body = _body(merge([part("analytics", "ga4.eu", warning=[slack()]), part("analytics-eu", "ga4", warning=[slack()])]))
    assert previous(body, "analytics", "ga4") is None
    assert previous(body, "analytics", "ga4.eu") == part("analytics", "ga4.eu", warning=[slack()])
