"""Selectors are evaluated as prometheus-operator does, and whoever is not selected is told by whom, by which selector and why."""

from typing import Any

import pytest

from monitoring_operator.adoption.selection import Candidate, in_words, judge, matches, needs_namespace_labels
from monitoring_operator.api.manifest import Ref
from monitoring_operator.api.resources import PROMETHEUS_RULE, SERVICE_MONITOR

MONITOR = Candidate(Ref(SERVICE_MONITOR, "shop", "web"), {"release": "kps"})
RULE = Candidate(Ref(PROMETHEUS_RULE, "shop", "web-alerts"), {"release": "kps"})
ALL: dict[str, Any] = {}


def taker(kind: str = "Prometheus", name: str = "k8s", namespace: str = "monitoring", **spec: Any) -> dict[str, Any]:
    """An object that selects; everything unless something else is said."""
    everything = {"serviceMonitorSelector": ALL, "serviceMonitorNamespaceSelector": ALL, "ruleSelector": ALL, "ruleNamespaceSelector": ALL}
    return {"kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": {**everything, **spec}}


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        ({}, True),
        ({"matchLabels": {"release": "kps"}}, True),
        ({"matchLabels": {"release": "kps", "team": "b"}}, False),
        ({"matchExpressions": [{"key": "release", "operator": "In", "values": ["a", "kps"]}]}, True),
        ({"matchExpressions": [{"key": "release", "operator": "In", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "other", "operator": "In", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "release", "operator": "NotIn", "values": ["kps"]}]}, False),
        ({"matchExpressions": [{"key": "other", "operator": "NotIn", "values": ["kps"]}]}, True),
        ({"matchExpressions": [{"key": "release", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "other", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "release", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "other", "operator": "DoesNotExist"}]}, True),
        ({"matchLabels": {"release": "kps"}, "matchExpressions": [{"key": "release", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_label_selectors(selector: dict[str, Any], *, taken: bool) -> None:
    """All four operators, and all conditions together."""
    assert taken == matches(selector, {"release": "kps"})


def test_a_selected_profile_says_by_whom() -> None:
    """One that selects is enough, whatever others do."""
    fact = judge([MONITOR, RULE], [taker(), taker(name="other", serviceMonitorSelector=None, ruleSelector=None)], {})

    assert ("True", "Selected by Prometheus monitoring/k8s.") == (fact.status, fact.message)


def test_the_missing_label_is_named_with_prometheus_selector_and_field() -> None:
    """Everything that its reader needs to mend it."""
    fact = judge([MONITOR, RULE], [taker(ruleSelector={"matchLabels": {"release": "monitoring"}})], {})

    assert ("False", "NotSelected") == (fact.status, fact.reason)
    for word in ("PrometheusRule shop/web-alerts", "monitoring/k8s", "ruleSelector", "release=monitoring", "the object has release=kps"):
        assert word in fact.message


def test_no_selector_selects_nothing() -> None:
    """Absent is not empty: the commonest trap of Helm values."""
    fact = judge([RULE], [taker(ruleSelector=None)], {})

    assert ("False", "NotSelected") == (fact.status, fact.reason)
    assert "has no ruleSelector" in fact.message


def test_no_namespace_selector_means_the_own_namespace() -> None:
    """An empty one means all."""
    elsewhere, at_home = taker(ruleNamespaceSelector=None), taker(namespace="shop", ruleNamespaceSelector=None)

    fact = judge([RULE], [elsewhere], {})
    assert ("False", "NamespaceNotSelected") == (fact.status, fact.reason)
    assert "ruleNamespaceSelector" in fact.message
    assert "True" == judge([RULE], [at_home], {}).status


def test_a_namespace_without_the_label_is_named() -> None:
    """With what it would need."""
    picky = taker(ruleNamespaceSelector={"matchLabels": {"team": "a"}})

    fact = judge([RULE], [picky], {"team": "b"})
    assert ("False", "NamespaceNotSelected") == (fact.status, fact.reason)
    assert "team=a does not hold for namespace shop" in fact.message
    assert "True" == judge([RULE], [picky], {"team": "a"}).status


@pytest.mark.parametrize("expression", [{"key": "team", "operator": "In", "values": ["a"]}, {"key": "opt-out", "operator": "DoesNotExist"}])
def test_labels_of_namespaces_that_may_not_be_read_make_it_unknown(expression: dict[str, Any]) -> None:
    """Neither True nor False is claimed."""
    fact = judge([RULE], [taker(ruleNamespaceSelector={"matchExpressions": [expression]})], None)

    assert ("Unknown", "NamespaceUnknown") == (fact.status, fact.reason)


def test_a_namespace_by_its_name_needs_no_rights() -> None:
    """Kubernetes puts the name on every namespace as a label."""
    by_name = taker(ruleNamespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "shop"}})

    assert "True" == judge([RULE], [by_name], None).status
    assert not needs_namespace_labels([by_name, taker()])
    assert needs_namespace_labels([taker(ruleNamespaceSelector={"matchLabels": {"team": "a"}})])


def test_an_agent_takes_monitors_only_and_a_ruler_rules_only() -> None:
    """Together they take a profile; each alone does not."""
    agent, ruler = taker("PrometheusAgent", "edge"), taker("ThanosRuler", "global")

    assert "True" == judge([MONITOR, RULE], [agent, ruler], {}).status
    assert "PrometheusRule" in judge([MONITOR, RULE], [agent], {}).message
    assert "ServiceMonitor" in judge([MONITOR, RULE], [ruler], {}).message


def test_a_disagreement_stays_a_disagreement() -> None:
    """Labels that could not be derived are not hidden by a Prometheus that selects everything."""
    fact = judge([MONITOR], [taker()], {}, "one wants a, two wants b")

    assert ("False", "LabelsAmbiguous") == (fact.status, fact.reason)


def test_selectors_are_written_as_kubectl_writes_them() -> None:
    """So that a reader can try them."""
    expressions = [
        {"key": "a", "operator": "In", "values": ["1", "2"]},
        {"key": "b", "operator": "NotIn", "values": ["3"]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
    ]

    assert "x=y,a in (1,2),b notin (3),c,!d" == in_words({"matchLabels": {"x": "y"}, "matchExpressions": expressions})
    assert "{}" == in_words({})
