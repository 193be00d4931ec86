"""What is written about the library is what the library does."""

import ast
import re
from pathlib import Path

import app_metrics
from app_metrics.catalogue import METRICS, ON_DEMAND
from app_metrics.reference import PACKS, reference

DOCS = Path(__file__).parents[3] / "docs"


def test_reference_is_current() -> None:
    """docs/metrics.md is what `python -m app_metrics.reference` prints, and every metric is in it."""
    text = (DOCS / "metrics.md").read_text()

    assert reference() == text
    assert [f"`{metric.name}`" in text for metric in (*METRICS, *ON_DEMAND)] == [True] * (len(METRICS) + len(ON_DEMAND))
    assert {metric.pack for metric in METRICS} == set(PACKS)


def test_guide_names_everything_that_is_public() -> None:
    """A recorder that the guide does not mention will not be found."""
    text = (DOCS / "app-metrics" / "README.md").read_text()
    unmentioned = [name for name in app_metrics.__all__ if name.startswith(("track_", "record_", "set_sse")) and f"`{name}`" not in text]

    assert [] == unmentioned


def test_guides_examples_are_python_and_import_what_exists() -> None:
    """Each block parses, and what it imports from the library is there."""
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "app-metrics" / "README.md").read_text(), re.DOTALL)
    imported = []
    for block in blocks:
        tree = (
            ast.parse(block, mode="exec", feature_version=(3, 11))
            if "await" not in block
            else ast.parse(f"async def f():\n{_indented(block)}")
        )
        imported += [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "app_metrics"
            for alias in node.names
        ]

    assert len(blocks) >= 4
    assert [] == [name for name in imported if not hasattr(app_metrics, name)]


def _indented(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())
