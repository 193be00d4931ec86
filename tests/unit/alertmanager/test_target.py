"""Which Alertmanager, and which of its Secrets."""

import pytest

from monitoring_operator.alertmanager.target import NoTarget, Target, choose, target_of
from monitoring_operator.api.notifications import AlertmanagerRef

MAIN = Target("monitoring", "main", "alertmanager-main")
OTHER = Target("team", "am", "own")


@pytest.mark.parametrize(
    ("spec", "secret"), [({"configSecret": "mine"}, "mine"), ({"configSecret": ""}, "alertmanager-main"), ({}, "alertmanager-main")]
)
def test_the_secret_is_the_one_that_prometheus_operator_reads(spec: dict[str, str], secret: str) -> None:
    """spec.configSecret, or prometheus-operator's default name."""
    assert target_of({"metadata": {"namespace": "monitoring", "name": "main"}, "spec": spec}) == Target("monitoring", "main", secret)
    assert target_of({"metadata": {"namespace": "monitoring", "name": "main"}}) == MAIN


def test_the_only_one_is_chosen_by_default() -> None:
    """Most clusters have one, and nobody should have to name it."""
    assert choose(None, [MAIN]) == MAIN


def test_the_named_one_is_chosen() -> None:
    """Whatever else there is."""
    assert choose(AlertmanagerRef(namespace="team", name="am"), [MAIN, OTHER]) == OTHER


@pytest.mark.parametrize(
    ("ref", "known", "reason", "words"),
    [
        (None, [], "AlertmanagerMissing", "there is no Alertmanager object"),
        (None, [OTHER, MAIN], "AlertmanagerAmbiguous", r"monitoring/main, team/am\); name one in spec\.notifications\.alertmanager"),
        (AlertmanagerRef(namespace="team", name="main"), [MAIN, OTHER], "AlertmanagerMissing", "no Alertmanager team/main"),
    ],
)
def test_without_an_answer_the_reason_says_what_to_do(ref: AlertmanagerRef | None, known: list[Target], reason: str, words: str) -> None:
    """None at all, several to choose from, or a name that does not exist."""
    with pytest.raises(NoTarget, match=words) as raised:
        choose(ref, known)
    assert raised.value.reason == reason


def test_alertmanagers_that_read_the_same_secret_are_one() -> None:
    """Two writers of one Secret would undo each other for ever."""
    twins = [Target("monitoring", "b", "shared"), Target("monitoring", "a", "shared")]
    assert choose(None, twins) == Target("monitoring", "a", "shared")
    assert choose(AlertmanagerRef(namespace="monitoring", name="b"), [*twins, OTHER]) == Target("monitoring", "a", "shared")
