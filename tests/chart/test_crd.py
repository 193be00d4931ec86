"""The CRD in the chart: the generated one, installed, upgraded and kept as the values say."""

from typing import Any

import pytest
import yaml

from chart import rendered

COPIES = sorted((rendered.CHART / "files" / "crds").glob("*.yaml"))


def crds(values: rendered.Object | None = None) -> list[rendered.Object]:
    """The CRDs among what the chart makes."""
    return rendered.of_kind(rendered.template(values), "CustomResourceDefinition")


def without_marks(crd: rendered.Object) -> rendered.Object:
    """A CRD without the labels and annotations that a chart adds."""
    metadata = {k: v for k, v in crd["metadata"].items() if k not in ("labels", "annotations")}
    return {**crd, "metadata": metadata}


def test_copy_in_the_chart_is_the_generated_crd() -> None:
    """The chart holds the same bytes as crds/: Helm does not follow a link that leaves the chart."""
    generated = [path.read_bytes() for path in sorted((rendered.ROOT / "crds").glob("*.yaml"))]

    assert len(generated) == 1
    assert generated == [path.read_bytes() for path in COPIES]


def test_crd_is_rendered_unchanged() -> None:
    """Braces in its descriptions are not templates, and no number is rounded on the way."""
    (copy,) = COPIES
    (crd,) = crds()

    assert without_marks(yaml.safe_load(copy.read_text())) == without_marks(crd)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [{"helm.sh/resource-policy": "keep"}]),
        ({"crds": {"keep": True}}, [{"helm.sh/resource-policy": "keep"}]),
        ({"crds": {"keep": False}}, [{}]),
        ({"crds": {"enabled": False}}, []),
        ({"crds": {"enabled": False, "keep": True}}, []),
    ],
)
def test_crd_is_there_and_kept_as_the_values_say(values: rendered.Object, expected: list[dict[str, Any]]) -> None:
    """By default it is installed and outlives the release."""
    assert expected == [crd["metadata"].get("annotations", {}) for crd in crds(values)]
