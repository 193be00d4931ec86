"""Labels are derived from what the cluster's Prometheus objects select, and never guessed."""

from typing import Any

from monitoring_operator.adoption.labels import fit


def prometheus(name: str, **spec: Any) -> dict[str, Any]:
    """A Prometheus object."""
    return {"metadata": {"namespace": "monitoring", "name": name}, "spec": spec}


def test_match_labels_of_rules_and_monitors_are_taken() -> None:
    """One set of labels satisfies both selectors."""
    found = fit(
        [prometheus("k", serviceMonitorSelector={"matchLabels": {"release": "kps"}}, ruleSelector={"matchLabels": {"role": "rules"}})]
    )

    assert {"release": "kps", "role": "rules"} == found.labels


def test_empty_and_absent_selectors_demand_nothing() -> None:
    """`{}` selects everything; an absent selector selects nothing, whatever the labels."""
    assert {} == fit([prometheus("k", serviceMonitorSelector={}), prometheus("l")]).labels


def test_expressions_are_satisfied_where_a_label_can() -> None:
    """In takes its first value, Exists any; NotIn and DoesNotExist want a label to be absent, and it is."""
    expressions = [
        {"key": "team", "operator": "In", "values": ["a", "b"]},
        {"key": "monitored", "operator": "Exists"},
        {"key": "env", "operator": "NotIn", "values": ["dev"]},
    ]

    assert {"team": "a", "monitored": "true"} == fit([prometheus("k", ruleSelector={"matchExpressions": expressions})]).labels


def test_two_that_disagree_are_named_and_nothing_is_guessed() -> None:
    """The message names both, the label, and the field that settles it; what they agree on is taken."""
    found = fit([prometheus(n, ruleSelector={"matchLabels": {"release": n, "team": "a"}}) for n in ("one", "two")])

    assert {"team": "a"} == found.labels
    assert "monitoring/one" in found.disagreement
    assert "release=two" in found.disagreement
    assert "spec.prometheus.labels" in found.disagreement


def test_a_selector_that_makes_no_sense_harms_nobody() -> None:
    """`In` without values passes prometheus-operator's schema; it demands nothing."""
    assert {} == fit([prometheus("k", ruleSelector={"matchExpressions": [{"key": "a", "operator": "In"}]})]).labels
