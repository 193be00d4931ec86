"""The whole CRD: its names and columns, that people can read it, and that every rule of the models is in it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from harness import generate
from monitoring_operator.api import profile, status
from monitoring_operator.api.model import Model, Rule
from monitoring_operator.content import ALERT_NAMES, DASHBOARD_NAMES
from monitoring_operator.crd import definition, document

CRD = definition()
VERSION = CRD["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]


def nodes(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema within `schema`, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}".lstrip("."))
    for key, mark in (("items", "[]"), ("additionalProperties", "[*]")):
        if key in schema:
            yield from nodes(schema[key], path + mark)


def models(model: type[Model]) -> Iterator[type[Model]]:
    """Every subclass of Model that was made so far, `model` being one of them."""
    for subclass in model.__subclasses__():
        if subclass.__module__.startswith("monitoring_operator."):
            yield subclass
        yield from models(subclass)


def test_what_is_checked_in_is_current() -> None:
    """crds/, the chart's copy and the rendered examples are what the sources make of them now: else run `make generate`."""
    assert [] == [str(path.relative_to(generate.ROOT)) for path in generate.stale(generate.generated())]


def test_document_is_the_definition() -> None:
    """The YAML says, in its first line, that it is generated, and holds nothing but the definition, written out without aliases."""
    text = document()

    assert CRD == yaml.safe_load(text)
    assert text.startswith("# Generated ")
    assert "&id" not in text


def test_names() -> None:
    """The names are an interface: users type them, RBAC rules hold them."""
    assert "monitoringprofiles.monitoring-operator.dev" == CRD["metadata"]["name"]
    assert {
        "kind": "MonitoringProfile",
        "listKind": "MonitoringProfileList",
        "plural": "monitoringprofiles",
        "singular": "monitoringprofile",
        "shortNames": ["mprof"],
        "categories": ["monitoring"],
    } == CRD["spec"]["names"]
    assert ("v1alpha1", "Namespaced") == (VERSION["name"], CRD["spec"]["scope"])


def test_columns() -> None:
    """`kubectl get` answers what one asks first, and nothing else unless asked for more."""
    columns = VERSION["additionalPrinterColumns"]

    assert ["Ready", "Reason", "Targets", "Alerts", "Age"] == [c["name"] for c in columns if not c.get("priority")]
    assert ["Message"] == [c["name"] for c in columns if c.get("priority")]


def test_every_field_says_what_it_is() -> None:
    """`kubectl explain` has words for every field of spec and status."""
    silent = [
        path
        for path, node in nodes(SCHEMA)
        if path.startswith(("spec", "status")) and not path.endswith("]") and not node.get("description", "").endswith(".")
    ]

    assert [] == silent


def test_everything_is_bounded() -> None:
    """Every text, list and map of the spec has a limit: CEL's cost estimates need it, and etcd does."""
    limit = {"array": "maxItems", "object": "maxProperties", "string": "maxLength"}
    unbounded = [
        path
        for path, node in nodes(SCHEMA["properties"]["spec"], "spec")
        if node["type"] in limit and limit[node["type"]] not in node and "enum" not in node and "properties" not in node
    ]

    assert [] == unbounded


def test_every_rule_of_the_models_is_in_the_schema() -> None:
    """A condition that only one side checks would let the other side down."""
    assert profile.ProfileSpec in models(Model)
    assert status.ProfileStatus in models(Model)
    wanted = {(rule.cel, rule.message) for model in models(Model) for rule in model.rules_}
    there = {(v["rule"], v["message"]) for _, node in nodes(SCHEMA) for v in node.get("x-kubernetes-validations", ())}

    assert all(isinstance(rule, Rule) for model in models(Model) for rule in model.rules_)
    assert wanted
    assert set() == wanted - there


def test_unknown_alerts_and_dashboards_are_refused_by_name() -> None:
    """The lists come from the content: a new alert needs no second place to be named in."""
    spec = SCHEMA["properties"]["spec"]["properties"]
    (rule,) = spec["alerts"]["properties"]["rules"]["x-kubernetes-validations"]

    assert all(f"'{name}'" in rule["rule"] and name in rule["messageExpression"] for name in ALERT_NAMES)
    assert sorted(DASHBOARD_NAMES) == spec["dashboards"]["properties"]["include"]["items"]["enum"]


def test_conditions_are_a_map_by_type() -> None:
    """Server-side apply merges conditions of several owners only if it knows what tells them apart."""
    conditions = SCHEMA["properties"]["status"]["properties"]["conditions"]

    assert ("map", ["type"]) == (conditions["x-kubernetes-list-type"], conditions["x-kubernetes-list-map-keys"])
    assert ["type", "status", "reason", "message", "lastTransitionTime"] == conditions["items"]["required"]


def test_the_status_fits_the_schema() -> None:
    """What the models of the status can say is what the schema lets through: an unlisted field would be pruned away."""
    full = {
        "observedGeneration": 3,
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Live",
                "message": "3/3 targets up",
                "lastTransitionTime": "2026-11-23T22:00:00Z",
                "observedGeneration": 3,
            }
        ],
        "children": [{"apiVersion": "v1", "kind": "ConfigMap", "namespace": "a", "name": "b"}],
        "shard": {"name": "a", "selector": "team=a", "contender": "b"},
        "targets": "3/3",
        "alerts": 19,
    }
    parsed = status.ProfileStatus.model_validate_json(json.dumps(full), strict=True, extra="forbid")

    assert full == parsed.model_dump(mode="json", by_alias=True)
    assert full.keys() == SCHEMA["properties"]["status"]["properties"].keys()


def test_nothing_is_preserved_unchecked() -> None:
    """Unknown fields are pruned everywhere: no part of the schema is open."""
    assert not [path for path, node in nodes(SCHEMA) if "x-kubernetes-preserve-unknown-fields" in node or not node.get("type")]
