"""Drift is read from server-side apply's own bookkeeping; foreign changes are not drift."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitoring_operator.api.manifest import Manifest
from monitoring_operator.ownership import live_digest

WANTED: dict[str, Any] = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "PrometheusRule",
    "metadata": {
        "name": "shop-alerts",
        "namespace": "shop",
        "labels": {"release": "kps", "monitoring-operator.dev/role": "child"},
        "ownerReferences": [
            {"apiVersion": "v1", "kind": "X", "name": "shop", "uid": "u-1", "controller": True, "blockOwnerDeletion": False}
        ],
    },
    "spec": {
        "groups": [{"name": "b", "rules": [{"alert": "B", "expr": "up == 0"}]}, {"name": "a", "rules": [{"alert": "A", "expr": "up"}]}]
    },
}

FIELDS: dict[str, Any] = {
    "f:metadata": {
        "f:labels": {"f:release": {}, "f:monitoring-operator.dev/role": {}},
        "f:ownerReferences": {'k:{"uid":"u-1"}': {}},
    },
    "f:spec": {
        "f:groups": {
            'k:{"name":"a"}': {".": {}, "f:name": {}, "f:rules": {}},
            'k:{"name":"b"}': {".": {}, "f:name": {}, "f:rules": {}},
        }
    },
}


def live(fields: dict[str, Any] | None = None) -> dict[str, Any]:
    """WANTED as an API server would give it back."""
    body = copy.deepcopy(WANTED)
    body["metadata"] |= {
        "uid": "x",
        "resourceVersion": "7",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [
            {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {"f:theirs": {}}}}},
            {"manager": "monitoring-operator", "operation": "Apply", "subresource": "status", "fieldsV1": {"f:status": {}}},
            {"manager": "monitoring-operator", "operation": "Apply", "fieldsV1": fields or FIELDS},
        ],
    }
    return body


def test_an_untouched_object_has_the_digest_of_its_manifest() -> None:
    """The restart of an operator with nothing changed compares equal, and so writes nothing."""
    assert Manifest(copy.deepcopy(WANTED)).digest == live_digest(live())


@given(st.dictionaries(st.sampled_from(["theirs", "argocd.argoproj.io/instance", "team"]), st.text(max_size=5)))
def test_foreign_labels_annotations_and_status_are_not_drift(foreign: dict[str, str]) -> None:
    """prometheus-operator's annotation, a GitOps tool's label, a status: none of it is ours to correct."""
    body = live()
    body["metadata"]["labels"] |= foreign
    body["metadata"]["annotations"] = {"prometheus-operator-validated": "true"} | foreign
    body["status"] = {"bindings": []}

    assert Manifest(copy.deepcopy(WANTED)).digest == live_digest(body)


def test_a_field_that_somebody_else_took_over_is_drift() -> None:
    """`kubectl edit` of a rule moves its ownership; what is left of ours no longer matches."""
    fields = copy.deepcopy(FIELDS)
    del fields["f:spec"]["f:groups"]['k:{"name":"a"}']["f:rules"]
    body = live(fields)
    body["spec"]["groups"][1]["rules"][0]["expr"] = "up == 1"

    assert Manifest(copy.deepcopy(WANTED)).digest != live_digest(body)


def test_a_removed_field_is_drift() -> None:
    """A label of ours that somebody removed is missed although nobody took it over."""
    body = live()
    del body["metadata"]["labels"]["release"]

    assert Manifest(copy.deepcopy(WANTED)).digest != live_digest(body)


def test_an_object_that_we_never_applied_has_no_digest() -> None:
    """A copy made with kubectl carries our labels but none of our fields."""
    body = live()
    body["metadata"]["managedFields"] = body["metadata"]["managedFields"][:2]

    assert live_digest(body) == ""


def test_empty_values_do_not_count() -> None:
    """Some types keep an empty map, others drop it; neither is a difference."""
    with_empty = copy.deepcopy(WANTED)
    with_empty["metadata"]["annotations"] = {}
    with_empty["spec"]["extra"] = []

    assert Manifest(copy.deepcopy(WANTED)).digest == Manifest(with_empty).digest
