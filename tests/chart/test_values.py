"""Values: documented where they are, and refused where they are wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import rendered, values_table

TEXT = (rendered.CHART / "values.yaml").read_text()
VALUES: dict[str, Any] = yaml.safe_load(TEXT)
SCHEMA: dict[str, Any] = json.loads((rendered.CHART / "values.schema.json").read_text())


def closed_sections(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all sections of the schema that name their keys."""
    if "properties" in schema:
        yield path
        for key, below in schema["properties"].items():
            yield from closed_sections(below, (*path, key))


def nested(path: tuple[str, ...], value: object) -> Any:
    """`value` at `path` in otherwise empty values."""
    for key in reversed(path):
        value = {key: value}
    return value


@pytest.mark.parametrize("section", list(closed_sections(SCHEMA)), ids=".".join)
def test_typo_is_refused(section: tuple[str, ...]) -> None:
    """An unknown key fails the installation in every section of our own, and the message names it."""
    with pytest.raises(rendered.Refused, match="'nameSpaces' not allowed"):
        rendered.template(nested((*section, "nameSpaces"), 1))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("watch.namespaces", "analytics"),
        ("watch.namespaces", ["team-*"]),
        ("watch.namespaces", ["a", "a"]),
        ("prometheus.labels", {"release": 1}),
        ("prometheus.labels", {"release": "a b"}),
        ("prometheus.labels", {"re lease": "a"}),
        ("alertmanager.baseConfigs", {"main": "base"}),
        ("alertmanager.baseConfigs", {"monitoring/main": "Base"}),
        ("shard.name", "Team A"),
        ("shard.name", "a" * 41),
        ("shard", {"assemble": True, "name": "a"}),
        ("shard", {"assemble": True, "selector": "team=a"}),
        ("resyncInterval", 600),
        ("resyncInterval", "10 minutes"),
        ("resyncInterval", ""),
        ("logLevel", "verbose"),
        ("grafanaUrl", "grafana.example.com"),
        ("runbookBaseUrl", "ftp://example.com"),
        ("image.repository", "operator:latest"),
        ("image.repository", ""),
        ("image.digest", "sha256:abc"),
        ("image.pullPolicy", "always"),
        ("crds.enabled", "yes"),
        ("serviceMonitor.enabled", "true"),
        ("sentry.existingSecret", "Upper Case"),
        ("imagePullSecrets", ["registry"]),
        ("fullnameOverride", "With.Dots"),
        ("podLabels", {"a": "b c"}),
    ],
)
def test_wrong_value_is_refused_by_name(path: str, value: object) -> None:
    """Values that the operator or the API server would stumble over are refused by Helm, which says where they stand."""
    with pytest.raises(rendered.Refused, match=f"at '/{path.replace('.', '/')}"):
        rendered.template(nested(tuple(path.split(".")), value))


def test_schema_and_values_have_the_same_keys() -> None:
    """No value without a schema, no key in the schema that does not exist; `global` and `enabled` belong to parent charts."""
    sections = [section for section in closed_sections(SCHEMA) if section != ("resources",)]
    in_schema: dict[str, set[str]] = {}
    in_values: dict[str, set[str]] = {}
    for section in sections:
        schema, values = SCHEMA, VALUES
        for key in section:
            schema, values = schema["properties"][key], values[key]
        in_schema[".".join(section)] = set(schema["properties"]) - {"global", "enabled"} if not section else set(schema["properties"])
        in_values[".".join(section)] = set(values)
        assert schema["additionalProperties"] is False

    assert in_schema == in_values


def test_values_of_the_cluster_tests_are_good() -> None:
    """What tests/e2e installs with is not refused."""
    values = yaml.safe_load((rendered.ROOT / "tests" / "e2e" / "values.yaml").read_text())

    assert rendered.operator_container(rendered.template(values))["image"] == "localhost/monitoring-operator:dev"


def test_chart_works_below_another(tmp_path: Path) -> None:
    """As a subchart it is given `global`, and usually `enabled` for a condition: neither is a typo."""
    chart = {
        "apiVersion": "v2",
        "name": "parent",
        "version": "1.0.0",
        "dependencies": [{"name": rendered.NAME, "version": "0.1.0", "condition": f"{rendered.NAME}.enabled"}],
    }
    (tmp_path / "Chart.yaml").write_text(json.dumps(chart))
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / rendered.NAME).symlink_to(rendered.CHART)

    on = rendered.template({"global": {"region": "eu"}, rendered.NAME: {"enabled": True}}, chart=tmp_path)
    off = rendered.template({rendered.NAME: {"enabled": False}}, chart=tmp_path)

    assert (1, 0) == (len(rendered.of_kind(on, "Deployment")), len(off))


def test_table_in_the_readme_is_current() -> None:
    """The README's table is what values.yaml says now; `make generate` rewrites it."""
    readme = (rendered.CHART / "README.md").read_text()

    assert values_table.with_table(readme, TEXT) == readme


def test_table_has_every_value() -> None:
    """Following the table's paths through values.yaml reaches the defaults that it shows, and leaves none out."""
    rebuilt: dict[str, Any] = {}
    for path, default, _ in values_table.rows(TEXT):
        *sections, key = path.split(".")
        place = rebuilt
        for section in sections:
            place = place.setdefault(section, {})
        place[key] = json.loads(default)

    assert rebuilt == VALUES


def test_value_without_a_comment_is_an_error() -> None:
    """A value that nobody described cannot get into the table unnoticed."""
    with pytest.raises(ValueError, match=r"image\.tag has no comment"):
        list(values_table.rows("image:\n  # Where.\n  repository: a\n\n  tag: b\n"))
