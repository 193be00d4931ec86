"""What the webhook says is what `validate` says, and only about what is new and ours."""

from typing import Any

import pytest

from harness.fake_cluster import profile_body
from monitoring_operator.admission.review import MOST, NoReview, answer
from monitoring_operator.api.profile import parse
from monitoring_operator.content.check import problems

BROKEN = {"alert": "Broken", "expr": "sum(rate(x[5m])", "severity": "warning", "summary": "Broken."}
BAD: dict[str, Any] = {"alerts": {"extra": [BROKEN], "rules": {"CpuHi": {}}}}


def review(body: dict[str, Any] | None, *, operation: str = "CREATE", old: dict[str, Any] | None = None, **request: Any) -> dict[str, Any]:
    """The API server's question."""
    kind = {"group": "monitoring-operator.dev", "version": "v1alpha1", "kind": "MonitoringProfile"}
    asked = {"uid": "u-1", "kind": kind, "operation": operation, "namespace": "shop", "object": body, "oldObject": old, **request}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}


def test_a_good_profile_is_allowed() -> None:
    """With the uid of the question."""
    assert {"uid": "u-1", "allowed": True} == answer(review(profile_body()))["response"]


def test_a_bad_one_is_refused_in_the_words_of_validate() -> None:
    """Every problem with its path."""
    said = answer(review(profile_body(**BAD)))["response"]

    assert (False, 422) == (said["allowed"], said["status"]["code"])
    assert "; ".join(map(str, problems(parse(profile_body(**BAD))))) == said["status"]["message"]
    assert "spec.alerts.extra[0].expr" in said["status"]["message"]
    assert "did you mean CpuHigh" in said["status"]["message"]


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


def test_a_name_that_is_yet_to_be_made_is_no_problem() -> None:
    """With generateName there is none when we are asked."""
    body = profile_body()
    assert answer(review({**body, "metadata": {"generateName": "web-"}}))["response"]["allowed"]


@pytest.mark.parametrize(
    "body", [{}, {"apiVersion": "admission.k8s.io/v1beta1", "request": {"uid": "u"}}, {"apiVersion": "admission.k8s.io/v1"}]
)
def test_anything_else_is_no_review(body: dict[str, Any]) -> None:
    """It is told apart from a profile that is refused."""
    with pytest.raises(NoReview):
        answer(body)
