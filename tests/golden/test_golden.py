"""The same input gives the same bytes: in every process, under every hash seed, in whatever order the files are named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import generate


def render(*files: Path, seed: str = "random", folder: Path | None = None) -> str:
    """Standard output of `monitoring-operator render` in a process of its own."""
    options = [] if folder is None else ["--output", str(folder)]
    command = [sys.executable, "-m", "monitoring_operator", "render", *map(str, files), *options]
    environment = os.environ | {"PYTHONHASHSEED": seed}
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environment).stdout


@pytest.mark.parametrize("source", generate.sources(), ids=lambda path: path.stem)
def test_the_command_writes_what_is_checked_in(source: Path, tmp_path: Path) -> None:
    """Examples and golden profiles: every file byte for byte, none missing, none more."""
    render(source, folder=tmp_path)
    expected = {p.name: p.read_bytes() for p in generate.rendered_folder(source).iterdir()}

    assert expected == {p.name: p.read_bytes() for p in tmp_path.iterdir()}


def test_the_hash_seed_changes_nothing() -> None:
    """Sets and dictionaries are iterated in other orders; the output does not notice."""
    outputs = {render(*generate.sources(), seed=seed) for seed in ("0", "1", "2", "4294967295")}

    assert 1 == len(outputs)
    assert len(outputs.pop()) > 100_000


def test_the_order_of_files_changes_nothing() -> None:
    """The Secrets that several profiles share are the same, whichever came first."""
    assert render(*generate.sources()) == render(*reversed(generate.sources()))


def test_no_clock_and_no_folder_shows(tmp_path: Path) -> None:
    """Another day, another place, another locale: the same objects."""
    source = generate.sources()[0]
    command = [sys.executable, "-m", "monitoring_operator", "render", str(source)]
    elsewhere = os.environ | {"TZ": "Pacific/Auckland", "LC_ALL": "C", "HOME": str(tmp_path), "COLUMNS": "40"}
    printed = subprocess.run(command, capture_output=True, check=True, timeout=60, env=elsewhere, cwd=tmp_path).stdout

    assert render(source) == printed.decode()
    assert str(generate.ROOT) not in printed.decode()
