"""Every manifest that we ship or show is what a cluster takes: kubeconform, with the schemas of the API server that runs here."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import rendered
from harness import generate, tools
from harness.controlplane import ControlPlane

_INT_OR_STRING = {"oneOf": [{"type": "string"}, {"type": "integer"}]}


def manifests(folder: Path) -> Iterator[Path]:
    """Files of manifests: examples, what they become, and the chart with nothing and with everything switched on."""
    yield from generate.examples()
    yield from (generate.EXAMPLES / "rendered").rglob("*.yaml")
    yield generate.EXAMPLES / "ga4_app/deploy.yaml"
    switched_on = {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}}
    for name, values in {"defaults": {}, "everything": switched_on}.items():
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all(rendered.template(values)))
        yield path


@pytest.fixture(scope="module")
def schemas(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a JSON schema for each kind that the API server knows, closed against unknown fields."""
    folder = tmp_path_factory.mktemp("schemas")
    definitions = json.loads(control_plane.kubectl("get", "--raw", "/openapi/v2"))["definitions"]
    for name, definition in definitions.items():
        if name.endswith((".IntOrString", ".Quantity")):
            definitions[name] = _INT_OR_STRING
        else:
            close(definition)
    for name, definition in definitions.items():
        for kind in definition.get("x-kubernetes-group-version-kind", ()):
            group = kind["group"].partition(".")[0]
            file = "-".join(part for part in (kind["kind"], group, kind["version"]) if part).lower()
            needed = closure(name, definitions)
            schema = {"$ref": f"#/definitions/{name}", "definitions": {n: definitions[n] for n in needed}}
            (folder / f"{file}.json").write_text(json.dumps(schema))
    return folder


def close(schema: Any) -> None:
    """Refuse unknown fields wherever fields are named, and take what the API server's own keywords mean."""
    if isinstance(schema, list):
        for inner in schema:
            close(inner)
    elif isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema["additionalProperties"] = False
        if schema.get("x-kubernetes-int-or-string") or schema.get("format") == "int-or-string":
            schema.pop("type", None)
            schema.pop("format", None)
            schema |= _INT_OR_STRING
        for inner in list(schema.values()):
            close(inner)


def closure(name: str, definitions: dict[str, Any]) -> set[str]:
    """A definition and all that it refers to."""
    found: set[str] = set()
    open_ = [name]
    while open_:
        current = open_.pop()
        if current not in found:
            found.add(current)
            open_ += re.findall(r'"#/definitions/([^"]+)"', json.dumps(definitions[current]))
    return found


def conform(schemas: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """Kubeconform at its strictest, with no schema from anywhere else."""
    location = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    # The API server itself judges our CRD, in the tests that install it.
    options = ("-strict", "-output=text", "-skip=CustomResourceDefinition", "-schema-location", location)
    command = [str(tools.find("kubeconform")), *options, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_manifests_conform(schemas: Path, tmp_path: Path) -> None:
    """No unknown field, no wrong type, nothing that is missing."""
    done = conform(schemas, *manifests(tmp_path))

    assert (0, "") == (done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("replicas: 1", "replicas: many"), ("containerPort: 8000", "containerport: 8000"), ("spec:\n  replicas", "spc:\n  replicas")],
)
def test_mistakes_are_found(right: str, wrong: str, schemas: Path, tmp_path: Path) -> None:
    """A check that takes everything would say nothing."""
    text = (generate.EXAMPLES / "ga4_app/deploy.yaml").read_text()
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace(right, wrong))

    assert right in text
    assert 1 == conform(schemas, path).returncode
