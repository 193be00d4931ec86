"""What people are shown of an object."""

from monitoring_operator.cli.display import for_people


def test_dashboards_are_indented() -> None:
    """The content is the object's; only white space is added."""
    body = {"kind": "ConfigMap", "data": {"a.json": '{"title":"é","b":[1]}', "ENVIRONMENT": '{"a":1}'}}

    assert {
        "kind": "ConfigMap",
        "data": {"a.json": '{\n  "title": "é",\n  "b": [\n    1\n  ]\n}\n', "ENVIRONMENT": '{"a":1}'},
    } == for_people(body)


def test_a_dashboard_that_somebody_broke_is_shown_as_it_is() -> None:
    """`diff` shows live objects, which may hold anything."""
    body = {"kind": "ConfigMap", "data": {"a.json": "{broken"}}

    assert body == for_people(body)


def test_objects_without_data_stay_as_they_are() -> None:
    """A ConfigMap may have none, and other kinds have something else."""
    assert {"kind": "ServiceMonitor", "spec": {}} == for_people({"kind": "ServiceMonitor", "spec": {}})
    assert {"kind": "Secret", "stringData": {}} == for_people({"kind": "Secret"})
