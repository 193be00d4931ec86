"""What is written about the library is what the library does."""

import ast
import os
import re
import sys
import urllib.request
from pathlib import Path

import pytest

import app_metrics
from app_metrics.catalogue import METRICS, ON_DEMAND
from app_metrics.reference import PACKS, reference
from harness.controlplane import free_ports
from harness.process import Process
from harness.wait import wait_for

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


def fetched(address: str) -> str:
    """What stands at an address. Raises OSError."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md", "docs/app-metrics/README.md"])
def test_the_first_lines_measure_an_application(page: str, tmp_path: Path) -> None:
    """Saved as a file and served by uvicorn as they stand there, they count a request, without a DSN and without a word of complaint."""
    first = re.search(r"```python\n(.*?)```", (DOCS.parent / page).read_text(), re.DOTALL)
    assert first
    (tmp_path / "main.py").write_text(first[1])
    (port,) = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "main:app", f"--app-dir={tmp_path}", f"--port={port}", "--log-level=warning"]
    environment = {k: v for k, v in os.environ.items() if k != "SENTRY_DSN"}
    with Process(command, log=tmp_path / "log", env=environment) as server:
        wait_for(lambda: fetched(f"{base}/docs"), what="the application answers", timeout=60)
        metrics = fetched(f"{base}/metrics")
        assert re.search(r'^http_requests_total\{.*endpoint="/docs".*\} [1-9]', metrics, re.MULTILINE), metrics
        assert "" == server.log.read_text()


def _indented(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())
