"""How far back the cluster's Prometheus remembers: only what is certain is said."""

from typing import Any

import pytest

from monitoring_operator.adoption.retention import kept

LABELS = {"release": "kps", "team": "a"}
DAY = 86400.0
EVERYTHING: dict[str, Any] = {"ruleSelector": {}, "ruleNamespaceSelector": {}}


def prometheus(**spec: Any) -> dict[str, Any]:
    """A Prometheus in the namespace monitoring that takes every rule, unless `spec` says otherwise."""
    return {"kind": "Prometheus", "metadata": {"namespace": "monitoring", "name": "k8s"}, "spec": {**EVERYTHING, **spec}}


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({"retention": "10d"}, 10 * DAY),
        ({}, DAY),
        ({"retentionSize": "10GB"}, None),
        ({"retention": "2h", "retentionSize": "10GB"}, 7200),
        ({"retention": "10d", "remoteRead": [{"url": "http://x"}]}, None),
        ({"retention": "for ever"}, None),
        ({"ruleSelector": None}, None),
        ({"ruleSelector": {"matchLabels": {"release": "kps"}}}, DAY),
        ({"ruleSelector": {"matchLabels": {"release": "other"}}}, None),
        ({"ruleSelector": {"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}]}}, DAY),
        ({"ruleSelector": {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}}, None),
        ({"ruleSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}, DAY),
        ({"ruleSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}, None),
        ({"ruleNamespaceSelector": None}, None),
        ({"ruleNamespaceSelector": {"matchLabels": {"monitored": "true"}}}, None),
    ],
)
def test_one_prometheus(spec: dict[str, Any], seconds: float | None) -> None:
    """Its retention, prometheus-operator's default, or nothing where it may not take the rules or may know more than it says."""
    assert seconds == kept([prometheus(**spec)], LABELS, "shop")


def test_the_longest_of_several_counts() -> None:
    """A rule works if one of those that take it can answer it."""
    assert 10 * DAY == kept([prometheus(retention="2h"), prometheus(retention="10d")], LABELS, "shop")
    assert 7200 == kept([prometheus(retention="2h"), prometheus(retention="10d", ruleSelector=None)], LABELS, "shop")


def test_one_that_may_take_them_counts_only_for_them() -> None:
    """Labels of namespaces are not read: who selects by them may keep more, and is never the reason for a refusal."""
    perhaps = {"ruleNamespaceSelector": {"matchLabels": {"monitored": "true"}}}

    assert 10 * DAY == kept([prometheus(retention="2h"), prometheus(retention="10d", **perhaps)], LABELS, "shop")
    assert kept([prometheus(retention="2h"), prometheus(retentionSize="1GB", **perhaps)], LABELS, "shop") is None


def test_without_a_namespace_selector_it_takes_its_own_namespace() -> None:
    """As prometheus-operator has it."""
    assert DAY == kept([prometheus(ruleNamespaceSelector=None)], LABELS, "monitoring")


def test_nothing_is_known_without_prometheus() -> None:
    """As on a cluster whose Prometheus is not prometheus-operator's."""
    assert kept([], LABELS, "shop") is None


def test_a_thanos_ruler_asks_elsewhere() -> None:
    """What it can look back to stands in no object of prometheus-operator's."""
    assert kept([prometheus(retention="2h"), {**prometheus(), "kind": "ThanosRuler"}], LABELS, "shop") is None
