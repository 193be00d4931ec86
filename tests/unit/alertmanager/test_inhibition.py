"""The labels that decide whether two alerts have the same subject."""

from app_metrics.catalogue import METRICS
from monitoring_operator.alertmanager.inhibition import SUBJECT_LABELS, inhibit_rules
from monitoring_operator.content.catalogue import alerts

OUTCOMES = {"status", "status_code", "type"}
"""Labels of the catalogue that say what came out: no alert is about one of them."""


def test_every_label_of_a_metric_that_can_name_a_subject_must_agree() -> None:
    """A new label in the catalogue is a new subject: without it here, one subject's critical would mute another's warning."""
    assert {label for metric in METRICS for label in metric.labels} - OUTCOMES <= set(SUBJECT_LABELS)


def test_every_subject_of_an_alert_must_agree() -> None:
    """The same for what alerts say they are about."""
    assert {label for alert in alerts().values() for label in alert.subject} <= set(SUBJECT_LABELS)


def test_every_rule_keeps_within_one_profile_and_to_our_alerts() -> None:
    """Namespace and profile must be there and agree; alerts that are not ours neither mute nor are muted."""
    for rule in inhibit_rules():
        assert {"namespace", "profile"} <= set(rule["equal"])
        for side in ("source_matchers", "target_matchers"):
            assert {'namespace=~".+"', 'profile=~".+"', 'signal=~".+"'} <= set(rule[side])


def test_a_rule_has_no_name() -> None:
    """prometheus-operator refuses the whole configuration for it."""
    assert all(set(rule) == {"source_matchers", "target_matchers", "equal"} for rule in inhibit_rules())
