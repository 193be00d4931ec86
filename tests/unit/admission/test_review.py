"""What the webhook says is what `validate` says, and only about what is new and ours."""

from typing import Any

import pytest

from harness.fake_cluster import profile_body
from monitoring_operator.admission.review import MOST, NoReview
from monitoring_operator.admission.review import answer as answer_with
from monitoring_operator.api.foreseen import Foreseen
from monitoring_operator.api.profile import Problem, Profile
from monitoring_operator.cli.judgement import judge

BROKEN = {"alert": "Broken", "expr": "sum(rate(x[5m])", "severity": "warning", "summary": "Broken."}
PASSWORD = {"username": "me", "password": {"secretKeyRef": {"name": "s", "key": "k"}}}
TOLD: dict[str, Any] = {"critical": [{"webhook": {"urlFrom": {"secretKeyRef": {"name": "s", "key": "u"}}, "basicAuth": PASSWORD}}]}
BAD: dict[str, Any] = {"alerts": {"extra": [BROKEN], "rules": {"CpuHi": {}}}}


def review(body: dict[str, Any] | None, *, operation: str = "CREATE", old: dict[str, Any] | None = None, **request: Any) -> dict[str, Any]:
    """The API server's question."""
    kind = {"group": "monitoring-operator.dev", "version": "v1alpha1", "kind": "MonitoringProfile"}
    asked = {"uid": "u-1", "kind": kind, "operation": operation, "namespace": "shop", "object": body, "oldObject": old, **request}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}


def answer(review: Any) -> dict[str, Any]:
    """What is answered where nothing stands in the way."""
    return answer_with(review, lambda _profile, _before: Foreseen())


def test_a_good_profile_is_allowed() -> None:
    """With the uid of the question."""
    assert {"uid": "u-1", "allowed": True} == answer(review(profile_body()))["response"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (BAD, ("spec.alerts.extra[0].expr", "did you mean CpuHigh")),
        ({"notifications": {**TOLD, "mode": "AlertmanagerConfig"}}, ("spec.notifications.critical[0].webhook.basicAuth: cannot be said",)),
        ({"notifications": {**TOLD, "assertions": [{"labels": {"severity": "warning"}, "receivers": ["warning"]}]}}, ("assertions[0]",)),
    ],
    ids=["content", "what an AlertmanagerConfig cannot say", "an assertion that fails"],
)
def test_a_bad_one_is_refused_in_the_words_of_validate(spec: dict[str, Any], words: tuple[str, ...]) -> None:
    """Every problem with its path."""
    said = answer(review(profile_body(**spec)))["response"]

    assert (False, 422) == (said["allowed"], said["status"]["code"])
    assert "; ".join(map(str, judge(profile_body(**spec))[1])) == said["status"]["message"]
    assert [] == [part for part in words if part not in said["status"]["message"]]


def test_what_the_schema_would_refuse_is_refused_too() -> None:
    """Should the CRD be older than we are."""
    assert not answer(review(profile_body(scrape={})))["response"]["allowed"]


def test_many_problems_are_counted() -> None:
    """The paragraph stays readable."""
    body = profile_body(alerts={"extra": [{**BROKEN, "alert": f"A{i}"} for i in range(30)]})
    message = answer(review(body))["response"]["status"]["message"]

    assert (MOST, True) == (message.count("is not PromQL"), message.endswith("; and 10 more"))


@pytest.mark.parametrize(
    "asked",
    [
        review(profile_body(**BAD), kind={"group": "apps", "version": "v1", "kind": "Deployment"}),
        review(profile_body(**BAD), subResource="status"),
        review(profile_body(**BAD), operation="DELETE"),
        review(None, operation="CONNECT"),
        review({**profile_body(**BAD), "metadata": {"name": "web", "labels": {"a": "b"}}}, operation="UPDATE", old=profile_body(**BAD)),
        review({**profile_body(**BAD), "metadata": {"name": "web", "deletionTimestamp": "now"}}, operation="UPDATE", old=profile_body()),
    ],
    ids=["another kind", "status", "deletion", "connect", "labels of a bad one", "a bad one that goes"],
)
def test_what_is_not_new_or_not_ours_is_allowed(asked: dict[str, Any]) -> None:
    """Nobody is kept from cleaning up, and nothing else in the cluster depends on us."""
    assert answer(asked)["response"]["allowed"]


def test_a_change_for_the_worse_is_refused() -> None:
    """Also of a profile that is there already."""
    assert not answer(review(profile_body(**BAD), operation="UPDATE", old=profile_body()))["response"]["allowed"]


def test_what_was_wrong_before_is_only_warned_of() -> None:
    """One of two mistakes is put right, the other stays for now: that is no change for the worse."""
    better = profile_body(alerts={"extra": [BROKEN]})
    said = answer(review(better, operation="UPDATE", old=profile_body(**BAD)))["response"]

    assert said["allowed"]
    assert [str(problem) for problem in judge(better)[1]] == said["warnings"]


def test_what_stands_in_the_way_is_told() -> None:
    """With what was stored before, so that only what is new is said; a warning refuses nothing."""
    asked: list[tuple[str, tuple[str, ...] | None]] = []

    def foresee(profile: Profile, before: Profile | None) -> Foreseen:
        asked.append((profile.name, before.spec.packs if before else None))
        return Foreseen(warnings=("mind the gap",))

    created = answer_with(review(profile_body()), foresee)["response"]
    answer_with(review(profile_body(), operation="UPDATE", old=profile_body(packs=["http"])), foresee)

    assert {"uid": "u-1", "allowed": True, "warnings": ["mind the gap"]} == created
    assert [("web", None), ("web", ("http",))] == asked


def test_what_the_operators_settings_forbid_is_refused() -> None:
    """In the same way as what is wrong with the profile by itself."""
    said = answer_with(review(profile_body()), lambda _profile, _before: Foreseen((Problem("spec.a", "is not allowed"),)))["response"]

    assert (False, 422, "spec.a: is not allowed") == (said["allowed"], said["status"]["code"], said["status"]["message"])


def test_a_name_that_is_yet_to_be_made_is_no_problem() -> None:
    """With generateName there is none when we are asked, and nothing to be looked for."""
    body = {**profile_body(), "metadata": {"generateName": "web-"}}

    assert {"uid": "u-1", "allowed": True} == answer_with(review(body), lambda _profile, _before: Foreseen(warnings=("web",)))["response"]


@pytest.mark.parametrize(
    "body", [{}, {"apiVersion": "admission.k8s.io/v1beta1", "request": {"uid": "u"}}, {"apiVersion": "admission.k8s.io/v1"}]
)
def test_anything_else_is_no_review(body: dict[str, Any]) -> None:
    """It is told apart from a profile that is refused."""
    with pytest.raises(NoReview):
        answer(body)
